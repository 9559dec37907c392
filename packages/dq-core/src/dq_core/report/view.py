"""What every renderer shows, in one place: the order of the checks, their outcome, numbers as people write them.

The renderers read a report as a mapping, so that its plain dict form, back from JSON or from an orchestrator's store,
looks the same as a fresh one.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import Enum
from math import isfinite
from typing import Any, cast

from .._shared.arguments import string, whole
from .._shared.wording import plural, repr_of
from ..errors import RuleError, reading_document

DEFAULT_TITLE = "Data quality report"

# Options of a rule that a check's other fields show.
_SHOWN_ANYWAY = frozenset({"type", "name", "severity", "description", "column", "columns"})
# Joiners are invisible but part of words in some scripts, and of emoji.
_JOINERS = "\u200c\u200d"


class DisplayStatus(Enum):
    """How a check ended, as a report shows it; declared in the order of attention.

    A report has a status and a severity; a check that failed without failing the report is a warning here.
    """

    ERROR = "error"
    FAILED = "failed"
    WARNING = "warning"
    SKIPPED = "skipped"
    PASSED = "passed"

    @property
    def needs_attention(self) -> bool:
        """Whether it needs attention."""
        return self in (DisplayStatus.ERROR, DisplayStatus.FAILED, DisplayStatus.WARNING)


@dataclass(frozen=True)
class CheckView:
    """One check of a report, ready to be laid out.

    Attributes:
        name: The check's name.
        type: The kind of check, such as ``"in_range"``.
        column: Its column or columns, joined by commas; empty when it is about the table.
        outcome: How it ended.
        severity: ``"info"``, ``"warning"``, ``"error"`` or ``"critical"``.
        message: The sentence that says what was found.
        share: Share of the considered rows that passed, from 0 to 1; None when rows do not apply.
        rows: Failed and considered rows in words, such as ``"3 of 1,200"``; empty when rows do not apply.
        observed: The measured value as text; empty where it is the share of passing rows.
        sample_columns: The header of the sample table, what was checked first.
        samples: Rows of the sample table; values are as the report carries them.
        sql: The statement that selects the failing rows; empty when there is none.
        details: Further facts of the check, as pairs of name and text.
    """

    name: str
    type: str
    column: str
    outcome: DisplayStatus
    severity: str
    message: str
    share: float | None
    rows: str
    observed: str
    sample_columns: tuple[str, ...]
    samples: tuple[tuple[object, ...], ...]
    sql: str
    details: tuple[tuple[str, str], ...]

    def is_about(self, column: str) -> bool:
        """Whether the check is about this column of its samples."""
        return _is_about(self.column, column)

    @property
    def sql_lines(self) -> tuple[str, ...]:
        """The lines of the statement, safe for a terminal."""
        return tuple(visible(line) for line in self.sql.splitlines())

    @property
    def percent(self) -> str:
        """The share of passing rows as text; never 100% while a row failed, never 0% while one passed."""
        if self.share is None:
            return ""
        return percent(self.share)


@dataclass(frozen=True)
class ReportView:
    """A report, ready to be laid out.

    Attributes:
        passed: Whether the whole report passed.
        verdict: One sentence: how many checks ended how.
        facts: Name and text of what is known about the run: source, rows, start, duration, statements.
        counts: How many checks ended with each outcome; outcomes that did not occur are left out.
        checks: The checks, those that need attention first, otherwise in the order of the suite.
    """

    passed: bool
    verdict: str
    facts: tuple[tuple[str, str], ...]
    counts: tuple[tuple[DisplayStatus, int], ...]
    checks: tuple[CheckView, ...]

    @property
    def needing_attention(self) -> tuple[CheckView, ...]:
        """The checks that failed, warned or could not be evaluated."""
        return tuple(check for check in self.checks if check.outcome.needs_attention)


def view(report: Mapping[str, Any]) -> ReportView:
    """Lay a report out for reading.

    Args:
        report: A report or its plain dict form.

    Returns:
        Everything that a renderer shows.
    """
    given: object = report
    if not isinstance(given, Mapping) and not callable(getattr(given, "to_dict", None)):
        raise RuleError([f"A report, or its plain dict form, is required, not {repr_of(given, 80)}."])
    order = list(DisplayStatus)
    with reading_document("A report", given if isinstance(given, Mapping) else {}):
        return _laid_out(report, order)


def refuse_looks(*, samples: object = 5, width: object = 120, title: object = None) -> None:
    """Refuse what does not fit the arguments of a renderer, all problems at once.

    Raises:
        RuleError: Some do not.
    """
    named = [] if title is None else string("title", title, empty=True)
    problems = [*whole("samples", samples), *whole("width", width, least=1), *named]
    if problems:
        raise RuleError(problems)


def _laid_out(report: Mapping[str, Any], order: list[DisplayStatus]) -> ReportView:
    checks = sorted(map(check_view, report["results"]), key=lambda check: order.index(check.outcome))
    counts = tuple(
        (outcome, number) for outcome in order if (number := sum(check.outcome is outcome for check in checks))
    )
    return ReportView(
        passed=report["overall_status"] == "passed",
        verdict=_verdict(counts, len(checks)),
        facts=_facts(report),
        counts=counts,
        checks=tuple(checks),
    )


def _verdict(counts: tuple[tuple[DisplayStatus, int], ...], total: int) -> str:
    if not total:
        return "No checks ran"
    if counts == ((DisplayStatus.PASSED, total),):
        return "The check passed" if total == 1 else f"All {count(total)} checks passed"
    return f"{plural(total, 'check')}: " + ", ".join(_counted(outcome, number) for outcome, number in counts)


def _counted(outcome: DisplayStatus, number: int) -> str:
    if outcome in (DisplayStatus.ERROR, DisplayStatus.WARNING):
        return plural(number, outcome.value)
    return f"{count(number)} {outcome.value}"


def _facts(report: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    return (
        ("Source", report["source"]),
        ("Rows", count(report["total_rows"])),
        ("Started", moment(report["started_at"])),
        ("Took", duration(report["execution_time_seconds"])),
        ("Statements", count(report["statements"])),
        *stated_semantics(report.get("semantics")),
        *_stated_rules(report.get("suite"), report.get("rules_file")),
    )


def _stated_rules(suite: str | None, rules_file: str | None) -> tuple[tuple[str, str], ...]:
    """What was run: the suite's name and the file of its rules, as far as they are known."""
    shown = f"{suite} ({rules_file})" if suite and rules_file else suite or rules_file
    return (("Rules", shown),) if shown else ()


