"""Arithmetic and parts of dates in frames: what every database gives, or an error."""

from __future__ import annotations

import datetime as dt
import math
from contextlib import suppress
from decimal import Decimal
from fractions import Fraction
from statistics import mean, median, pstdev, pvariance, stdev, variance
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from sqlalchemy import Text, cast, distinct, extract, null

from moltres import col, func, when
from moltres.errors import ConfigurationError, MoltresError, QueryError, SchemaMismatchError
from support.dialect_conformance.base import DialectSuite

if TYPE_CHECKING:
    from collections.abc import Callable

    from moltres import Database, DataFrame

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


MIDDLES: dict[str, Callable[[Any], Any]] = {"avg": mean, "median": median}
NUMBERS: list[list[Any]] = [
    [1, 2, 4], [1, 2], [2**53 + 1, 2**53 + 3], [2**62 + 1, -(2**62)], [2**63 - 1, 2**63 - 1, 1 - 2**63, 5],
    [Decimal("0.01"), Decimal("0.02")], [Decimal("0.1"), Decimal("0.1"), Decimal("0.3")],
    [Decimal("12345678901234567890123.45")] * 2, [Decimal("1000000000000000.01"), Decimal("1000000000000000.04")],
]  # fmt: skip
QUOTIENTS: list[tuple[str, Any, Any]] = [
    ("/", 1, 3), ("/", 1, 30_000), ("/", -7, 2), ("/", 2**62 + 1, 3), ("/", 1, 10**15), ("/", Decimal("0.01"), 300),
    ("/", Decimal("0.01"), Decimal("0.03")), ("/", 1, Decimal("0.3")), ("//", 7, 2), ("//", -7, 2), ("//", 7, -2),
    ("//", 2**62 + 1, 1), ("//", 9_999_999, 10_000_000),
]  # fmt: skip


BITS: dict[str, tuple[Any, Callable[[int], int]]] = {
    "and": (col("v").bitwise_and(6), lambda v: v & 6), "and itself": (col("v").bitwise_and(col("v")), lambda v: v),
    "or": (col("v").bitwise_or(6), lambda v: v | 6), "xor": (col("v").bitwise_xor(6), lambda v: v ^ 6),
    "xor of sums": (col("v").bitwise_or(1).bitwise_xor(col("v")), lambda v: (v | 1) ^ v),
    "not": (col("v").bitwise_not(), lambda v: ~v), "right": (col("v").bitwise_rshift(2), lambda v: v >> 2),
}  # fmt: skip
BEYOND: dict[str, tuple[Any, int]] = {
    "sum": (col("v") + col("v"), 2**63 + 2), "product": (col("v") * 3, 3 * 2**62 + 3),
    "negative": (-(col("v") * 2) - 1, -(2**63) - 3), "less again": ((col("v") * 4) - (col("v") * 3), 2**62 + 1),
}  # fmt: skip


COMPUTED: dict[str, Callable[[Any], Any]] = {
    "v + v": lambda v: v + v, "v * 2": lambda v: v * 2, "-v": lambda v: -v, "v * v": lambda v: v * v,
    "v * v * v": lambda v: v * v * v, "v * v - v": lambda v: v * v - v, "v / 3": lambda v: v / 3,
}  # fmt: skip


EXACT: dict[str, Callable[[Any, Any, Any], Any]] = {
    "d - 1": lambda d, i, f: d - 1, "d - i": lambda d, i, f: d - i, "d * d": lambda d, i, f: d * d,
    "d * d - d": lambda d, i, f: d * d - d,
    "d + 0.005": lambda d, i, f: d + Decimal("0.005"),
}  # fmt: skip
PASSED_ON: dict[str, Callable[[Any], Any]] = {
    "nullif": lambda x: func.nullif(x, null()), "coalesce of nullif": lambda x: func.coalesce(func.nullif(x, x), x),
    "lag": lambda x: func.lag(x).over(order_by=col("k")), "lead": lambda x: func.lead(x, 1).over(order_by=col("k")),
    "first_value": lambda x: func.first_value(x).over(order_by=col("k")),
    "last_value": lambda x: func.last_value(x).over(order_by=col("k")),
    "nth_value": lambda x: func.nth_value(x, 1).over(order_by=col("k")), "max": lambda x: func.max(x).over(),
}  # fmt: skip


