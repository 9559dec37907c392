from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa

from dq_core import profile, validate
from dq_core.run.reader import Reader, StatementError
from support.check_conformance import DATABASES, PLACES, QUICK, Place, store
from support.database_facts import FACTS, facts_of

STRANGE = ["two words", 'a"quote', "it's", "select", "Mixed", "100%", ":colon", "ä€😀", "a.b", "a\\b", "(x)", "?"]


def test_they_are_bounded_and_json(engine: sa.Engine) -> None:
    rows = [{"id": number, "day": dt.date(2024, 1, 1), "raw": b"\x01", "n": -1.5} for number in range(20)]
    types = {"id": sa.Integer(), "day": sa.Date(), "raw": sa.LargeBinary(), "n": sa.Numeric(5, 2, asdecimal=False)}
    store(engine, "t", rows, types)
    rule = {"type": "in_range", "column": "n", "min": 0}
    for samples in (0, 1, 7):
        report = validate(engine, [rule], table="t", samples=samples)
        assert len(report.results[0].samples) == samples
    sample = report.results[0].samples[0]
    assert (sample["day"], sample["raw"]) == ("2024-01-01", "0x01")
    assert float(sample["n"]) == -1.5
    json.dumps(report.to_dict(), allow_nan=False)


def test_masked_columns_are_nowhere(engine: sa.Engine) -> None:
    rows = [{"id": 1, "email": "secret@x.com", "age": 999}, {"id": 2, "email": None, "age": 999}]
    store(engine, "t", rows, {"id": sa.Integer(), "email": sa.Text(), "age": sa.Integer()})
    report = validate(
        engine,
        [
            {"type": "in_range", "column": "id", "min": 5},
            {"type": "length", "column": "email", "max": 3},
            {"type": "statistic", "column": "age", "statistic": "max", "max": 100},
            {"type": "statistic", "column": "age", "statistic": "median", "max": 100},
            {"type": "statistic", "column": "age", "statistic": "min", "min": 100},
            {"type": "unique", "column": "age"},
        ],
        table="t",
        mask=["email", "age"],
    )
    assert report.results[0].samples == [
        {"id": 1, "email": "***", "age": "***"},
        {"id": 2, "email": None, "age": "***"},
    ]
    assert [result.observed for result in report.results[2:5]] == ["***"] * 3
    assert report.results[4].status == "passed"
    text = report.to_json()
    assert "secret" not in text
    assert "999" not in text


def test_messages_of_the_database_are_not_shown_beside_masks(engine: sa.Engine) -> None:
    store(engine, "t", [{"x": "secret"}], {"x": sa.Text()})
    facts = facts_of(engine)
    open_, masked = (
        validate(engine, [{"type": "expression", "sql": facts.broken}], table="t", mask=mask) for mask in ([], ["x"])
    )
    assert (open_.results[0].status, masked.results[0].status) == ("error", "error")
    assert "secret" not in masked.results[0].message
    assert "columns are masked" in masked.results[0].message
    if facts.repeats_values:
        assert "secret" in open_.results[0].message
    # What the driver calls its class says nothing that the database does not say.
    assert re.search(r"evaluated: \w+(Exception|Error): ", open_.results[0].message) is None


@pytest.mark.parametrize("place", ["rows", "pandas", "polars", "arrow", "parquet"])
def test_the_sql_says_how_it_is_run(put: Callable[..., Place], place: str) -> None:
    import duckdb
    import pyarrow as pa

    there = put(place, [{"id": 1, "x": "a"}, {"id": 2, "x": None}], {"id": sa.Integer(), "x": sa.Text()})
    (result,) = there.validate({"type": "not_null", "column": "x"}).results
    first, _, rest = str(result.sql).partition("\n")
    source = "unused"
    if place != "parquet":
        assert (first.startswith("-- source: the "), rest.count("FROM source")) == (True, 1)
        given = {"the data": there.source, "pyarrow.Table.from_pylist(rows)": there.source}
        ((words, data),) = [(words, data) for words, data in given.items() if f"source = {words}; duckdb" in first]
        source = data if words == "the data" else pa.Table.from_pylist(data)
    assert source is not None
    assert duckdb.sql(str(result.sql)).fetchall() == [(2, None)]


@pytest.mark.parametrize("place", [*DATABASES, "rows", "parquet", "pandas"])
def test_strange_names(put: Callable[..., Place], place: str) -> None:
    names = STRANGE
    rows: list[dict[str, Any]] = [dict.fromkeys(names, number) for number in (1, 2, 2)]
    if place in FACTS:
        names = [name for name in STRANGE if re.search(FACTS[place].not_in_names, name) is None]
    rows = [{name: row[name] for name in names} for row in rows]
    there = put(place, rows, {name: sa.Integer() for name in names})
    report = there.validate(
        *({"type": "unique", "column": name} for name in names),
        *({"type": "in_range", "column": name, "max": 1} for name in names),
        {"type": "unique", "columns": names},
    )
    assert {(result.status, result.failed_rows) for result in report.results} == {("failed", 2)}, report.results
    for result in report.results:
        assert result.samples == [dict.fromkeys(names, 2)] * 2
        if there.run is not None:
            assert len(there.run(result.sql)) == 2


