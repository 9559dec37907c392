from __future__ import annotations

import datetime as dt
import decimal
from collections.abc import Callable
from typing import ClassVar

import pytest
import sqlalchemy as sa

from dq_core import RuleError, parse
from support.check_conformance import DATABASES, PLACES, QUICK, Case, CheckConformance, Place

WORDS = ["a", "b", None, "it's", "100%", "ä", ""]


class TestInSet(CheckConformance):
    kind = "in_set"
    options: ClassVar = {"values": [1]}
    cases: ClassVar = {
        "numbers": Case([1, 2, None, 3], [3], {"values": [1, 2]}),
        "nothing is allowed": Case([1, None, 3], [0, 2], {"values": []}),
        "text": Case(WORDS, [1, 6], {"values": ["a", "it's", "100%", "ä"]}, type=sa.Text(),
                     places=(*DATABASES, "rows", "parquet", "polars", "pandas")),
        "case matters": Case(["a", "A"], [1], {"values": ["a"]}, type=sa.Text()),
        "booleans": Case([True, False, None], [1], {"values": [True]}, type=sa.Boolean()),
        "dates": Case([dt.date(2024, 1, 1), dt.date(2024, 1, 2)], [1], {"values": ["2024-01-01"]}, type=sa.Date()),
        "decimals": Case([decimal.Decimal("1.5"), decimal.Decimal("2.5")], [1], {"values": [1.5]},
                         type=sa.Numeric(5, 1),
                         places=("duckdb", "postgresql", "rows", "parquet")),
        "what no decimal of the column is": Case(
            [decimal.Decimal(10**37), decimal.Decimal(7), None], [0],
            {"values": [7, decimal.Decimal("7.0000000001"), 0.1]}, type=sa.Numeric(38, 0),
            places=("duckdb", "postgresql", "mariadb", "trino", "parquet", "pandas", "arrow", "polars", "rows")),
        "floats beside integers": Case([2**62, 2**62 + 1, 3, None], [1, 2], {"values": [1.0, 2**62]}),
        "a float that is a long integer": Case([2**62, 2**62 + 1, 2**62 - 1], [1, 2], {"values": [float(2**62)]}),
        "a fraction between long integers": Case(
            [2**62, 2**62 + 1, 1], [0, 1], {"values": [1, decimal.Decimal("4611686018427387904.01")]},
            type=sa.BigInteger()),
        "integers that are no floats": Case([2.0**53, 2.0**53 + 2, 3.0], [0, 1], {"values": [2**53 + 1, 3]},
                                            type=sa.Double()),
        "NaN": Case([1.0, float("nan")], [1], {"values": [1.0]}, type=sa.Double(),
                    places=("duckdb", "postgresql", "parquet", "arrow", "polars", "rows")),
        "what no column holds": Case(
            [0.0, -1.0, 7.0, None], [0, 1],
            {"values": [7, float("inf"), decimal.Decimal("-Infinity"), decimal.Decimal("1E+400"),
                        decimal.Decimal("1E-400")]}, type=sa.Double()),
        "decimals beside a float": Case(
            [decimal.Decimal("12345678901234567.89"), decimal.Decimal(1), None], [0, 1],
            {"values": [decimal.Decimal("12345678901234567.90"), 1.5, float("inf")]}, type=sa.Numeric(),
            places=("postgresql", "rows")),
        "integers beside infinity": Case([2**53 + 1, 1, None], [0, 1], {"values": [2**53, float("inf")]},
                                         type=sa.BigInteger()),
        "a long list": Case([1, 5, -1, 70_000], [2, 3], {"values": list(range(70_000))},
                            places=(*QUICK, "parquet")),
        "a list": Case([1, 5, -1, 2000], [2, 3], {"values": list(range(2000))}),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ("abc", "values must be a list, not 'abc'"),
        (None, "values must be a list, not None"),
        ([1, None], "values contains NULL: leave it out"),
        ([1, float("nan")], "values contains NaN: leave it out"),
        ([1, decimal.Decimal("sNaN")], "values contains NaN: leave it out"),
        ([[1]], "values contains .1., which is not a value"),
        ([object()], "which is not a value that a column can hold"),
    ],
)
def test_wrong_values(values: object, problem: str) -> None:
    with pytest.raises(RuleError, match=problem):
        parse([{"type": "in_set", "column": "x", "values": values}])


@pytest.mark.parametrize("place", DATABASES)
def test_values_of_another_type_are_refused(put: Callable[..., Place], place: str) -> None:
    there = put(place, Case([1]).rows, {"id": sa.Integer(), "x": sa.Integer(), "part": sa.Text()})
    with pytest.raises(RuleError, match=r"values: 'a' \(text\) cannot be compared with a column of type integer"):
        there.validate({"type": "in_set", "column": "x", "values": [1, "a"]})


def test_mixed_rows_keep_their_types(put: Callable[..., Place]) -> None:
    rows = [{"x": 1}, {"x": "1"}, {"x": None}, {"x": True}, {"x": 1.5}]
    (one, both) = (
        put("rows", rows, {})
        .validate(
            {"type": "in_set", "column": "x", "values": [1]},
            {"type": "in_set", "column": "x", "values": ["1", 1.5, 1, True]},
        )
        .results
    )
    assert (one.failed_rows, one.considered_rows) == (3, 4)
    assert (both.failed_rows, both.considered_rows) == (0, 4)


LONG, EXACT = 10**38 - 1, decimal.Decimal("9999999999999999999999999999.9999999999")


@pytest.mark.parametrize("kind", ["in_set", "not_in_set"])
@pytest.mark.parametrize("place", PLACES)
def test_numbers_that_no_one_decimal_type_holds(put: Callable[..., Place], place: str, kind: str) -> None:
    there = put(place, [{"x": one} for one in (1, 5, None, -3)], {"x": sa.BigInteger()})
    report = there.validate({"type": kind, "column": "x", "values": [5, EXACT, LONG, decimal.Decimal("0.5"), 2**63]})
    assert report.results[0].failed_rows == (2 if kind == "in_set" else 1), report.results[0].message
