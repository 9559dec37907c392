"""Columns of any type, rows with any value: rules are evaluated or refused by name, and trouble stays where it is.

What is tried here is every type of every database in `support.column_types`, and every value there that a database
holds and Python may not.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pytest
import sqlalchemy as sa

from dq_core import CheckResult, RuleError, learn, profile, validate
from dq_core.quarantine import quarantine
from support.column_types import ODD_VALUES, TYPES, ColumnType, OddValue
from support.database_facts import FACTS, facts_of

_names = itertools.count(1)
_DAY, _MOMENT, _CLOCK = dt.date(2024, 1, 1), dt.datetime.fromisoformat("2024-01-01T10:00"), dt.time(10)
_VALUES = (1, 1.5, "new", "10.0.0.1", True, _DAY, _MOMENT, _CLOCK, dt.timedelta(days=1), b"a", 10**30, -1)


def _of(kind: str, **options: Any) -> dict[str, Any]:
    return {"type": kind, "column": "x", **options}


#: Rules of every kind, with options of every type.
RULES: list[dict[str, Any]] = [
    _of("not_null", threshold=0.5), _of("null", threshold=0), _of("unique"), _of("completeness", threshold=0.5),
    _of("distinct_count", min=1), _of("distinct_count", min=1, where="id > 0"),
    *(_of("in_range", min=value) for value in (*_VALUES[:4], *_VALUES[5:8])),
    _of("in_range", max=10**30), _of("in_range", max=-1),
    *(_of("in_set", values=[value]) for value in _VALUES), _of("not_in_set", values=["new"]),
    _of("regex", pattern="^a"), _of("not_regex", pattern="^a"), _of("length", max=3),
    *(_of("type", dtype=name) for name in ("text", "integer", "date", "float", "json", "list", "uuid", "interval")),
    *(_of("statistic", statistic=name, min=1) for name in ("min", "max", "mean", "median", "sum", "stddev")),
    _of("statistic", statistic="max", max=dt.date(2050, 1, 1)), _of("statistic", statistic="min", min="a"),
    _of("freshness", max_age="9999d"), {"type": "schema", "columns": {"x": "text"}},
]  # fmt: skip


def _cases(of: Mapping[str, Sequence[Any]], name: Callable[[Any], str]) -> list[Any]:
    return [
        pytest.param(database, one, id=f"{database}-{name(one)}", marks=_marks(database))
        for database, several in of.items()
        for one in several
    ]


def _marks(database: str) -> list[pytest.MarkDecorator]:
    return [pytest.mark.engines, pytest.mark.timeout(900)] if FACTS[database].installed else []


@pytest.fixture
def engine_of(request: pytest.FixtureRequest) -> Iterator[Callable[[str], sa.Engine]]:
    engines: list[sa.Engine] = []

    def make(database: str) -> sa.Engine:
        engines.append(sa.create_engine(request.getfixturevalue(f"shared_{database}_url")))
        return engines[-1]

    yield make
    for engine in engines:
        engine.dispose()


def _table(engine: sa.Engine, kind: str, values: Sequence[str], before: Sequence[str] = ()) -> str:
    """A table of 40 rows that hold the values in turn, and one with NULL."""
    name = f"types_{next(_names)}"
    rows = ", ".join(f"({place + 1}, {values[place % len(values)]})" for place in range(40))
    with engine.begin() as connection:
        lenient = facts_of(engine).lenient
        if lenient is not None:
            connection.exec_driver_sql(lenient)
        for statement in before:
            connection.exec_driver_sql(statement)
        connection.exec_driver_sql(f"CREATE TABLE {name} (id INTEGER, x {kind})")
        connection.exec_driver_sql(f"INSERT INTO {name} VALUES {rows}, (41, NULL)".replace("%", "%%"))
    return name


def _results(engine: sa.Engine, table: str) -> list[CheckResult]:
    """The results of all rules that are not refused; those that are, are refused by the column's name."""
    rules = [{**rule, "name": f"rule {place}"} for place, rule in enumerate(RULES)]
    others = [{"type": "not_null", "column": "id"}, {"type": "in_range", "column": "id", "min": 1}]
    problems: tuple[str, ...] = ()
    try:
        report = validate(engine, [*others, *rules], table=table)
    except RuleError as error:
        problems = error.problems
    if problems:
        assert all(" x " in problem or "(x is" in problem for problem in problems), problems
        refused = {problem.split(":")[1].strip() for problem in problems}
        report = validate(engine, [*others, *(rule for rule in rules if rule["name"] not in refused)], table=table)
    assert [one.status for one in report.results[:2]] == ["passed", "passed"]
    return list(report.results[2:])