@pytest.mark.parametrize("name", ["two words", 'a"quote', "select", "Mixed", "ä€", "a.b"])
def test_strange_tables(engine: sa.Engine, name: str) -> None:
    store(engine, name, [{"x": None}], {"x": sa.Integer()})
    report = validate(engine, [{"type": "not_null", "column": "x"}], table=name)
    assert report.results[0].samples == [{"x": None}]
    with engine.connect() as connection:
        assert connection.exec_driver_sql(report.results[0].sql).all() == [(None,)]


MIXED = {"n": sa.Integer(), "m": sa.Integer(), "x": sa.Text()}
MANY = [
    *({"type": "in_range", "column": f"c{place}", "min": place + 1} for place in range(6)),
    *({"type": "not_null", "column": f"c{place}"} for place in range(6)),
    *({"type": "unique", "column": f"c{place}"} for place in range(6)),
    {"type": "expression", "sql": "c0 < c1"},
    {"type": "in_set", "column": "s", "values": ["x"], "where": "c2 > 3"},
]


@pytest.mark.parametrize("place", [place for place in PLACES if place != "trino iceberg"])
def test_many_failing_checks_have_the_samples_that_each_has_alone(put: Callable[..., Place], place: str) -> None:
    names = [f"c{number}" for number in range(6)]
    rows = [
        {name: None if (row * 7 + at) % 5 == 0 else (row * (at + 3)) % 17 for at, name in enumerate(names)}
        | {"s": "xyz"[row % 3], "d": dt.date(2024, 1, 1 + row % 28)}
        for row in range(60)
    ]
    there = put(place, rows, {name: sa.Integer() for name in names} | {"s": sa.Text(), "d": sa.Date()})
    together = there.validate(*MANY, samples=3)
    assert {result.status for result in together.results} == {"failed"}
    for rule, result in zip(MANY, together.results, strict=True):
        assert len(result.samples) == min(3, result.failed_rows or 0)
        if rule["type"] == "unique":
            # The order in which a window gives rows is the database's.
            values = [row[rule["column"]] for row in rows]
            assert all(values.count(int(sample[rule["column"]])) > 1 for sample in result.samples)
        else:
            (alone,) = there.validate(rule, samples=3).results
            assert result.samples == alone.samples, rule


@pytest.mark.parametrize("place", [*QUICK, "pandas"])
def test_statements_grow_with_batches_not_with_failing_checks(put: Callable[..., Place], place: str) -> None:
    names = [f"c{number}" for number in range(300)]
    rows = [dict.fromkeys(names, value) for value in (None, 1, 2)]
    there = put(place, rows, dict.fromkeys(names, sa.Integer()))
    report = there.validate(*({"type": "not_null", "column": name} for name in names))
    assert report.statements <= 6
    assert all(result.samples == [dict.fromkeys(names)] for result in report.results)


#: Rules that ask something after the shared scan, all of which fail for the rows below.
FOLLOWED_UP: dict[str, Callable[[str, str], dict[str, Any]]] = {
    "unique": lambda name, _: {"type": "unique", "column": name},
    "two columns": lambda name, _: {"type": "unique", "columns": [name, "known"]},
    "foreign_key": lambda name, table: {
        "type": "foreign_key", "column": name, "references": {"table": table, "column": "known"},
    },
    "distinct_count": lambda name, _: {"type": "distinct_count", "column": name, "min": 9},
    "median": lambda name, _: {"type": "statistic", "column": name, "statistic": "median", "max": 0},
    "stddev": lambda name, _: {"type": "statistic", "column": name, "statistic": "stddev", "max": 0},
}  # fmt: skip


