"""What every dialect of moltres must do. A dialect from elsewhere subclasses `DialectConformance` and gives it a `url`.

What a database cannot do is a capability of its `Dialect` (`transactional_ddl`, `arrays`, `nan`, `limits_time`,
`cancels`, or a `column_type` that is None), never a name in here: each test then asserts the refusal instead.
"""

from __future__ import annotations

import datetime as dt
import threading
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from sqlalchemy import types as sql

from moltres import col, connect
from moltres.errors import (
    ColumnNotFoundError,
    ConfigurationError,
    MoltresError,
    QueryCancelledError,
    QueryTimeoutError,
    SchemaMismatchError,
    TableExistsError,
    TableNotFoundError,
    WriteError,
)
from support.waiting import repeating

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import URL

    from moltres import Database

OLD = [{"id": 1, "name": "Ada", "n": 10}, {"id": 2, "name": "Grace", "n": 20}, {"id": 3, "name": None, "n": None}]
NEW = [{"id": 2, "name": "grace ", "n": 21}, {"id": 4, "name": "", "n": 40}]

INSTANT = dt.datetime(2024, 2, 29, 9, 0, 0, 1, tzinfo=dt.timezone(dt.timedelta(hours=9)))
VALUES: list[tuple[sql.TypeEngine[Any], Any]] = [
    (sql.Boolean(), True),
    (sql.BigInteger(), -(2**63)),
    (sql.Numeric(20, 4), Decimal("-1234567.1250")),
    (sql.Double(), 0.1),
    (sql.Text(), "Ünï 'quoted' \"twice\" \\ 🦆\n"),
    (sql.LargeBinary(), bytes(range(256))),
    (sql.Date(), dt.date(2024, 2, 29)),
    (sql.Time(), dt.time(23, 59, 59, 999999)),
    (sql.DateTime(), dt.datetime(2024, 2, 29, 23, 59, 59, 123456)),  # noqa: DTZ001 - without a zone, for once
    (sql.DateTime(timezone=True), INSTANT),
    (sql.Interval(), dt.timedelta(days=1, microseconds=5)),
    (sql.Uuid(), UUID("12345678-1234-5678-1234-567812345678")),
    (sql.JSON(), {"a": [1, None, "é"]}),
]

SLOW = (
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000000)"
    " SELECT count(*) AS a FROM n WHERE i % 7 > 3"
)


def rows(db: Database, table: str = "t") -> list[dict[str, Any]]:
    return list(db.table(table).order_by("id").collect())