def _described_and_learned(engine: sa.Engine, table: str) -> Any:
    """The profile of the column; what is learned of a table passes on that table."""
    found = profile(engine, table=table, include_histograms=True)
    assert (found.column("id").min, found.column("id").max, found.column("id").distinct_count) == (1, 41, 41)
    assert len(found.column("id").histogram) == 10
    assert found.column("x").null_count == 1
    suite = learn(engine, table=table)
    assert {rule.check.column_label for rule in suite.rules} >= {"id"}
    assert suite(engine, table=table).failures == ()
    return found.column("x")


@pytest.mark.most_cases(60)
@pytest.mark.parametrize(("database", "kind"), _cases(TYPES, lambda one: one.name or "none"))
def test_every_type(engine_of: Callable[[str], sa.Engine], database: str, kind: ColumnType) -> None:
    engine = engine_of(database)
    table = _table(engine, kind.name, kind.values, kind.before)
    for result in _results(engine, table):
        # SQLite's columns hold values of several types, which have no mean.
        unsound = result.status == "error" and " values of x are no " not in result.message
        assert not unsound, (result.details["rule"], result.message)
        assert result.samples or result.passed or not result.failed_rows, result.details
    notes = _described_and_learned(engine, table).notes
    assert [one for one in notes if not one.endswith(" values are no number")] == []


@pytest.mark.parametrize(("database", "odd"), _cases(ODD_VALUES, lambda one: f"{one.type} {one.value}"))
def test_one_odd_value(engine_of: Callable[[str], sa.Engine], database: str, odd: OddValue) -> None:
    engine = engine_of(database)
    table = _table(engine, odd.type, (odd.value, odd.usual, odd.usual), odd.before)
    for result in _results(engine, table):
        assert result.samples or result.passed or not result.failed_rows, result.details
    _described_and_learned(engine, table)
    moved = quarantine(engine, [{"type": "in_range", "column": "id", "max": 10}], table=table, to=f"{table}_bad")
    assert (moved.passed_rows, moved.quarantined_rows) == (10, 31)


@pytest.mark.parametrize(
    ("database", "collation"), [("sqlite", "NOCASE"), ("sqlite", "RTRIM"), ("duckdb", "NOCASE"), ("duckdb", "NOACCENT")]
)
@pytest.mark.parametrize("query", [False, True])
def test_the_collation_of_a_column_changes_nothing(
    engine_of: Callable[[str], sa.Engine], database: str, collation: str, query: bool
) -> None:
    engine, strings = engine_of(database), ["a", "A", "a ", "\u00e4", "b", "B"]
    rows = [{"id": place, "x": text} for place, text in enumerate(strings)]
    with engine.begin() as connection:
        connection.exec_driver_sql(f"CREATE TABLE t (id INTEGER, x TEXT COLLATE {collation})")
        connection.execute(sa.text("INSERT INTO t VALUES (:id, :x)"), rows)
        connection.exec_driver_sql("CREATE TABLE p AS SELECT x FROM t WHERE id < 1")
    rules = [
        _of("unique"), _of("in_set", values=["a"]), _of("not_in_set", values=["a"]), _of("in_range", min="a", max="b"),
        _of("in_range", max="A"), _of("distinct_count", min=6), _of("statistic", statistic="max", max="b"),
        {"type": "unique", "columns": ["x", "id"]},
    ]  # fmt: skip
    options = {"query": "SELECT * FROM t"} if query else {"table": "t"}
    there, here = validate(engine, rules, **options), validate(rows, rules)  # type: ignore[arg-type]
    assert [(one.status, one.failed_rows, one.observed) for one in there.results] == [
        (one.status, one.failed_rows, one.observed) for one in here.results
    ]
    key = _of("foreign_key", references={"table": "p", "column": "x"})
    assert validate(engine, [key], **options).results[0].failed_rows == 5  # type: ignore[arg-type]
    found, expected = profile(engine, table="t").column("x"), profile(rows).column("x")
    assert (found.distinct_count, found.min, found.max) == (expected.distinct_count, expected.min, expected.max)


