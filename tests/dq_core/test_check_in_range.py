from __future__ import annotations

import datetime as dt
import decimal
import math
from typing import Any, ClassVar

import pytest
import sqlalchemy as sa

from dq_core import RuleError, parse
from support.check_conformance import Case, CheckConformance

DAYS = [dt.date(2024, 1, 1), None, dt.date(2024, 2, 1), dt.date(2023, 12, 31)]
NAN = ("duckdb", "postgresql", "parquet", "arrow", "polars", "rows")


FINER = "2024-01-01 10:00:00.1234567"


class TestInRange(CheckConformance):
    kind = "in_range"
    options: ClassVar = {"min": 0}
    cases: ClassVar = {
        "numbers": Case([1, None, 0, -1, 10, 11], [3, 5], {"min": 0, "max": 10}),
        "inside": Case([1, 2, None], (), {"min": 1, "max": 2}),
        "strict": Case([0, 1, 9, 10, None], [0, 3], {"min": 0, "max": 10, "strict_min": True, "strict_max": True}),
        "only max": Case([1, 2**40, None], [1], {"max": 2**33}),
        "float bound": Case([1, 2, None], [1], {"max": 1.5}),
        "a float that is a long integer": Case(
            [2**62 - 1, 2**62, 2**62 + 1], [0, 2], {"min": float(2**62), "max": float(2**62)}
        ),
        "integers that are no floats": Case(
            [2.0**53, 2.0**53 + 2, 2.0**53 + 4], [0, 2], {"min": 2**53 + 1, "max": 2**53 + 3}, type=sa.Double()
        ),
        "an integer beyond all floats": Case(
            [1.0, 1.7e308, -1.7e308, None], [0, 1, 2], {"min": 10**400}, type=sa.Double()
        ),
        "an integer below all floats": Case([1.0, 1.7e308, None], (), {"min": -(10**400)}, type=sa.Double()),
        "only infinity is beyond": Case(
            [1.7e308, math.inf, -math.inf], [1], {"max": 10**400}, type=sa.Double(), places=NAN
        ),
        "a decimal between 0 and all other floats": Case(
            [0.0, 5e-324, None], [0], {"min": decimal.Decimal("1E-400")}, type=sa.Double()
        ),
        "a bound beyond all integers": Case([1, 2**62, None], [0, 1], {"min": 10**400}, type=sa.BigInteger()),
        "a decimal beyond all integers": Case(
            [1, -(2**62), None], (), {"max": decimal.Decimal("1E+100"), "min": -(10**66)}, type=sa.BigInteger()
        ),
        "a decimal between integers": Case([0, 1, None], [0], {"min": decimal.Decimal("1E-400")}),
        "floats": Case([0.5, 0.1, None], [1], {"min": 0.2}, type=sa.Double()),
        "NaN": Case([0.5, float("nan")], [1], {"min": 0.2}, type=sa.Double(), places=NAN),
        "NaN below": Case([0.5, float("nan")], [1], {"max": 5}, type=sa.Double(), places=NAN),
        "decimals": Case(
            [decimal.Decimal("1.10"), decimal.Decimal("1.11"), None],
            [1],
            {"max": decimal.Decimal("1.1")},
            type=sa.Numeric(10, 2),
            places=("duckdb", "postgresql", "parquet", "pandas", "arrow", "polars", "rows"),
        ),
        "a bound between decimals": Case(
            [decimal.Decimal(2**63), decimal.Decimal(10**37), None],
            [1],
            {"max": decimal.Decimal("9999999999999999999999999999.9999999999"), "min": 1.5},
            type=sa.Numeric(38, 0),
            places=("duckdb", "postgresql", "mariadb", "trino", "parquet", "pandas", "arrow", "polars", "rows"),
        ),
        "a bound between integers": Case(
            [2**62, 2**62 + 1, None],
            [0],
            {"min": decimal.Decimal("4611686018427387904.01"), "strict_min": True},
            type=sa.BigInteger(),
        ),
        "a bound nearer to zero than any float": Case(
            [0.0, 1.5, None], [0], {"min": decimal.Decimal("1E-400"), "max": decimal.Decimal("1E+400")}
        ),
        "dates": Case(DAYS, [3], {"min": dt.date(2024, 1, 1)}, type=sa.Date()),
        "dates as text": Case(DAYS, [2], {"max": "2024-01-31"}, type=sa.Date()),
        "timestamps": Case(
            [dt.datetime(2024, 1, 1, 0, 0, 1), dt.datetime(2024, 1, 1), None],  # noqa: DTZ001 - naive on purpose
            [0],
            {"max": "2024-01-01"},
            type=sa.DateTime(),
        ),
        "zoned timestamps": Case(
            [
                dt.datetime(2024, 1, 1, 1, tzinfo=dt.timezone(dt.timedelta(hours=2))),
                dt.datetime(2024, 1, 1, tzinfo=dt.UTC),
            ],
            [1],
            {"max": "2023-12-31T23:30:00"},
            type=sa.DateTime(timezone=True),
            places=("duckdb", "postgresql", "parquet", "arrow", "polars", "rows"),
        ),
        "text by code point": Case(["a", "Z", "é", None], [1, 2], {"min": "a", "max": "z"}, type=sa.Text()),
        "times": Case([dt.time(8), dt.time(20), None], [1], {"max": "12:00"}, type=sa.Time()),
    }


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({}, "min or max is missing"),
        ({"min": 2, "max": 1}, "min 2 is greater than max 1"),
        ({"min": 1, "max": 1, "strict_min": True}, "no value is strictly between"),
        ({"min": "a", "max": 1}, "cannot be compared with each other"),
        ({"min": 10**1000}, "min must have at most 1000 digits"),
        ({"max": -(10**5000)}, "max must have at most 1000 digits"),
        ({"min": decimal.Decimal("1E+1000")}, "min must have at most 1000 digits"),
        ({"min": True}, "min must be a number, a date, a time or a string, not True"),
        ({"min": float("nan")}, "min must be finite"),
        ({"max": float("inf")}, "leave it out for no limit"),
        ({"min": 1, "strict_max": True}, "strict_max is given without max"),
        ({"min": 1, "strict_min": 1}, "strict_min must be true or false, not 1"),
    ],
)
def test_wrong_options(options: dict[str, object], problem: str) -> None:
    with pytest.raises(RuleError, match=problem):
        parse([{"type": "in_range", "column": "x", **options}])