class DialectConformance:
    """The suite. Tables are called as little as a database must know: SELECT, INSERT, UPDATE, DELETE, CREATE, DROP."""

    slow = SLOW
    """A query of one number that takes minutes, if nobody stops it."""

    @pytest.fixture
    def url(self) -> URL:
        """The address of an empty database."""
        raise NotImplementedError

    @pytest.fixture
    def db(self, url: URL) -> Iterator[Database]:
        with connect(url) as database:
            yield database
            assert database.engine.pool.checkedout() == 0, "a connection was not given back"  # type: ignore[attr-defined]

    # -- values

    @pytest.mark.parametrize(("type_", "value"), VALUES, ids=lambda given: type(given).__name__)
    def test_a_value_comes_back_or_is_refused(self, db: Database, type_: sql.TypeEngine[Any], value: Any) -> None:
        data = [{"id": 1, "x": value}, {"id": 2, "x": None}]
        if db.dialect.column_type(type_) is None:
            with pytest.raises(SchemaMismatchError, match="column 'x'"):
                db.write(data).save_as_table("t")
            assert db.tables() == []
            return
        db.write(data).save_as_table("t")
        assert rows(db) == data
        assert type(rows(db)[0]["x"]) is type(value)
        db.write(data).save_as_table("t", mode="overwrite")
        db.table("t").write.save_as_table("u")
        assert rows(db, "u") == data

    def test_nan(self, db: Database) -> None:
        data = [{"id": 1, "x": float("nan")}]
        if db.dialect.nan:
            db.write(data).save_as_table("t")
            assert repr(rows(db)[0]["x"]) == "nan"
        else:
            with pytest.raises(SchemaMismatchError, match="'x'"):
                db.write(data).save_as_table("t")

    def test_lists(self, db: Database) -> None:
        pa = pytest.importorskip("pyarrow")
        data = pa.table({"id": [1, 2], "x": [[1, 2], None]})
        if db.dialect.arrays:
            db.write(data).save_as_table("t")
            assert [row["x"] for row in rows(db)] == [[1, 2], None]
        else:
            with pytest.raises(SchemaMismatchError, match="'x' is array"):
                db.write(data).save_as_table("t")

    def test_names_of_any_kind(self, db: Database) -> None:
        names = ["id", "with space", 'double "quote"', "select", "UPPER", "per%cent", "co:lon", "%(n)s"]
        data = [dict.fromkeys(names, number) for number in range(3)]
        db.write(data).save_as_table("order")
        db.write(data).save_as_table("order", mode="merge", keys=["select", "with space"])
        db.table("order").write.save_as_table("order", mode="overwrite")
        assert rows(db, "order") == data

    # -- modes

    def test_create_append_ignore_refuse(self, db: Database) -> None:
        assert db.write(OLD).save_as_table("t").created
        with pytest.raises(TableExistsError):
            db.write(OLD).save_as_table("t")
        assert db.write(OLD).save_as_table("t", mode="ignore").skipped
        assert db.write([{"id": 9}]).save_as_table("t", mode="append").rows_written == 1
        assert db.table("t").where(col("id") > 1).write.save_as_table("t", mode="append").rows_written == 3
        assert db.table("t").count() == 7

    def test_overwrite_keeps_or_replaces_the_columns(self, db: Database) -> None:
        db.write(OLD).save_as_table("t")
        assert db.write(NEW).save_as_table("t", mode="overwrite").rows_written == 2
        assert rows(db) == NEW
        assert db.table("t").where(col("id") == 4).write.save_as_table("t", mode="overwrite").rows_written == 1
        assert db.table("t").select("id", m=col("n") + 1).write.save_as_table("t", mode="overwrite").rows_written == 1
        assert rows(db) == [{"id": 4, "m": 41}]
        assert db.tables() == ["t"]

    def test_merge(self, db: Database) -> None:
        db.write(OLD).save_as_table("t", mode="merge", keys=["id"])
        result = db.write(NEW).save_as_table("t", mode="merge", keys=["id"])
        assert (result.rows_written, result.rows_updated) == (2, 1)
        assert rows(db) == [OLD[0], NEW[0], OLD[2], NEW[1]]
        with pytest.raises(WriteError, match="NULL"):
            db.write(OLD).save_as_table("t", mode="merge", keys=["name"])
        with pytest.raises(WriteError, match="NULL"):
            db.write(OLD).save_as_table("new", mode="merge", keys=["name"])
        assert db.tables() == ["t"]

    def test_keys_are_compared_exactly(self, db: Database) -> None:
        db.write([{"id": 1, "k": "AB"}, {"id": 2, "k": "ab"}, {"id": 3, "k": "ab "}]).save_as_table("t")
        result = db.write([{"id": 4, "k": "ab"}]).save_as_table("t", mode="merge", keys=["k"])
        assert (result.rows_updated, result.rows_written) == (1, 1)

    def test_overwrite_partitions(self, db: Database) -> None:
        old = [{"id": number, "p": p} for number, p in enumerate(["a", "a", "b", None, None])]
        db.write(old).save_as_table("t")
        new = [{"id": 10, "p": "a"}, {"id": 11, "p": None}, {"id": 12, "p": "c"}]
        db.write(new).save_as_table("t", mode="overwrite_partitions", partition_by=["p"])
        assert rows(db) == [old[2], *new]

    def test_an_empty_result(self, db: Database) -> None:
        db.write(OLD).save_as_table("t")
        db.table("t").where(col("id") < 0).write.save_as_table("empty")
        assert db.table("empty").count() == 0
        db.table("t").write.save_as_table("empty", mode="append")
        assert rows(db, "empty") == OLD

    # -- all or nothing

    @pytest.mark.parametrize("mode", ["error_if_exists", "append", "overwrite"])
    @pytest.mark.parametrize("exists", [True, False])
    def test_what_breaks_off_leaves_nothing(self, db: Database, mode: Any, exists: bool) -> None:
        if exists:
            db.write(OLD).save_as_table("t")

        def broken() -> Iterator[list[dict[str, Any]]]:
            yield NEW
            raise OSError("the source is gone")

        error = TableExistsError if exists and mode == "error_if_exists" else OSError
        with pytest.raises(error):
            db.write(broken()).save_as_table("t", mode=mode)
        with pytest.raises(error):
            db.write(broken()).save_as_table("t", mode=mode, run_key="r")
        assert [name for name in db.tables() if name != "moltres_loads"] == (["t"] if exists else [])
        if exists:
            assert rows(db) == OLD

    def test_other_columns_that_break_off(self, db: Database) -> None:
        db.write(OLD).save_as_table("t")
        with pytest.raises(SchemaMismatchError):
            db.write(iter([[{"id": 1, "other": 1}], [{"id": "x", "other": 2}]])).save_as_table("t", mode="overwrite")
        assert rows(db) == OLD
        assert db.tables() == ["t"]

    @pytest.mark.parametrize("mode", ["append", "overwrite"])
    @pytest.mark.parametrize("exists", [True, False])
    def test_a_run_key_loads_once(self, db: Database, mode: Any, exists: bool) -> None:
        if exists:
            db.write(OLD).save_as_table("t")
        for skipped in (False, True):
            result = db.write(NEW).save_as_table("t", mode=mode, run_key="r")
            assert (result.skipped, result.rows_written) == (skipped, 0 if skipped else 2)
        assert len(rows(db)) == (5 if exists and mode == "append" else 2)

    @pytest.mark.parametrize("exists", [True, False])
    def test_two_loads_with_one_key_at_the_same_time(self, url: URL, exists: bool) -> None:
        if exists:
            with connect(url) as db:
                db.write(OLD).save_as_table("t", run_key="before")
        start = threading.Barrier(2)
        outcomes: list[object] = []

        def run() -> None:
            with connect(url) as mine:
                start.wait()
                for _ in range(20):
                    try:
                        outcomes.append(mine.write(NEW).save_as_table("t", mode="append", run_key="r").skipped)
                    except MoltresError as error:
                        if not error.retryable:
                            outcomes.append(error)
                            return
                    else:
                        return

        threads = [threading.Thread(target=run) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(map(repr, outcomes)) == ["False", "True"], outcomes
        with connect(url) as db:
            assert db.table("t").count() == (5 if exists else 2)

    def test_the_transaction_of_a_caller(self, db: Database) -> None:
        db.write(OLD).save_as_table("t")
        with db.engine.connect() as connection:
            mine = connect(connection)
            mine.write(NEW).save_as_table("t", mode="overwrite")
            if db.dialect.transactional_ddl:
                mine.write(NEW).save_as_table("made")
            else:
                with pytest.raises(ConfigurationError, match="commits"):
                    mine.write(NEW).save_as_table("made")
            connection.rollback()
        assert rows(db) == OLD
        assert db.tables() == ["t"]

    # -- statements

    def test_errors_have_classes(self, db: Database) -> None:
        db.write(OLD).save_as_table("t")
        for statement, error in (
            ("SELECT * FROM nowhere", TableNotFoundError),
            ("SELECT nowhere FROM t", ColumnNotFoundError),
            ("CREATE TABLE t (a INTEGER)", TableExistsError),
        ):
            with pytest.raises(error), db.transaction() as connection:
                connection.exec_driver_sql(statement)

    def test_a_time_limit(self, url: URL, db: Database) -> None:
        if not db.dialect.limits_time:
            with connect(url, query_timeout=1) as limited, pytest.raises(ConfigurationError, match="no time limit"):
                limited.tables()
            return
        db.write(OLD).save_as_table("t")
        with connect(url, query_timeout=0.5, pool_size=1, max_overflow=0) as limited:
            with pytest.raises(QueryTimeoutError):
                limited.sql(self.slow).write.save_as_table("t", mode="overwrite")
            with limited.engine.connect() as connection, db.dialect.time_limit(connection, 30):
                connection.exec_driver_sql("SELECT 1").all()
        assert rows(db) == OLD

    def test_cancel(self, db: Database) -> None:
        if not db.dialect.cancels:
            with db.connection() as connection, pytest.raises(ConfigurationError, match="cancel"):
                db.dialect.canceller(connection)()
            return
        db.write(OLD).save_as_table("t")
        frame = db.sql(self.slow)
        with repeating(db.cancel), pytest.raises(QueryCancelledError):
            frame.collect()
        assert rows(db) == OLD
