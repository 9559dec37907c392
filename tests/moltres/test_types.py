"""Values come back as they were stored."""

from __future__ import annotations

import datetime as dt
import math
import uuid
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from moltres import Database, col, func, lit
from moltres.types.logical import LogicalType
from moltres.types.values import shortest, unfit
from support.database_facts import facts_of

if TYPE_CHECKING:
    from collections.abc import Callable

ZONE = dt.timezone(dt.timedelta(hours=5, minutes=30))

VALUES: list[tuple[str, Callable[[], Any], list[Any]]] = [
    ("integer", sa.Integer, [0, -(2**31), 2**31 - 1]),
    ("bigint", sa.BigInteger, [2**63 - 1, -(2**63)]),
    ("boolean", sa.Boolean, [True, False]),
    ("double", sa.Double, [0.1, -1e308, 5e-324, math.inf]),
    ("text", sa.Text, ["", "ä'\"\\%:x\n", "🦆", "NULL"]),
    ("decimal", lambda: sa.Numeric(20, 4), [Decimal("0.1000"), Decimal("-12345678901.2345")]),
    ("date", sa.Date, [dt.date(1, 1, 1), dt.date(9999, 12, 31)]),
    ("time", sa.Time, [dt.time(0, 0), dt.time(23, 59, 59, 999999)]),
    ("timestamp", sa.DateTime, [dt.datetime(2024, 2, 29, 12, 30, 15, 123456)]),  # noqa: DTZ001 - no zone
    ("bytes", sa.LargeBinary, [b"", b"\x00\xff'\\"]),
]


def table_of(db: Database, name: str, type_: Any, values: list[Any]) -> None:
    table = sa.Table(name, sa.MetaData(), sa.Column("n", sa.Integer), sa.Column("v", type_))
    with db.engine.begin() as connection:
        table.create(connection)
    db.insert(name, [{"n": n, "v": value} for n, value in enumerate([*values, None])])


@pytest.mark.parametrize(("name", "type_", "values"), VALUES, ids=[name for name, _, _ in VALUES])
def test_round_trip(db: Database, name: str, type_: Callable[[], Any], values: list[Any]) -> None:
    table_of(db, "t", type_(), values)
    frame = db.table("t").order_by("n")
    for read in (frame, frame.limit(99).where(lit(True)), db.sql("SELECT * FROM t").order_by("n")):
        found = read.collect().column("v")
        assert found == [*values, None]
        assert [type(value) for value in found] == [*(type(value) for value in values), type(None)]
    assert frame.where(col("v") == values[0]).count() == 1
    top = frame.where(col("v").is_not(None)).agg(top=func.max(col("v")))
    if name != "boolean":
        assert top.collect() == [{"top": max(values)}]


def test_computed_decimals_stay_exact(db: Database) -> None:
    table_of(db, "t", sa.Numeric(12, 2), [Decimal("0.10"), Decimal("0.20")])
    frame = db.table("t").where(col("v").is_not(None))
    assert frame.agg(s=func.sum(col("v"))).collect() == [{"s": Decimal("0.30")}]
    assert frame.order_by("n").select(x=col("v") * 3).first() == {"x": Decimal("0.30")}


def test_computed_booleans_are_booleans(db: Database) -> None:
    table_of(db, "t", sa.Integer(), [1])
    row = (
        db.table("t").where(col("n") == 0).select(a=col("v") == 1, b=col("v").between(2, 3), c=~(col("v") > 5)).first()
    )
    assert row == {"a": True, "b": False, "c": True}
    assert all(isinstance(value, bool) for value in row.values())


def test_nan(db: Database) -> None:
    if not db.dialect.capabilities.nan:
        pytest.skip("The database stores no NaN")
    table_of(db, "t", sa.Double(), [math.nan, 1.0])
    values = db.table("t").order_by("n").collect().column("v")
    assert math.isnan(values[0])
    assert values[1:] == [1.0, None]


def test_uuid(db: Database) -> None:
    value = uuid.UUID("00000000-0000-0000-0000-0000000000ff")
    table_of(db, "t", db.dialect.column_type(sa.Uuid()), [value])
    db.forget()
    assert db.table("t").collect().column("v") == [value, None]


@given(st.floats(width=32, allow_nan=False))
def test_every_float_of_32_bits_fits_its_column_as_databases_write_it(number: float) -> None:
    """Also next to 0, where two digits may be all."""
    with np.errstate(all="ignore"):
        written = float(str(np.float32(number)))
    assert unfit(LogicalType("float", bits=32), [number, written]) is None
    assert shortest(number) == written


@pytest.mark.parametrize("bits", [9, 17, 25, 33, 65, 129])
def test_integers_without_a_sign(bits: int) -> None:
    column = LogicalType("integer", bits=bits)
    assert unfit(column, [0, 2 ** (bits - 1) - 1]) is None
    assert unfit(column, [0, -1]) == "-1 (int) is negative, and the column has no sign"
    assert "needs more than" in str(unfit(column, [2 ** (bits - 1)]))


def test_time_zones(db: Database) -> None:
    value = dt.datetime(2024, 1, 1, 12, 0, 0, 1, tzinfo=ZONE)
    table_of(db, "t", db.dialect.column_type(sa.DateTime(timezone=True)), [value])
    found = db.table("t").collect().column("v")[0]
    assert found == value
    assert found.utcoffset() is not None


def test_integers_beyond_64_bits(db: Database) -> None:
    if not facts_of(db.engine).long_numbers:
        pytest.skip("the database has no integers beyond 64 bits")
    assert db.sql("SELECT CAST(:x AS NUMERIC(30, 0)) AS x", x=2**80).collect() == [{"x": 2**80}]