def stated_semantics(semantics: str | None) -> tuple[tuple[str, str], ...]:
    """What a reader must know where rules do not mean what they mean on other databases."""
    own = "the database's own, which no conformance suite has tested (semantics: database)"
    return (("Meaning of rules", own),) if semantics == "database" else ()


def check_view(result: Mapping[str, Any]) -> CheckView:
    """Lay the result of one check out for reading.

    Args:
        result: A result or its plain dict form.
    """
    failed, considered = result["failed_rows"], result["considered_rows"]
    share, rows = None, ""
    if failed is not None and considered is not None:
        rows = f"{count(failed)} of {count(considered)}"
        share = (considered - failed) / considered if considered else None
    given = dict.fromkeys(name for sample in result["samples"] for name in sample)
    # What was checked stands first, where a wide table shows it without scrolling.
    columns = tuple(sorted(given, key=lambda name: not _is_about(result["column"] or "", name)))
    return CheckView(
        name=result["check_name"],
        type=result["type"],
        column=result["column"] or "",
        outcome=_outcome(result),
        severity=result["severity"],
        message=result["message"],
        share=share,
        rows=rows,
        observed="" if rows else _measured(result["observed"]),
        sample_columns=columns,
        samples=tuple(tuple(sample.get(name) for name in columns) for sample in result["samples"]),
        sql=result["sql"] or "",
        details=tuple(_details(result["details"])),
    )


