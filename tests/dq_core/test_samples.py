from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from dq_core import validate
from support.check_conformance import DATABASES, Place, store
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