def test_mixed_rows_fail_where_they_cannot_be_compared(put) -> None:
    rows = [{"x": 5}, {"x": "5"}, {"x": None}, {"x": 50}, {}, {"x": [1]}]
    (result,) = put("rows", rows, {}).validate({"type": "in_range", "column": "x", "max": 10}).results
    assert (result.failed_rows, result.considered_rows) == (3, 4)
    assert [sample["x"] for sample in result.samples] == ["5", 50, "[1]"]


@pytest.mark.parametrize(
    "place", ["sqlite", "duckdb", "postgresql", "rows", "pandas", "polars", "arrow", "parquet", "csv"]
)
@pytest.mark.parametrize(
    "rule",
    [
        {"type": "in_range", "min": FINER},
        {"type": "in_range", "max": FINER},
        {"type": "in_set", "values": [FINER]},
        {"type": "not_in_set", "values": [FINER]},
        {"type": "statistic", "statistic": "max", "min": FINER},
    ],
    ids=lambda rule: "-".join(map(str, rule)),
)
def test_a_bound_with_digits_below_a_microsecond_is_refused(put, place: str, rule: dict[str, Any]) -> None:
    """Python's moments would leave the digits out, and the value itself would be within."""
    rows = [{"x": dt.datetime.fromisoformat(FINER)}]
    with pytest.raises(RuleError, match="digits below a microsecond"):
        put(place, rows, {"x": sa.DateTime()}).validate({"column": "x", **rule})