# PostgreSQL


@pytest.fixture
def postgres(postgresql_url: sa.URL) -> Iterator[Callable[..., sa.Engine]]:
    engine = sa.create_engine(postgresql_url)

    def run(*statements: str) -> sa.Engine:
        with engine.begin() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)
        return engine

    yield run
    engine.dispose()


def _counts(engine: sa.Engine, *rules: dict[str, Any]) -> list[tuple[str, int | None]]:
    return [(one.status, one.failed_rows) for one in validate(engine, rules, table="t").results]


def test_an_enum_and_a_domain_over_one_are_text(postgres: Callable[..., sa.Engine]) -> None:
    engine = postgres(
        "CREATE TYPE state AS ENUM ('paid', 'new')", "CREATE DOMAIN state_of_order AS state",
        "CREATE TABLE t (id int, x state, d state_of_order)",
        "INSERT INTO t SELECT i, (CASE WHEN mod(i, 3) = 0 THEN 'new' ELSE 'paid' END)::state, 'new' "
        "FROM generate_series(1, 30) i",
    )  # fmt: skip
    assert _counts(
        engine,
        _of("in_set", values=["new"]), _of("in_set", values=["new", "gone"]), _of("not_in_set", values=["new"]),
        _of("regex", pattern="^p"), _of("length", max=3), _of("in_range", min="o"), _of("type", dtype="text"),
        {"type": "in_set", "column": "d", "values": ["new"]}, {"type": "regex", "column": "d", "pattern": "^n"},
    ) == [
        ("failed", 20), ("failed", 20), ("failed", 10), ("failed", 10), ("failed", 20), ("failed", 10), ("passed", 0),
        ("passed", 0), ("passed", 0),
    ]  # fmt: skip
    (schema,) = validate(engine, [{"type": "schema", "columns": {"x": "text", "d": "text"}}], table="t").results
    assert schema.passed, schema.message
    assert schema.observed["x"] == "state"
    assert {"in_set", "type"} <= {rule.check.kind for rule in learn(engine, table="t", columns=["x"]).rules}


def test_values_of_an_enum_are_ordered_as_text(postgres: Callable[..., sa.Engine], tmp_path: Path) -> None:
    file = sa.create_engine(f"duckdb:///{tmp_path / 'enums.duckdb'}")
    for engine in (file, postgres()):
        with engine.begin() as connection:
            connection.exec_driver_sql("CREATE TYPE state AS ENUM ('z', 'b', 'a')")
            connection.exec_driver_sql("CREATE TABLE t (x state)")
            connection.exec_driver_sql("INSERT INTO t VALUES ('b'), ('a'), (NULL)")
        _is_ordered_as_text(engine, table="t")
    file.dispose()
    values, members = ["b", "a", None], ["z", "b", "a"]
    _is_ordered_as_text(pd.DataFrame({"x": pd.Categorical(values, categories=members, ordered=True)}))
    _is_ordered_as_text(pl.DataFrame({"x": pl.Series(values, dtype=pl.Enum(members))}))


def _is_ordered_as_text(source: Any, **options: Any) -> None:
    bounds = [_of("statistic", statistic="max", min="b", max="b"), _of("statistic", statistic="min", max="a")]
    assert validate(source, [*bounds, _of("in_range", min="a", max="b")], **options)
    column = profile(source, **options).column("x")
    assert (column.min, column.max) == ("a", "b")