def _details(details: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The details of the check, with the rule's options one by one."""
    rule = details.get("rule") or {}
    shown = {**{name: value for name, value in rule.items() if name not in _SHOWN_ANYWAY}, **details}
    for name, value in shown.items():
        if name != "rule" and value is not None:
            yield name.replace("_", " ").capitalize(), sample_text(value)


def _measured(observed: object) -> str:
    if isinstance(observed, float) and isfinite(observed):
        return f"{observed:,.2f}" if abs(observed) >= 1000 else f"{observed:.6g}"
    if isinstance(observed, int) and not isinstance(observed, bool):
        return count(observed)
    return "" if observed is None else sample_text(observed)


def _outcome(result: Mapping[str, Any]) -> DisplayStatus:
    if result["status"] == "failed" and result["severity"] in ("info", "warning"):
        return DisplayStatus.WARNING
    return DisplayStatus(result["status"])


def _is_about(checked: str, column: str) -> bool:
    return column == checked or column in checked.split(", ")


def count(number: int) -> str:
    """A number of things with its thousands set apart: ``1234567`` is ``"1,234,567"``."""
    return f"{number:,}"


def percent(share: float) -> str:
    """A share as a percentage that never rounds to 0% or 100% unless it is exactly that.

    Args:
        share: A number from 0 to 1.

    Returns:
        At most two decimals: ``"99.5%"``, ``"> 99.99%"``, ``"100%"``.
    """
    if share in (0, 1):
        return f"{share:.0%}"
    if share > 0.9999:
        return "> 99.99%"
    if share < 0.0001:
        return "< 0.01%"
    return f"{share * 100:.2f}".rstrip("0").rstrip(".") + "%"


def duration(seconds: float) -> str:
    """Seconds in readable units: ``"12 ms"``, ``"3.4 s"``, ``"2 min 5 s"``."""
    if seconds < 0.9995:
        return f"{seconds * 1000:.0f} ms" if seconds >= 0.001 else "under 1 ms"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s"


def moment(text: str) -> str:
    """An ISO moment to the second with its zone: ``"2026-11-20 08:15:00 UTC"``."""
    return f"{datetime.fromisoformat(text):%Y-%m-%d %H:%M:%S %Z}".rstrip()


def value_text(value: object) -> str:
    """A value of the report as text: booleans and None as in SQL, lists and objects in a compact JSON-like form."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{name}: {sample_text(item)}" for name, item in value.items()) + "}"
    if isinstance(value, list | tuple | set | frozenset):
        return ", ".join(sample_text(item, apart=", ") for item in cast("tuple[object, ...]", tuple(value)))
    return str(value)


def number_text(value: object) -> str:
    """A measured number with its thousands set apart and without trailing zeros; any other value as `value_text`."""
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    if isinstance(value, float) and isfinite(value):
        return f"{value:,.15g}"
    if isinstance(value, Decimal) and value.is_finite():
        shown = f"{value:,f}"
        return shown.rstrip("0").rstrip(".") if "." in shown else shown
    return value_text(value)


def sample_text(value: object, *, apart: str | None = None) -> str:
    """A value out of the data; text is quoted where it would mislead: empty, with outer blanks, or like ``NULL``.

    Args:
        value: Any value.
        apart: What is written between this value and the next; text that contains it is quoted as well.

    Returns:
        The value as text.
    """
    text = value_text(value)
    misleads = text != text.strip() or text in ("", "NULL", "true", "false") or (apart is not None and apart in text)
    return f'"{text}"' if isinstance(value, str) and misleads else text


def differing_texts(left: object, right: object, *, limit: int) -> tuple[str, str]:
    """Two values out of the data that differ, as strings in which it can be seen where.

    Args:
        left: One of them.
        right: The other one.
        limit: How many characters are shown: of longer strings those around the first place where they differ.

    Returns:
        Both as strings. Those that look alike have all but their ASCII letters as escapes.
    """
    texts = [sample_text(one) for one in (left, right)]
    if texts[0] == texts[1]:
        texts = [f'"{one}"' if isinstance(one, str) else text for one, text in zip((left, right), texts, strict=True)]
    if isinstance(left, str) and isinstance(right, str):
        if texts != [left, right]:
            texts = [f'"{one}"' for one in (left, right)]
        forms = [(unicodedata.normalize("NFKC", one), visible(one)) for one in (left, right)]
        if any(one == other for one, other in zip(*forms, strict=True)):
            texts = [one.encode("unicode_escape").decode() for one in texts]
    pairs = enumerate(zip(*texts, strict=False))
    before = next((place for place, pair in pairs if len(set(pair)) > 1), min(map(len, texts))) - limit // 3
    if before > 0 and max(map(len, texts)) > limit:
        texts = ["…" + one[before:] for one in texts]
    return texts[0], texts[1]


def visible(text: str, *, limit: int | None = None) -> str:
    r"""Text that stays on its line and cannot steer a terminal: control characters become visible escapes.

    Args:
        text: Any text, such as a value out of the data.
        limit: Cut to this many characters, with an ellipsis.

    Returns:
        The same text with line breaks as ``↵``, tabs as ``⇥`` and other control, format and surrogate characters as
        ``\x1b`` or ``\u202e``.
    """
    if limit is not None and len(text) > limit:
        text = text[: limit - 1] + "…"
    if text.isprintable():
        return text
    text = text.replace("\r\n", "\n").translate({0x0A: "↵", 0x0D: "↵", 0x09: "⇥"})
    return "".join(character if _is_visible(character) else _escape(character) for character in text)


def _is_visible(character: str) -> bool:
    return character.isprintable() or character in _JOINERS or unicodedata.category(character) == "Zs"


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")
