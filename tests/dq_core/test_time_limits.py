"""A time limit ends everything: patterns that backtrack, waits for locks, and what is read to be opened."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa
import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from dq_core import ValidationTimeoutError, compare, learn, profile, validate
from dq_core.quarantine import quarantine
from dq_core.relation.linear import regexp, remember
from dq_core.relation.pattern import Pattern
from support.check_conformance import store
from support.database_facts import facts_of
from support.patterns import CATASTROPHES


@pytest.mark.parametrize("pattern", CATASTROPHES)
@pytest.mark.parametrize("length", [27, 5000])
def test_a_catastrophic_pattern_gets_its_verdict(pattern: str, length: int, tmp_path: Path) -> None:
    engine = sa.create_engine(f"sqlite:///{tmp_path}/x.db")
    store(engine, "t", [{"s": "a" * length + "!"}], {"s": sa.Text()})
    started = time.monotonic()
    (result,) = validate(engine, [{"type": "regex", "column": "s", "pattern": pattern}], table="t").results
    assert time.monotonic() - started < 5
    assert result.failed_rows == 1
    engine.dispose()


PIECES = [
    "a",
    "b",
    "[ab]",
    ".",
    "a*",
    "b+",
    "[^a]?",
    "(a|b)*",
    "(ab)+",
    "(?:a|)",
    "a{2,}",
    "^",
    "$",
    "\\w",
    "\\*",
    "[*+]",
]


@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=5), st.text("ab*\n!", max_size=60))
def test_both_ways_of_matching_agree(pieces: list[str], text: str) -> None:
    pattern = Pattern("".join(pieces))
    written = remember(pattern)
    # A long tail of a character that no piece needs makes the text too long for backtracking.
    for tail in ("", "!" * 4000):
        assert regexp(written, text + tail) == (re.search(written, text + tail) is not None)


VERBS = [
    profile,
    learn,
    lambda source, **options: validate(source, [RULE], **options),
    lambda source, **options: quarantine(source, [RULE], to="bad", **options),
    # The other table is looked up, too.
    lambda source, table, **options: validate(source, [KEY], query=f"SELECT * FROM {table}_too", **options),
]


@pytest.mark.parametrize("verb", VERBS)
def test_a_locked_table_ends_the_wait(verb: object, engine: sa.Engine) -> None:
    store(engine, "t", [{"s": "a"}], {"s": sa.Text()})
    store(engine, "t_too", [{"s": "a"}], {"s": sa.Text()})
    exclusive = facts_of(engine).exclusive
    if exclusive is None:
        verb(engine, table="t", timeout_seconds=60)  # type: ignore[operator] # no reader waits for a lock here
        return
    with engine.connect() as other:
        other.exec_driver_sql(exclusive)
        started = time.monotonic()
        with pytest.raises(ValidationTimeoutError):
            verb(sa.create_engine(engine.url, poolclass=sa.NullPool), table="t", timeout_seconds=1)  # type: ignore[operator]
        assert time.monotonic() - started < 4


RULE = {"type": "not_null", "column": "s"}
KEY = {"type": "foreign_key", "column": "s", "references": {"table": "t", "column": "s"}}


@pytest.mark.parametrize(
    ("pattern", "failed"),
    [("(a+)+$", 1), ("^(a|a)*$", 1), ("(a+)+[0-9]$", 2), (r"(\\w+)+$", None)],
)
def test_patterns_in_the_own_sql_of_a_rule_have_a_limit(sqlite_url: str, pattern: str, failed: int | None) -> None:
    pattern = pattern.replace("\\\\", "\\")
    engine = sa.create_engine(sqlite_url)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE t (x TEXT)")
        connection.execute(sa.text("INSERT INTO t VALUES (:x), ('aaa')"), {"x": "a" * 40 + "!"})
    rule = {"type": "expression", "sql": f"x REGEXP '{pattern}'"}
    (result,) = validate(engine, [rule], table="t", samples=0).results
    engine.dispose()
    # What means another thing to RE2 and could take too long is an error, not a wait.
    assert (result.status, result.failed_rows) == (("error", None) if failed is None else ("failed", failed))


def slow_batches(seconds: float) -> Iterator[pa.RecordBatch]:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        yield pa.record_batch({"s": pa.array(["a"])})


@pytest.fixture(scope="module")
def long_file(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A file without types that takes several seconds to be opened."""
    path = tmp_path_factory.mktemp("long") / "long.jsonl"
    statement = f"COPY (SELECT i % 7 AS s, i AS n, i::TEXT AS t FROM range(500000) AS r(i)) TO '{path}'"
    duckdb.execute(statement)
    return str(path)


SLOW = {
    "reader": lambda: pa.RecordBatchReader.from_batches(pa.schema({"s": pa.string()}), slow_batches(20)),
    "generator": lambda: ({"s": one["s"][0].as_py()} for one in slow_batches(20)),
    "rows": lambda: [{"s": one, "t": str(one) if one % 2 else one} for one in range(700_000)],
    "objects": lambda: pd.DataFrame({"s": pd.Series([str(one) if one % 2 else one for one in range(700_000)])}),
    "file": None,
}


@pytest.mark.parametrize("source", SLOW)
@pytest.mark.parametrize("verb", [*VERBS[:3], lambda source, **options: compare(source, source, **options)])
def test_what_is_read_to_be_opened_ends_with_the_limit(verb: Any, source: str, long_file: str) -> None:
    make = SLOW[source]
    given = long_file if make is None else make()
    started = time.monotonic()
    with pytest.raises(ValidationTimeoutError, match=r"stopped after 0\.2 seconds"):
        verb(given, timeout_seconds=0.2)
    assert time.monotonic() - started < 4


def test_a_file_that_a_rule_refers_to_is_opened_within_the_limit(long_file: str) -> None:
    rule = {"type": "foreign_key", "column": "s", "references": {"table": long_file, "column": "s"}}
    rows = [{"s": number} for number in range(100)]
    with pytest.raises(ValidationTimeoutError, match=r"stopped after 0\.2 seconds"):
        validate(rows, [rule], timeout_seconds=0.2)
    with pytest.raises(ValidationTimeoutError, match=r"stopped after 0\.2 seconds"):
        learn(rows, references=[long_file], timeout_seconds=0.2)


def test_a_limit_that_is_not_reached_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("s\na\n")
    readers = (pa.table({"s": values}).to_reader() for values in (pa.array([], pa.string()), ["a", "b"]))
    for source in (str(tmp_path / "a.csv"), *readers, iter([{"s": 1}]), [{"s": 1}, {"s": "1"}]):
        assert validate(source, [RULE], timeout_seconds=100).passed


def test_a_process_ends_as_usual_when_a_file_takes_too_long(long_file: str, tmp_path: Path) -> None:
    (tmp_path / "rules.yaml").write_text("- {type: not_null, column: s}\n")
    words = ["check", long_file, "--rules", str(tmp_path / "rules.yaml"), "--timeout-seconds", "0.2"]
    found = subprocess.run([sys.executable, "-m", "dq_core", *words], capture_output=True, text=True, check=False)
    assert (found.returncode, "stopped after 0.2 seconds" in found.stderr) == (2, True), found.stderr