@pytest.mark.parametrize("place", DATABASES)
def test_follow_ups_of_many_checks_are_few_statements(put: Callable[..., Place], place: str) -> None:
    names = [f"c{number}" for number in range(12)]
    rows = [
        {"known": 1} | {name: None if row == 3 else row // 2 + at + 2 for at, name in enumerate(names)}
        for row in range(7)
    ]
    there = put(place, rows, dict.fromkeys(rows[0], sa.Integer()))
    for kind, make in FOLLOWED_UP.items():
        rules = [make(name, there.options.get("table", "")) for name in names]
        few, many = there.validate(*rules[:2], samples=3), there.validate(*rules, samples=3)
        assert few.statements == many.statements, kind
        assert {result.status for result in many.results} == {"failed"}
        for rule, result in list(zip(rules, many.results, strict=True))[:: len(rules) - 1]:
            alone = there.validate(rule, samples=3)
            (same,) = alone.results
            assert alone.statements <= many.statements <= alone.statements + 1, kind
            assert (result.status, result.message, result.sql) == ("failed", same.message, same.sql)
            assert (result.failed_rows, result.observed) == (same.failed_rows, same.observed)
            assert sorted(map(str, result.samples)) == sorted(map(str, same.samples))


@pytest.mark.parametrize("place", QUICK)
def test_a_check_that_cannot_be_followed_up_costs_no_other_its_own(put: Callable[..., Place], place: str) -> None:
    there = put(place, [{"n": one, "m": 1, "x": "ab"} for one in (1, 1, 2)], MIXED)
    view = f"view_of_{there.options['table']}"
    with there.source.begin() as connection:
        connection.execute(
            sa.text(
                f"CREATE VIEW {view} AS SELECT n, CASE WHEN {FACTS[place].broken} THEN 1 END AS broken "
                f"FROM {there.options['table']}"
            )
        )
    rules = [
        *({"type": "unique", "column": name} for name in "nm"),
        *(
            {"type": "foreign_key", "column": name, "references": {"table": view, "column": column}}
            for name in "nm"
            for column in ("n", "broken")
        ),
        {"type": "distinct_count", "column": "n", "min": 9},
    ]
    results = there.validate(*rules).results
    assert [result.status for result in results] == [
        "failed", "failed", "passed", "error", "passed", "error", "failed"
    ]  # fmt: skip
    assert [result.failed_rows for result in results] == [2, 3, 0, None, 0, None, None]
    with there.source.begin() as connection:
        connection.execute(sa.text(f"DROP VIEW {view}"))


def test_rare_failures_are_found_check_by_check(engine: sa.Engine) -> None:
    # The first rows that fail any of the rules all fail the first one; those that fail the others come much later.
    rows = [{"id": number, "a": 0, "b": int(number < 4000), "c": int(number < 4500)} for number in range(5000)]
    store(engine, "t", rows, {name: sa.Integer() for name in ("id", "a", "b", "c")})
    rules = [{"type": "in_range", "column": name, "min": 1} for name in ("a", "b", "c")]
    report = validate(engine, rules, table="t", samples=2)
    assert [[row["id"] for row in result.samples] for result in report.results] == [[0, 1], [4000, 4001], [4500, 4501]]


def test_a_check_whose_samples_cannot_be_read_costs_no_other_its_own(
    engine: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    store(engine, "t", [{"x": 1, "y": 1}], {"x": sa.Integer(), "y": sa.Integer()})
    fetch = Reader.fetch

    def refuse(reader: Reader, statement: Any, **options: Any) -> Any:
        if "7777" in str(statement.compile(compile_kwargs={"literal_binds": True})) and "flagged" in str(statement):
            raise StatementError("t", "too much")
        return fetch(reader, statement, **options)

    monkeypatch.setattr(Reader, "fetch", refuse)
    rules = [{"type": "in_range", "column": name, "min": low} for name, low in (("x", 7777), ("y", 5), ("x", 6))]
    report = validate(engine, rules, table="t")
    assert [result.samples for result in report.results] == [[{"x": 1, "y": 1}]] * 3


NANOSECONDS = pa.table(
    {
        "moment": pa.array([1, 2, 2, None], pa.timestamp("ns")),
        "instant": pa.array([1, 2, 2, None], pa.timestamp("ns", "UTC")),
        "time": pa.array([1, 2, 2, None], pa.time64("ns")),
        "whole": pa.array([1000, 2000, 2000, None], pa.timestamp("ns")),
    }
)


@pytest.mark.parametrize("form", ["arrow", "parquet", "pandas", "polars", "table"])
def test_nanoseconds_are_shown(tmp_path: Path, form: str) -> None:
    file, options = tmp_path / "rows.parquet", {}
    pq.write_table(NANOSECONDS.drop_columns(["instant"]) if form in {"parquet", "table"} else NANOSECONDS, file)
    source: Any = {"arrow": NANOSECONDS, "parquet": file}.get(form)
    if form in {"pandas", "polars"}:
        source = pl.from_arrow(NANOSECONDS)
        source = NANOSECONDS.drop_columns(["time"]).to_pandas() if form == "pandas" else source
    if form == "table":
        with duckdb.connect(tmp_path / "rows.duckdb") as raw:
            raw.execute(f"CREATE TABLE t AS SELECT * FROM read_parquet('{file}')")
        source, options = f"duckdb:///{tmp_path / 'rows.duckdb'}", {"table": "t"}
    shown = {
        "moment": ["1970-01-01T00:00:00.000000001", "1970-01-01T00:00:00.000000002"],
        "instant": ["1970-01-01T00:00:00.000000001", "1970-01-01T00:00:00.000000002"],
        "time": ["00:00:00.000000001", "00:00:00.000000002"],
        "whole": ["1970-01-01T00:00:00.000001", "1970-01-01T00:00:00.000002"],
    }
    for column in profile(source, **options).columns:
        assert [column.min, column.max] == shown[column.name], column.name
        assert [one.value for one in column.top_values] == shown[column.name][::-1], column.name
        rules = [{"type": "unique", "column": column.name}, {"type": "null", "column": column.name}]
        for result in validate(source, rules, **options).to_dict()["results"]:
            found = {row[column.name] for row in result["samples"]}
            assert found == set(shown[column.name][-1 if result["type"] == "unique" else 0 :]), column.name