OF_SHORT: dict[str, tuple[Any, float]] = {
    "sum": (func.sum(col("v")), 2.0**24 + 2), "sum of sums": (func.sum(col("v") + col("v") / 2), 1.5 * 2.0**24 + 3),
    "sum of distinct": (func.sum(distinct(col("v"))), 2.0**24 + 1), "most": (func.max(col("v") + 1), 2.0**24 + 1),
    "sum and sum": (func.sum(col("v")) + func.min(col("v")), 2.0**24 + 3),
}  # fmt: skip


COARSE = [{"id": 1, "m": Decimal("1.10")}, {"id": 2, "m": None}]
FINE = [{"id": 1, "m": Decimal("1.105")}, {"id": 2, "m": Decimal("0.001")}]
SMALL = Decimal("0.001")
WHOLE: dict[str, tuple[Callable[[DataFrame, DataFrame], DataFrame], list[Any]]] = {
    "union_all": (lambda a, b: a.union_all(b), [SMALL, Decimal("1.10"), Decimal("1.105"), None]),
    "chain": (lambda a, b: a.union_all(a).union_all(b).where(col("m") < 1), [SMALL]),
    "intersect": (lambda a, b: a.intersect(b), []),
    "except_": (lambda a, b: b.except_(a), [SMALL, Decimal("1.105")]),
    "full join": (lambda a, b: a.join(b, "m", how="full"), [SMALL, Decimal("1.10"), Decimal("1.105"), None]),
    "coalesce": (lambda a, b: a.select(m=func.coalesce(col("m"), SMALL)), [SMALL, Decimal("1.10")]),
    "case": (lambda a, b: a.select(m=when(col("m") > 1, col("m")).otherwise(SMALL)), [SMALL, Decimal("1.10")]),
    "greatest": (lambda a, b: a.where(col("m") > 1).select(m=func.greatest(col("m"), SMALL + 2)), [SMALL + 2]),
    "lag": (lambda a, b: a.select(m=func.lag(col("m"), 1, SMALL).over(order_by=col("m"))), [SMALL, Decimal("1.10")]),
    "in": (lambda a, b: a.where(col("m").in_(b.statement)), []),
    "in a coarse one": (lambda a, b: b.where(col("m").in_(a.statement)), []),
}  # fmt: skip
"""What makes one column of decimals with other digits behind the point, and what is in it."""


def _of_windows(table: DataFrame, aggregate: Any) -> list[Any]:
    rows = table.select("g", x=aggregate.over(partition_by=col("g"))).distinct().order_by("g").collect()
    return list(rows.column("x"))


OF_ROWS: dict[str, Callable[[DataFrame, Any], list[Any]]] = {
    "group": lambda table, f: list(table.group_by("g").agg(x=f).order_by("g").collect().column("x")),
    "window": _of_windows,
    "filter": lambda table, f: list(
        table.group_by("g").agg(x=f.filter(col("g") > 0)).order_by("g").collect().column("x")
    ),
}
"""How an aggregate is given its rows."""


