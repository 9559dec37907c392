"""PostgreSQL's binary COPY, against what psycopg reads back."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import types as sql
from sqlalchemy.dialects.postgresql import JSONB

from moltres import connect
from moltres.dialects.postgresql.copy_in import encode
from moltres.errors import SchemaMismatchError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from moltres import Database
    from support.postgresql import PostgreSQLServer


@pytest.fixture(scope="module")
def db(postgresql: PostgreSQLServer) -> Iterator[Database]:
    with postgresql.database("pgcopy") as url, connect(url) as database:
        yield database


ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "d": st.none()
            | st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-(10**12), max_value=10**12),
            "i": st.none() | st.integers(-(2**63), 2**63 - 1),
            "f": st.none() | st.floats(allow_nan=False),
            "t": st.none() | st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=20),
            "b": st.none() | st.binary(max_size=20),
            "day": st.none() | st.dates(),
            "when": st.none() | st.datetimes(timezones=st.just(dt.UTC)),
            "time": st.none() | st.times(),
            "yes": st.none() | st.booleans(),
        }
    ),
    min_size=1,
    max_size=20,
)
SCHEMA = pa.schema(
    {
        "d": pa.decimal128(20, 3),
        "i": pa.int64(),
        "f": pa.float64(),
        "t": pa.string(),
        "b": pa.binary(),
        "day": pa.date32(),
        "when": pa.timestamp("us", "UTC"),
        "time": pa.time64("us"),
        "yes": pa.bool_(),
    }
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=ROWS, slice_rows=st.sampled_from([1, 3, 5000]))
def test_values_come_back(db: Database, rows: list[dict[str, Any]], slice_rows: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("moltres.dialects.postgresql.copy_in.SLICE_ROWS", slice_rows)
        db.write(pa.Table.from_pylist(rows, SCHEMA)).save_as_table("t", mode="overwrite")
    assert list(db.table("t").collect()) == rows


@pytest.mark.parametrize("scale", range(19))
def test_decimals_of_every_scale(db: Database, scale: int) -> None:
    unit = Decimal(1).scaleb(-scale)
    values = [unit, -unit, Decimal(0), 12 * unit, 9999 * unit, 10_000 * unit, -123_456_789 * unit, None]
    table = pa.table({"id": range(len(values)), "d": pa.array(values, pa.decimal128(38, scale))})
    db.write(table).save_as_table("t", mode="overwrite")
    assert [row["d"] for row in db.table("t").order_by("id").collect()] == values


def test_what_is_not_done_in_binary_is_left_to_csv(db: Database) -> None:
    long = pa.record_batch({"d": pa.array([Decimal(10) ** 30], pa.decimal128(38, 2))})
    assert encode(long, [("d", sql.Numeric())]) is None
    assert encode(pa.record_batch({"j": ["{}"]}), [("j", JSONB())]) is None
    db.write(pa.Table.from_batches([long])).save_as_table("t", mode="overwrite")
    assert [row["d"] for row in db.table("t").collect()] == [Decimal(10) ** 30]


def test_columns_of_other_types_that_take_the_values(db: Database) -> None:
    with db.transaction() as connection:
        connection.exec_driver_sql(
            "CREATE DOMAIN email AS text; CREATE TYPE mood AS ENUM ('sad', 'glad');"
            " CREATE TABLE other (s smallint, b bigint, n numeric, c char(3), e email, m mood, j jsonb)"
        )
    rows = [{"s": 1, "b": 2, "n": 3, "c": "abc", "e": "x@y", "m": "glad", "j": {"a": 1}}]
    for data in (rows, pa.Table.from_pylist(rows)):
        db.write(data).save_as_table("other", mode="append")
    assert list(db.table("other").collect()) == rows * 2


def test_values_out_of_range_are_named(db: Database) -> None:
    with db.transaction() as connection:
        connection.exec_driver_sql("CREATE TABLE small (a smallint, b integer)")
    with pytest.raises(SchemaMismatchError) as caught:
        db.write(pa.table({"a": [40_000], "b": [2**40]})).save_as_table("small", mode="append")
    assert [mismatch.split(":")[0] for mismatch in caught.value.mismatches] == ["column 'a'", "column 'b'"]