def test_citext_is_compared_letter_by_letter(postgres: Callable[..., sa.Engine]) -> None:
    engine = postgres(
        "CREATE EXTENSION citext", "CREATE TABLE t (x citext)",
        "INSERT INTO t SELECT CASE WHEN mod(i, 2) = 0 THEN 'a' ELSE 'A' END FROM generate_series(1, 40) i",
    )  # fmt: skip
    assert _counts(engine, _of("in_set", values=["a"]), _of("in_range", min="a"), _of("regex", pattern="a")) == [
        ("failed", 20), ("failed", 20), ("failed", 20),
    ]  # fmt: skip
    assert profile(engine, table="t").column("x").distinct_count == 2
    assert learn(engine, table="t")(engine, table="t").passed


def test_addresses_are_as_they_are_written_and_money_is_a_number(postgres: Callable[..., sa.Engine]) -> None:
    engine = postgres(
        "CREATE TABLE t (x inet, c cidr, m macaddr, p money)",
        "INSERT INTO t VALUES ('10.0.0.1', '10.0.0.0/8', '08:00:2b:01:02:03', 5), "
        "('10.0.0.2/24', '10.1.0.0/16', '08:00:2b:01:02:04', -5.25)",
    )  # fmt: skip
    assert _counts(
        engine,
        _of("in_set", values=["10.0.0.1", "10.0.0.2/24"]), _of("in_set", values=["10.0.0.1"]),
        {"type": "in_set", "column": "c", "values": ["10.0.0.0/8"]},
        {"type": "regex", "column": "m", "pattern": "^08"}, {"type": "in_range", "column": "p", "min": 0},
    ) == [("passed", 0), ("failed", 1), ("failed", 1), ("passed", 0), ("failed", 1)]  # fmt: skip
    (total,) = validate(engine, [{"type": "statistic", "column": "p", "statistic": "sum", "max": 0}], table="t").results
    assert (total.status, total.observed) == ("passed", -0.25)


def test_the_blanks_of_char_are_none(postgres: Callable[..., sa.Engine]) -> None:
    engine = postgres("CREATE TABLE t (x char(5))", "INSERT INTO t VALUES ('ab')")
    rules = [_of("length", max=2), _of("regex", pattern="^ab$"), _of("in_set", values=["ab"]), _of("length", min=3)]
    assert _counts(engine, *rules) == [("passed", 0), ("passed", 0), ("passed", 0), ("failed", 1)]


def test_a_mean_of_nan_costs_no_other_rule_its_verdict(postgres: Callable[..., sa.Engine]) -> None:
    engine = postgres("CREATE TABLE t (id int, x numeric)", "INSERT INTO t VALUES (1, 'NaN'), (2, 3)")
    mean = _of("statistic", statistic="mean", max=1)
    assert _counts(engine, {"type": "not_null", "column": "id"}, mean) == [("passed", 0), ("failed", None)]


def test_odd_columns_have_their_place_in_a_profile(postgres: Callable[..., sa.Engine]) -> None:
    engine = postgres(
        "CREATE TABLE t (id int, until date, d date, t time, m money, k oid, r int4range)",
        "INSERT INTO t VALUES (1, 'infinity', '0044-03-15 BC', '24:00:00', 1, 1, '[1,2)'), "
        "(2, '2024-01-01', '2024-01-01', '10:00', 2, 2, NULL)",
    )  # fmt: skip
    found = profile(engine, table="t")
    assert (found.column("until").min, found.column("until").max) == ("2024-01-01", "infinity")
    assert found.column("d").min == "0044-03-15 BC"
    assert found.column("t").max == "24:00:00"
    assert (found.column("m").max, found.column("k").max, found.column("r").min) == (2, 2, "[1,2)")
    assert all("too large" in note for note in found.column("until").notes)
    assert "infinity" in {value.value for value in found.column("until").top_values}
    assert found.from_dict(found.to_dict()) == found
    failing = validate(engine, [{"type": "in_range", "column": "id", "min": 2}], table="t").results[0]
    assert failing.samples[0]["until"] == "infinity"
    assert failing.samples[0]["d"] == "0044-03-15 BC"
    assert failing.samples[0]["id"] == 1