class Expressions(DialectSuite):
    """Right or refused.

    Attributes:
        widens_floats: Whether what is computed from floats of 32 bits has the digits of a double.
    """

    widens_floats = True

    def test_decimals_in_one_column_keep_their_digits(self, db: Database) -> None:
        """DuckDB rounds for want of digits; MariaDB has no default of LAG, SQLite no GREATEST."""
        db.write(COARSE).save_as_table("coarse")
        db.write(FINE).save_as_table("fine")
        coarse, fine = (db.table(name).select("m") for name in ("coarse", "fine"))
        for name, (made, expected) in WHOLE.items():
            try:
                found = made(coarse, fine).order_by("m").collect().column("m")
            except QueryError:
                assert name in {"greatest", "lag"}
            else:
                assert found == expected, name

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

    def test_floats_and_integers_give_floats(self, db: Database) -> None:
        values = [(1e-300, 3), (6.75, 2), (0.1, -1), (1e300, 0)]
        db.write([{"f": f, "i": i} for f, i in values]).save_as_table("t")
        f, i = col("f"), col("i")
        made = db.table("t").select(a=f + i, b=i - f, c=f * i, d=f * 2.0, e=-f)
        found = sorted(tuple(row.values()) for row in made.collect())
        assert found == sorted((f + i, i - f, f * i, f * 2.0, -f) for f, i in values)
        assert {type(value) for row in found for value in row} == {float}

    @pytest.mark.parametrize("part", PARTS)
    def test_parts_of_a_moment(self, db: Database, part: str) -> None:
        db.write([ROW]).save_as_table("t")
        try:
            (found,) = db.table("t").select(found=extract(part, col("ts"))).collect().column("found")
        except MoltresError:
            assert part not in {"year", "quarter", "month", "day", "hour", "minute", "second", "week"}
            return
        assert float(found) == PARTS[part]

    def test_the_last_microsecond_of_a_day_is_of_that_day(self, db: Database) -> None:
        last = dt.datetime.fromisoformat("1999-12-31 23:59:59.999999")
        db.write([{"ts": last}]).save_as_table("t")
        parts = {"year": 1999, "month": 12, "day": 31, "hour": 23, "minute": 59, "week": 52, "doy": 365, "dow": 5}
        for part, expected in {**parts, "epoch": 946_684_799.999999}.items():
            with suppress(QueryError, ConfigurationError):
                (found,) = db.table("t").select(found=extract(part, col("ts"))).collect().column("found")
                assert float(found) == expected, part

    @pytest.mark.parametrize("name", BITS)
    def test_bits_of_integers_with_a_sign(self, db: Database, name: str) -> None:
        values = [5, -3, 0, 2**62, -(2**63)]
        db.write([{"v": value} for value in values]).save_as_table("t")
        for value in values:
            row = db.table("t").where(col("v") == value)
            with suppress(QueryError, ConfigurationError):
                (found,) = row.select(found=BITS[name][0]).collect().column("found")
                assert (type(found), found) == (int, BITS[name][1](value))
                assert row.where(BITS[name][0] == BITS[name][1](value)).count() == 1

    @pytest.mark.parametrize("name", ["cume_dist", "percent_rank"])
    def test_shares_have_the_digits_of_a_double(self, db: Database, name: str) -> None:
        db.write([{"v": value} for value in (1, 2, 2, 3, 4, 5, 6)]).save_as_table("t")
        share = getattr(func, name)().over(order_by=col("v"))
        found = db.table("t").select("v", share=share).order_by("v").collect().column("share")
        expected = [1, 3, 3, 4, 5, 6, 7] if name == "cume_dist" else [0, 1, 1, 3, 4, 5, 6]
        assert found == [value / (7 if name == "cume_dist" else 6) for value in expected]
        assert {type(value) for value in found} == {float}

    @pytest.mark.parametrize("name", BEYOND)
    def test_integers_have_64_bits(self, db: Database, name: str) -> None:
        db.write([{"v": 2**62 + 1}]).save_as_table("t")
        expression, exact = BEYOND[name]
        with suppress(MoltresError):
            assert db.table("t").select(found=expression).collect().column("found") == [exact]
        with suppress(MoltresError):
            db.table("t").select(found=expression).write.save_as_table("u")
            assert db.table("u").collect().column("found") == [exact]

    def test_a_float_as_text_has_all_of_its_digits(self, db: Database) -> None:
        values = [0.1, 0.1 + 0.2, 1 / 3, 1e300, 5e-324, -2.5, 123456789012345.67, 100.0]
        db.write([{"v": value} for value in values]).save_as_table("t")
        texts = db.table("t").select(text=cast(col("v"), Text)).collect().column("text")
        assert sorted(map(float, texts)) == sorted(values)

    def test_what_is_rounded_down_may_be_null(self, db: Database) -> None:
        db.write([{"id": 1, "v": -2.5}, {"id": 2, "v": None}]).save_as_table("t")
        found = db.table("t").order_by("id").select(a=func.floor(col("v")), b=col("v") // 0.5).collect()
        assert found == [{"a": -3, "b": -5}, {"a": None, "b": None}]

    @pytest.mark.parametrize("day", ["2027-01-01", "2024-12-30", "2023-01-01", "2020-12-31", "2026-01-05"])
    def test_weeks_are_those_of_iso_8601(self, db: Database, day: str) -> None:
        value = dt.date.fromisoformat(day)
        db.write([{"d": value}]).save_as_table("t")
        (found,) = db.table("t").select(week=extract("week", col("d"))).collect().column("week")
        assert int(found) == value.isocalendar().week

    @pytest.mark.parametrize("rows_of", OF_ROWS)
    @pytest.mark.parametrize("name", SPREADS)
    @pytest.mark.parametrize("first", [0, 10**6, 2**63 - 4, Decimal("1000000000000000.01"), Decimal("0.25")])
    def test_the_spread_of_neighbours(self, db: Database, name: str, first: Any, rows_of: str) -> None:
        values = [first + step for step in (0, 1, 3)]
        rows = [{"g": 1, "v": value} for value in values] + [{"g": 2, "v": first}] * 2
        try:
            db.write(rows).save_as_table("t")
            found = OF_ROWS[rows_of](db.table("t"), getattr(func, name)(col("v")))
        except MoltresError:
            lacks = rows_of == "filter" or not db.dialect.capabilities.enforces_types
            assert first > 10**15 or lacks  # SQLite has no such functions, MariaDB no FILTER
            return
        assert [float(one) for one in found] == [pytest.approx(float(SPREADS[name](values)), rel=1e-7), 0]

    @pytest.mark.parametrize("name", SPREADS)
    def test_the_spread_of_floats_whose_squares_are_none(self, db: Database, name: str) -> None:
        for values in ([1e200, 3e200], [1e154, 5e154], [-1e308, 1e308], [2.0, 4.0]):
            db.write([{"v": value} for value in values]).save_as_table("t", mode="overwrite")
            try:
                found = db.table("t").agg(s=getattr(func, name)(col("v"))).collect()[0]["s"]
            except MoltresError:
                assert abs(values[0]) > 1e100 or not db.dialect.capabilities.enforces_types
                continue
            if abs(values[0]) > 1e100:
                assert not math.isfinite(found)  # Trino has infinity, or no number
            else:
                assert found == pytest.approx(SPREADS[name](values))

    @pytest.mark.parametrize("rows_of", OF_ROWS)
    @pytest.mark.parametrize("name", MIDDLES)
    @pytest.mark.parametrize("values", NUMBERS, ids=str)
    def test_means_and_medians(self, db: Database, name: str, values: list[Any], rows_of: str) -> None:
        try:
            db.write([{"g": 1, "v": value} for value in [*values, None]]).save_as_table("t")
            frames = db.table("t"), db.sql("SELECT g, v FROM t")
            found, of_sql = (OF_ROWS[rows_of](frame, getattr(func, name)(col("v")))[0] for frame in frames)
        except MoltresError:
            assert name == "median" or rows_of == "filter" or isinstance(values[0], Decimal)
            return
        expected = MIDDLES[name]([Fraction(value) for value in values])
        assert _is_as_near_as_doubles(found, expected), found
        assert _is_as_near_as_doubles(of_sql, expected), of_sql

    @pytest.mark.parametrize(("name", "left", "right"), QUOTIENTS)
    def test_quotients(self, db: Database, name: str, left: Any, right: Any) -> None:
        try:
            db.write([{"x": left, "y": right}]).save_as_table("t")
        except MoltresError:
            assert isinstance(left, Decimal)
            return
        quotient = col("x") / col("y") if name == "/" else col("x") // col("y")
        (found,) = db.table("t").select(found=quotient).collect().column("found")
        if name == "//":
            assert found == int(Fraction(left, right)), "towards zero, so that // and % are one division"
        else:
            assert _is_as_near_as_doubles(found, Fraction(left) / Fraction(right)), found

    @pytest.mark.parametrize("name", COMPUTED)
    @pytest.mark.parametrize("value", [1e-12, 0.1, 1234567.125, Decimal("1234567.12"), Decimal("3.33")], ids=str)
    def test_what_is_computed_has_the_digits_of_a_double(self, db: Database, name: str, value: Any) -> None:
        db.write([{"v": value}]).save_as_table("t")
        try:
            (found,) = db.table("t").select(found=COMPUTED[name](col("v"))).collect().column("found")
        except SchemaMismatchError:
            assert isinstance(value, Decimal)  # of SQLite, with more digits than it computes
            return
        assert _is_as_near_as_doubles(found, COMPUTED[name](Fraction(value))), found

    @pytest.mark.parametrize("name", EXACT)
    def test_decimals_are_computed_exactly_or_refused(self, db: Database, name: str) -> None:
        rows = [(Decimal("1.10"), 1, 2.5), (Decimal("99999999.99"), 2**62, 0.5), (Decimal("0.01"), -(2**53) - 1, 1e300)]
        db.write([{"d": d, "i": i, "f": f} for d, i, f in rows]).save_as_table("t")
        for d, i, f in rows:
            with suppress(MoltresError):
                row = db.table("t").where(col("i") == i).select(found=EXACT[name](col("d"), col("i"), col("f")))
                (found,) = row.distinct().collect().column("found")
                assert (found, type(found)) == (exact := EXACT[name](d, i, f), type(exact)), (d, i)

    def test_decimals_and_floats_give_floats(self, db: Database) -> None:
        db.write([{"d": Decimal("3.35"), "f": 0.3}]).save_as_table("t")
        d, f = col("d"), col("f")
        (found,) = db.table("t").select(a=d * f, b=f - d, c=d + f * 2, e=(d * f) + 1).collect().rows
        assert found == (3.35 * 0.3, 0.3 - 3.35, 3.35 + 0.6, 3.35 * 0.3 + 1)
        assert {type(value) for value in found} == {float}

    @pytest.mark.filterwarnings(
        "ignore:Class .* will not make use of SQL compilation caching"
    )  # those of Trino's package
    @pytest.mark.parametrize("name", PASSED_ON)
    def test_what_a_function_passes_on_keeps_its_type(self, db: Database, name: str) -> None:
        values = {"d": Decimal("1.50"), "day": DAY, "ts": MOMENT, "b": True, "at": MOMENT.time(), "n": 7, "s": "x"}
        db.write([{"k": 1, **values}, {"k": 2, **values}]).save_as_table("t")
        for column, value in values.items():
            with suppress(QueryError, ConfigurationError):
                found = db.table("t").select(x=PASSED_ON[name](col(column))).collect().column("x")
                assert {(one, type(one)) for one in found} <= {(value, type(value)), (None, type(None))}, column

    @pytest.mark.parametrize("name", OF_SHORT)
    def test_what_is_computed_from_floats_of_32_bits(self, db: Database, name: str) -> None:
        if not self.widens_floats:
            pytest.skip("it has the digits of such floats")
        db.write(pa.table({"v": pa.array([2.0**24, 1.0, 1.0], pa.float32())})).save_as_table("t")
        computed, expected = OF_SHORT[name]
        for frame in (db.table("t"), db.sql("SELECT v FROM t")):
            assert frame.agg(x=computed).collect() == [{"x": expected}]

    @pytest.mark.parametrize("values", NUMBERS, ids=str)
    @pytest.mark.parametrize("share", ["0.25", "0.5", "0.9"])
    @pytest.mark.parametrize("down", [False, True])
    def test_what_lies_between_values(self, db: Database, values: list[Any], share: str, down: bool) -> None:
        exact = sorted(map(Fraction, values), reverse=down)
        place = Fraction(share) * (len(exact) - 1)
        below = int(place)
        above = min(below + 1, len(exact) - 1)
        by = col("v").desc() if down else col("v")
        try:
            db.write([{"v": value} for value in values]).save_as_table("t")
            found = db.table("t").select(x=func.percentile_cont(float(share)).within_group(by)).collect()[0]["x"]
        except MoltresError:
            return
        expected = exact[below] + (exact[above] - exact[below]) * (place - below)
        largest = max(map(abs, exact))
        assert abs(Fraction(found) - expected) <= Fraction(5e-16) * largest, found


def _is_as_near_as_doubles(found: Any, expected: Fraction, most: float = 5e-16) -> bool:
    least = Fraction(1, 10**16) if isinstance(found, Decimal) else 0  # 16 digits behind the point
    return abs(Fraction(found) - expected) <= max(Fraction(most) * abs(expected), least)
