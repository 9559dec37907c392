"""PostgreSQL to Arrow by COPY gives the same as row by row."""

from __future__ import annotations

import datetime as dt
import math
import uuid
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from moltres import Database, DataFrame, col, connect
from moltres.dialects.postgresql import copy_out
from moltres.errors import QueryTimeoutError, SchemaMismatchError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import URL

TEXTS = st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=12)
ROWS = st.lists(
    st.tuples(
        st.none() | st.integers(-(2**63), 2**63 - 1),
        st.none() | TEXTS | st.sampled_from(["", '"', ",", "\n", "\r\n", "\\.", "NULL", "a\\b", "%", "'"]),
        st.none() | st.floats(),
        st.none() | st.decimals(-(10**15), 10**15, places=4, allow_nan=False, allow_infinity=False),
        st.none() | st.booleans(),
        st.none() | st.dates(),
        st.none() | st.times(),
        st.none() | st.datetimes(),
        st.none() | st.datetimes(dt.datetime(2, 1, 1), dt.datetime(9998, 1, 1), timezones=st.just(dt.UTC)),  # noqa: DTZ001
        st.none() | st.uuids(),
    ),
    max_size=8,
)
NAMES = ("i", "t", "f", "d", "b", "day", "hour", "at", "zoned", "u")


@pytest.fixture
def db(postgresql_url: URL) -> Iterator[Database]:
    with connect(postgresql_url) as db:
        with db.transaction() as connection:
            connection.execute(
                text(
                    "CREATE TABLE t (n integer, i bigint, t text, f float8, d numeric(20, 4), b boolean, day date,"
                    " hour time, at timestamp, zoned timestamptz, u uuid)"
                )
            )
        yield db


def by_copy(frame: DataFrame) -> bool:
    """Whether a frame is read by COPY."""
    dialect = frame.database.dialect
    with frame.database.connection() as connection:
        raw: Any = connection.connection.dbapi_connection
        described = dialect.describe(connection, frame.statement)
        return copy_out.copy_statement(connection, raw, frame.statement, described) is not None


def shown(value: Any) -> Any:
    """A value as a table of Arrow gives it back, and comparable."""
    if isinstance(value, float) and math.isnan(value):
        return "NaN"
    return str(value) if isinstance(value, uuid.UUID) else value


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(rows=ROWS)
def test_any_values(db: Database, rows: list[tuple[Any, ...]]) -> None:
    with db.transaction() as connection:
        connection.execute(text("DELETE FROM t"))
    db.insert("t", [dict(zip(("n", *NAMES), (n, *row), strict=True)) for n, row in enumerate(rows)])
    frame = db.table("t").order_by("n").select(*NAMES)
    assert by_copy(frame)
    found = frame.to_arrow().to_pylist()
    assert [tuple(map(shown, row.values())) for row in found] == [tuple(map(shown, row)) for row in rows]
    assert [b.num_rows for b in frame.to_arrow_batches(3)] == [len(rows[i : i + 3]) for i in range(0, len(rows), 3)]


def test_values_in_the_statement(db: Database) -> None:
    value = "a'b\\c%d:e"
    db.insert("t", [{"n": 1, "t": value, "d": Decimal("1.5")}, {"n": 2, "t": "x", "d": Decimal(2)}])
    frame = db.table("t").where(col("t") == value, col("n") < 5).limit(3).select("n", "t")
    assert by_copy(frame)
    assert frame.to_arrow().to_pylist() == [{"n": 1, "t": value}]
    other = db.table("t").where(col("d") == Decimal("1.5")).select("n")
    assert not by_copy(other), "a value whose text alone could have another type"
    assert other.to_arrow().to_pylist() == [{"n": 1}]


def test_what_goes_row_by_row(db: Database) -> None:
    for query in ("SELECT '\\x00ff'::bytea AS x", "SELECT ARRAY[1, 2] AS x", "SELECT INTERVAL '1 day' AS x"):
        frame = db.sql(query)
        assert not by_copy(frame)
        assert frame.to_arrow().num_rows == 1
    assert db.sql("SELECT '{\"a\": 1}'::jsonb AS x").to_arrow().to_pylist() == [{"x": '{"a": 1}'}]


def test_names_do_not_matter(db: Database) -> None:
    frame = db.sql('SELECT 1 AS "a%b", 2 AS "c:d", NULL::int AS "e,f"')
    assert frame.to_arrow().to_pylist() == [{"a%b": 1, "c:d": 2, "e,f": None}]
    assert db.sql("SELECT NULL::text AS x UNION ALL SELECT NULL").to_arrow().to_pylist() == [{"x": None}] * 2


def test_what_arrow_cannot_hold_is_said(db: Database) -> None:
    for declared in ("timestamp", "date"):
        endless = db.sql(f"SELECT 1 AS id, 'infinity'::{declared} AS x")
        for read in (endless.collect, endless.to_arrow, endless.to_pandas):
            with pytest.raises(SchemaMismatchError, match=r"column 'x'.*infinity"):
                read()
        assert endless.select("id").collect() == [{"id": 1}]
    with pytest.raises(SchemaMismatchError):
        db.sql("SELECT 'NaN'::numeric(10, 2) AS x").to_arrow()
    assert db.sql("SELECT 1 AS a").count() == 1


def test_time_limits_and_early_ends(db: Database) -> None:
    endless = db.sql("SELECT count(*) AS c FROM generate_series(1, 100000000) a, generate_series(1, 100000) b")
    assert by_copy(endless)
    with pytest.raises(QueryTimeoutError):
        endless.to_arrow(query_timeout=0.3)
    reader = db.sql("SELECT * FROM generate_series(1, 1000000) AS g(n)").to_arrow_batches(1000)
    assert reader.read_next_batch().num_rows == 1000
    del reader
    pool: Any = db.engine.pool
    assert pool.checkedout() == 0
    assert db.sql("SELECT 1 AS a").to_arrow() == pa.table({"a": pa.array([1], pa.int32())})
