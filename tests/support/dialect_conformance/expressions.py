"""Arithmetic and parts of dates in frames: what every database gives, or an error."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from statistics import pstdev, pvariance, stdev, variance
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import extract

from moltres import col, func
from moltres.errors import MoltresError
from support.dialect_conformance.base import DialectSuite

if TYPE_CHECKING:
    from collections.abc import Callable

    from moltres import Database

DAY, LATER = dt.date(2024, 1, 31), dt.date(2024, 3, 1)
MOMENT = dt.datetime.fromisoformat("2024-01-31 10:30:45")
ROW: dict[str, Any] = {
    "i": 7, "j": -2, "f": 7.5, "g": -2.5, "x": Decimal("7.25"), "y": Decimal("0.30"), "d": DAY, "later": LATER,
    "ts": MOMENT, "noon": dt.datetime.fromisoformat("2024-01-31 12:00"), "first": dt.date(2027, 1, 1),
}  # fmt: skip
ARITHMETIC: dict[str, tuple[Any, Any]] = {
    "i % j": (col("i") % col("j"), 1),
    "f % g": (col("f") % col("g"), 0.0),
    "x % y": (col("x") % col("y"), Decimal("0.05")),
    "x % i": (col("x") % col("i"), Decimal("0.25")),
    "later - d": (col("later") - col("d"), 30),
    "d + a day": (col("d") + dt.timedelta(days=1), dt.date(2024, 2, 1)),
    "d + 1": (col("d") + 1, dt.date(2024, 2, 1)),
    "ts + an hour": (col("ts") + dt.timedelta(hours=1), MOMENT + dt.timedelta(hours=1)),
    "noon - ts": (col("noon") - col("ts"), dt.timedelta(hours=1, minutes=29, seconds=15)),
}
PARTS = {
    "year": 2024, "quarter": 1, "month": 1, "week": 5, "day": 31, "doy": 31, "dow": 3, "isodow": 3, "hour": 10,
    "minute": 30, "second": 45, "milliseconds": 45_000, "microseconds": 45_000_000, "decade": 202, "century": 21,
    "epoch": 1_706_697_045,
}  # fmt: skip


SPREADS: dict[str, Callable[[Any], Any]] = {
    "stddev": stdev, "stddev_samp": stdev, "stddev_pop": pstdev, "variance": variance, "var_samp": variance,
    "var_pop": pvariance,
}  # fmt: skip


class Expressions(DialectSuite):
    """Right or refused."""

    @pytest.mark.parametrize("name", ARITHMETIC)
    def test_arithmetic(self, db: Database, name: str) -> None:
        db.write([ROW]).save_as_table("t")
        expression, expected = ARITHMETIC[name]
        try:
            (found,) = db.table("t").select(found=expression).collect().column("found")
        except MoltresError:
            assert name not in {"i % j", "x % y"}
            return
        if isinstance(found, dt.timedelta) and isinstance(expected, int):
            found = found.days
        if isinstance(found, dt.datetime) and type(expected) is dt.date:
            expected = dt.datetime.combine(expected, dt.time())
        assert found == expected, type(found)

    @pytest.mark.parametrize("part", PARTS)
    def test_parts_of_a_moment(self, db: Database, part: str) -> None:
        db.write([ROW]).save_as_table("t")
        try:
            (found,) = db.table("t").select(found=extract(part, col("ts"))).collect().column("found")
        except MoltresError:
            assert part not in {"year", "quarter", "month", "day", "hour", "minute", "second", "week"}
            return
        assert float(found) == PARTS[part]

    @pytest.mark.parametrize("day", ["2027-01-01", "2024-12-30", "2023-01-01", "2020-12-31", "2026-01-05"])
    def test_weeks_are_those_of_iso_8601(self, db: Database, day: str) -> None:
        value = dt.date.fromisoformat(day)
        db.write([{"d": value}]).save_as_table("t")
        (found,) = db.table("t").select(week=extract("week", col("d"))).collect().column("week")
        assert int(found) == value.isocalendar().week

    @pytest.mark.parametrize("name", SPREADS)
    @pytest.mark.parametrize("first", [0, 7, 10**6, 10**18, 2**63 - 4, Decimal("1000000000000000.01"), Decimal("0.25")])
    def test_the_spread_of_neighbours(self, db: Database, name: str, first: Any) -> None:
        values = [first + step for step in (0, 1, 3)]
        rows = [{"g": 1, "v": value} for value in values] + [{"g": 2, "v": first}] * 2
        try:
            db.write(rows).save_as_table("t")
            found = db.table("t").group_by("g").agg(x=getattr(func, name)(col("v"))).order_by("g").collect().column("x")
        except MoltresError:
            assert first > 10**15 or not db.dialect.capabilities.enforces_types  # SQLite has no such functions
            return
        assert [float(one) for one in found] == [pytest.approx(float(SPREADS[name](values)), rel=1e-7), 0]
