"""A report as text: readable without rich, coloured with it, and never steered by the data."""

from __future__ import annotations

import io
import re
import subprocess
import sys

from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from dq_core.report import rich_report, to_text
from support.reports import every_outcome, report, result


def _rich(made: object, width: int = 120) -> str:
    console = Console(file=io.StringIO(), width=width, force_terminal=True, color_system="standard")
    console.print(rich_report(made))  # type: ignore[arg-type]
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def _uncoloured(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def test_a_whole_report() -> None:
    assert to_text(every_outcome()).splitlines() == [
        "FAILED  5 checks: 1 error, 1 failed, 1 warning, 1 skipped, 1 passed",
        "Source: users.parquet",
        "Rows: 1,000   Started: 2026-11-20 08:15:00 UTC   Took: 250 ms   Statements: 2",
        "",
        "   Check           Severity  Passing  Failed rows  Observed",
        "─  ──────────────  ────────  ───────  ───────────  ────────",
        "‼  phones_match    error",
        "✗  emails_present  critical    97.5%  25 of 1,000",
        "!  ages_sane       warning     99.9%   1 of 1,000",
        "-  never_ran       error",
        "✓  ids_present     error        100%   0 of 1,000",
        "",
        "‼ phones_match: error (regex on email, error)",
        "  bad pattern",
        "",
        "✗ emails_present: failed (not_null on email, critical)",
        "  25 of 1000 are NULL",
        "  email  id  note",
        "  ─────  ──  ─────────",
        '  NULL   7   " padded"',
        '  NULL   8   "NULL"',
        "  SELECT *",
        '  FROM "users"',
        '  WHERE "email" IS NULL',
        "",
        "! ages_sane: warning (in_range on age, warning)",
        "  1 is out",
    ]


def test_a_report_without_checks() -> None:
    assert to_text(report()).startswith("PASSED  No checks ran\n")


def test_samples_are_limited_and_can_be_left_out() -> None:
    assert '" padded"' in to_text(every_outcome(), samples=1)
    assert '"NULL"' not in to_text(every_outcome(), samples=1)
    assert "padded" not in to_text(every_outcome(), samples=0)


def test_long_messages_wrap_to_the_width() -> None:
    text = to_text(report(result("a", "failed", message="word " * 60)), width=60)
    lines = [line for line in text.splitlines() if "word" in line]
    assert " ".join(lines).split() == ["word"] * 60
    assert max(map(len, lines)) <= 60


def test_wide_characters_keep_the_columns_in_line() -> None:
    lines = to_text(report(result("日本"), result("ab"))).splitlines()
    (wide,) = (line for line in lines if "日本" in line)
    (narrow,) = (line for line in lines if "ab " in line)
    assert len(wide) + 2 == len(narrow)


@given(st.text(min_size=1))
def test_no_text_of_the_data_can_steer_the_terminal(text: str) -> None:
    made = report(
        result(text, "failed", column=text, message=text, samples=[{text: text}], sql=text, details={text: text}),
        source=text,
    )
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", to_text(made))
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", _uncoloured(_rich(made)))


def test_rich_shows_the_same_checks_in_colour() -> None:
    coloured = _rich(every_outcome())
    assert "\x1b[" in coloured
    plain = _uncoloured(coloured)
    for part in (
        "emails_present",
        "97.5%",
        "25 of 1,000",
        "25 of 1000 are NULL",
        '" padded"',
        "IS NULL",
        "ids_present",
    ):
        assert part in plain


def test_rich_prints_a_report_as_it_is() -> None:
    console = Console(file=io.StringIO(), width=120)
    console.print(every_outcome())
    assert isinstance(console.file, io.StringIO)
    assert "25 of 1,000" in console.file.getvalue()


def test_markup_of_rich_in_the_data_is_text() -> None:
    assert "[red]x[/red]" in _uncoloured(_rich(report(result("[red]x[/red]", "failed", message="[/nothing]"))))


def test_without_rich_the_plain_text_works_and_the_coloured_one_says_what_to_install() -> None:
    program = """
import sys
sys.modules["rich"] = None
from support.reports import every_outcome
from dq_core.errors import MissingDependencyError
from dq_core.report import rich_report, to_text
assert "emails_present" in to_text(every_outcome())
try:
    rich_report(every_outcome())
except MissingDependencyError as error:
    print(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        cwd=__file__.rpartition("/dq_core/")[0],
    )
    assert 'pip install "dq-core[rich]' in done.stdout
