"""All aggregates of a suite are one SELECT; the report tells how many statements read data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
import sqlalchemy as sa

from dq_core import Progress, validate
from dq_core.checks.kinds.row_count import RowCount
from support.check_conformance import store
from support.database_facts import facts_of

RULES: list[dict[str, Any]] = [
    {"type": "not_null", "column": "id"},
    {"type": "completeness", "column": "name", "threshold": 0.5},
    {"type": "in_range", "column": "age", "min": 0, "max": 150},
    {"type": "in_set", "column": "name", "values": ["a", "b"]},
    {"type": "regex", "column": "name", "pattern": "[ab]"},
    {"type": "length", "column": "name", "max": 1},
    {"type": "row_count", "min": 1},
    {"type": "statistic", "column": "age", "statistic": "mean", "min": 1},
    {"type": "expression", "sql": "age > 0"},
    {"type": "schema", "columns": ["id"]},
    {"type": "type", "column": "age", "dtype": "int"},
]
ROWS = [{"id": 1, "age": 5, "name": "a"}, {"id": 2, "age": 7, "name": "b"}]
TYPES = {"id": sa.Integer(), "age": sa.Integer(), "name": sa.Text()}


def selects(engine: sa.Engine, table: str) -> list[str]:
    """The statements from now on that read rows of the table."""
    seen: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        compact = " ".join(statement.split()).lower()
        if f"from {table}" in compact and compact.startswith("select") and not compact.endswith(("false", "0 = 1")):
            seen.append(compact)

    sa.event.listen(engine, "before_cursor_execute", note)
    return seen


def test_one_select(engine: sa.Engine) -> None:
    store(engine, "people", ROWS, TYPES)
    seen = selects(engine, "people")
    report = validate(engine, RULES, table="people")
    assert report.passed, report.failures
    assert len(seen) == report.statements == 1


def test_grouped_work_and_samples_are_counted(engine: sa.Engine) -> None:
    store(engine, "people", [*ROWS, *ROWS], TYPES)
    seen = selects(engine, "people")
    report = validate(
        engine,
        [*RULES, {"type": "unique", "column": "id"}, {"type": "in_range", "column": "age", "max": 5}],
        table="people",
    )
    assert [result.check_name for result in report.failures] == ["unique_id", "in_range_age#2"]
    assert len(seen) == report.statements
    without = validate(engine, [{"type": "in_range", "column": "age", "max": 5}], table="people", samples=0)
    assert (without.statements, without.results[0].samples) == (1, [])
    assert without.results[0].sql is not None


def test_the_same_aggregate_is_asked_for_once(engine: sa.Engine) -> None:
    store(engine, "people", ROWS, TYPES)
    seen = selects(engine, "people")
    validate(engine, [{"type": "in_range", "column": "age", "min": bound} for bound in range(5)], table="people")
    assert len(seen) == 1
    assert seen[0].count("count(people.age)") == 1


def test_a_thousand_columns(engine: sa.Engine) -> None:
    # SQLite takes at most 2000 columns, PostgreSQL 1600.
    names = [f"c{number}" for number in range(1000)]
    columns = ", ".join(f"{name} INTEGER" for name in names)
    with engine.begin() as connection:
        connection.execute(sa.text(f"CREATE TABLE wide ({columns})"))
        values = ["3", *["1"] * 998, "NULL"]
        connection.execute(sa.text(f"INSERT INTO wide VALUES ({', '.join(values)})"))
    rules = [{"type": "not_null", "column": name} for name in names]
    rules += [{"type": "in_range", "column": name, "max": 2} for name in names]
    report = validate(engine, rules, table="wide", samples=1)
    failing = {result.check_name: result.failed_rows for result in report.failures}
    assert failing == {"not_null_c999": 1, "in_range_c0": 1}
    assert report.statements == 7 + 1  # 500 aggregates at most in each scan; the samples of all failing checks


def test_progress(engine: sa.Engine) -> None:
    store(engine, "people", [*ROWS, *ROWS], TYPES)
    seen: list[Progress] = []
    validate(engine, [*RULES, {"type": "unique", "column": "id"}], table="people", on_progress=seen.append)
    assert [step.done for step in seen] == [1, 2, 3]
    assert all(step.done <= step.total for step in seen)
    assert seen[-1].message == "fetched failing rows of unique_id"
    assert seen[-1].done == seen[-1].total


def test_fail_fast_skips_what_comes_after_and_runs_no_work_for_it(engine: sa.Engine) -> None:
    store(engine, "people", ROWS, TYPES)
    rules = [
        {"type": "in_range", "column": "age", "max": 5, "severity": "warning"},
        {"type": "unique", "column": "id"},
        {"type": "in_range", "column": "age", "max": 6, "name": "first"},
        {"type": "unique", "column": "name"},
        {"type": "not_null", "column": "id"},
        {"type": "custom", "function": lambda rows: pytest.fail("was run")},
    ]
    seen = selects(engine, "people")
    report = validate(engine, rules, table="people", fail_fast=True, samples=0)
    assert [result.status for result in report.results] == ["failed", "passed", "failed"] + ["skipped"] * 3
    assert (report.failed_checks, report.warning_checks, report.skipped_checks) == (1, 1, 3)
    assert not any("name" in sql and ("group by" in sql or "distinct" in sql) for sql in seen)
    assert report.total_rows == 2


def test_an_error_stops_fail_fast_too() -> None:
    def breaks(rows: Any) -> bool:
        raise OSError("no")

    report = validate(
        [{"x": 1}],
        [{"type": "custom", "function": breaks, "severity": "info"}, {"type": "not_null", "column": "x"}],
        fail_fast=True,
    )
    assert [result.status for result in report.results] == ["error", "skipped"]


def test_a_check_is_asked_once_for_its_aggregates_even_if_the_scan_is_halved(engine: sa.Engine) -> None:
    asked: list[str] = []

    @dataclass(frozen=True, kw_only=True)
    class Counted(RowCount):
        def aggregates(self, relation: Any) -> Any:
            asked.append(self.label)
            return super().aggregates(relation)

    store(engine, "people", ROWS, TYPES)
    checks = [Counted(min=1, name=f"c{number}") for number in range(3)]
    # It is understood, and fails as soon as it reads a row.
    broken = {"type": "expression", "sql": facts_of(engine).broken.replace("x", "name")}
    report = validate(engine, [*checks, broken], table="people")
    assert [result.status for result in report.results] == ["passed", "passed", "passed", "error"]
    assert asked == ["c0", "c1", "c2"]
