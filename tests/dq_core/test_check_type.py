from __future__ import annotations

import datetime as dt
import decimal
import json
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import pandas as pd
import pytest
import sqlalchemy as sa

from dq_core import DataQualityCheck, RuleError, parse, validate
from support.check_conformance import DATABASES, PLACES, Case, CheckConformance, Place


class TestType(CheckConformance):
    kind = "type"
    options: ClassVar = {"dtype": "int"}
    cases: ClassVar = {
        "another type": Case([1, None, 2], [0, 2], {"dtype": "text"}, places=[one for one in PLACES if one != "csv"]),
        "every value of a file is text": Case([1, None, 2], (), {"dtype": "text"}, places=("csv",)),
        "this type": Case([1, None, 2], (), {"dtype": "integer"}),
        "exactly": Case([1, None], (), {"dtype": "bigint"}, places=("sqlite", "duckdb", "postgresql", "arrow", "rows")),
        "not exactly": Case([1, None], [0], {"dtype": "smallint"}, places=("sqlite", "duckdb", "postgresql", "arrow")),
        "any number": Case([1.5, None], (), {"dtype": "number"}, type=sa.Double()),
        "length": Case(["a"], [0], {"dtype": "varchar(9)"}, type=sa.String(10), places=("sqlite", "postgresql")),
        "same length": Case(["a"], (), {"dtype": "character varying(10)"}, type=sa.String(10),
                            places=("sqlite", "postgresql")),
    }  # fmt: skip


@pytest.mark.parametrize("place", [*DATABASES, "parquet", "rows", "pandas", "polars"])
@pytest.mark.parametrize(
    ("python", "kind", "value"),
    [
        (int, sa.BigInteger(), 1),
        (float, sa.Double(), 1.5),
        (str, sa.Text(), "a"),
        (bool, sa.Boolean(), True),
        (dt.date, sa.Date(), dt.date(2024, 1, 1)),
        (dt.datetime, sa.DateTime(), dt.datetime(2024, 1, 1, 12)),  # noqa: DTZ001 - naive on purpose
        (dt.time, sa.Time(), dt.time(12)),
        (bytes, sa.LargeBinary(), b"x"),
    ],
)
def test_python_types(put: Callable[..., Place], place: str, python: type, kind: Any, value: object) -> None:
    there = put(place, [{"x": value}], {"x": kind})
    right, wrong = there.validate(
        DataQualityCheck.column_type("x", python), DataQualityCheck.column_type("x", uuid.UUID)
    ).results
    assert (right.status, right.failed_rows) == ("passed", 0), right.message
    assert (wrong.status, wrong.failed_rows) == ("failed", 1)


@pytest.mark.parametrize("place", ["duckdb", "postgresql", "rows", "arrow"])
def test_decimals(put: Callable[..., Place], place: str) -> None:
    there = put(place, [{"x": decimal.Decimal("1.5")}], {"x": sa.Numeric(10, 2)})
    assert there.validate(DataQualityCheck.column_type("x", decimal.Decimal)).passed
    assert not there.validate(DataQualityCheck.column_type("x", float)).passed


def test_each_value_of_a_list_of_dicts_counts(put: Callable[..., Place]) -> None:
    rows = [{"x": 1}, {"x": "1"}, {"x": None}, {"x": True}, {"x": 2}, {"x": [1]}]
    (result,) = put("rows", rows, {}).validate(DataQualityCheck.column_type("x", int)).results
    assert (result.failed_rows, result.considered_rows) == (3, 5)
    assert [sample["x"] for sample in result.samples] == ["1", True, "[1]"]


@pytest.mark.parametrize(
    ("values", "kind", "failed"),
    [
        ([34, 1.5, None], "integer", 1),
        ([34, 1.5], "bigint", 1),
        ([34, 1.5], "float", 0),
        ([34, 1.5], "number", 0),
        ([34, 1.5], "text", 2),
        ([34, 1.5, "a", True], "integer", 3),
        ([34, 1.5, "a", True], "float", 2),
    ],
)
def test_numbers_of_rows_are_judged_as_those_of_files(
    tmp_path: Path, values: list[Any], kind: str, failed: int
) -> None:
    rows = [{"v": value, "v in Python": 1} for value in values]
    path = tmp_path / "rows.json"
    path.write_text(json.dumps(rows))
    for source in (rows, str(path), pd.DataFrame({"v": pd.Series(values, dtype=object)})):
        (result,) = validate(source, [{"type": "type", "column": "v", "dtype": kind}]).results
        assert result.failed_rows == failed, type(source)


def test_each_value_of_several_families_that_one_type_holds_counts() -> None:
    moment, day, whole, part = (
        dt.datetime.fromisoformat("2024-01-01T10:00"),
        dt.date(2024, 1, 1),
        1,
        decimal.Decimal("1.5"),
    )
    cases: list[tuple[list[Any], dict[str, int]]] = [
        ([moment, day], {"date": 1, "timestamp": 0}),
        ([whole, part], {"integer": 1, "decimal": 0, "float": 0}),
        ([1.5, part, whole], {"integer": 2, "decimal": 1, "float": 0}),
        ([[1], {"a": 1}, [2]], {"list": 1, "struct": 2, "json": 0}),
    ]
    for values, expected in cases:
        for kind, failed in expected.items():
            rows = [{"v": value} for value in values]
            (result,) = validate(rows, [{"type": "type", "column": "v", "dtype": kind}]).results
            assert result.failed_rows == failed, (values, kind)


def test_each_value_in_sqlite_counts(sqlite_url: sa.URL) -> None:
    from dq_core import validate

    engine = sa.create_engine(sqlite_url)
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE t (x INTEGER)"))
        connection.execute(sa.text("INSERT INTO t VALUES (1), ('two'), (3.5), (NULL)"))
    report = validate(engine, [DataQualityCheck.column_type("x", int)], table="t")
    assert [sample["x"] for sample in report.results[0].samples] == ["two", 3.5]
    assert validate(
        engine, [DataQualityCheck.column_type("y", int)], query="SELECT x + 1 AS y FROM t WHERE x = 1"
    ).passed
    engine.dispose()


@pytest.mark.parametrize(
    ("dtype", "problem"),
    [
        ("integr", "the type 'integr' does not exist. Did you mean 'integer'?"),
        (object, "does not exist"),
        (5, "the type 5 does not exist"),
    ],
)
def test_unknown_types(dtype: object, problem: str) -> None:
    with pytest.raises(RuleError, match=problem.replace("?", r"\?")):
        parse([{"type": "type", "column": "x", "dtype": dtype}])


def test_aliases_of_the_option() -> None:
    assert parse([{"type": "type", "column": "x", "expected_type": int}]) == parse(
        [{"type": "type", "column": "x", "dtype": "int"}]
    )
