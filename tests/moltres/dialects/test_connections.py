"""What only one database has: settings of a session, a lock on a file. For the rest: the conformance suite."""

from __future__ import annotations

import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool, QueuePool

from moltres import connect, replicate
from moltres.dialects import Dialect, dialect_for
from moltres.errors import (
    ConfigurationError,
    MoltresError,
    QueryCancelledError,
    QueryTimeoutError,
    TransientQueryError,
)
from support.waiting import repeating, until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import URL


def test_the_callers_own_limit_comes_back(postgresql_url: URL) -> None:
    engine = create_engine(postgresql_url)
    dialect = dialect_for(engine)
    with engine.connect() as connection, dialect.time_limit(connection, 1.5):
        assert connection.execute(text("SHOW statement_timeout")).scalar() == "1500ms"
    with engine.connect() as connection:
        assert connection.execute(text("SHOW statement_timeout")).scalar() == "0"
    for level in ("READ COMMITTED", "AUTOCOMMIT"):
        with engine.connect().execution_options(isolation_level=level) as connection:
            connection.execute(text("SET statement_timeout = '7s'"))
            with dialect.time_limit(connection, 1.5):
                assert connection.execute(text("SHOW statement_timeout")).scalar() == "1500ms"
            assert connection.execute(text("SHOW statement_timeout")).scalar() == "7s"
    engine.dispose()


def test_a_locked_database_is_worth_another_try(sqlite_url: URL) -> None:
    engine = create_engine(sqlite_url, connect_args={"timeout": 0.05})
    dialect = dialect_for(engine)
    with engine.connect() as first, engine.connect() as second:
        dialect.begin(first)
        with pytest.raises(DBAPIError) as caught:
            dialect.begin(second)
        assert dialect.classify(caught.value) is TransientQueryError
    engine.dispose()


def test_a_connection_of_the_caller_that_cannot_be_used(postgresql_url: URL) -> None:
    engine = create_engine(postgresql_url)
    closed, lost = engine.connect(), engine.connect()
    databases = connect(closed), connect(lost)
    closed.close()
    lost.begin()
    lost.invalidate()
    for db, said in zip(databases, ("is closed", "rolled back"), strict=True):
        with pytest.raises(ConfigurationError, match=said):
            db.sql("SELECT 1 AS a").collect()
        with pytest.raises(ConfigurationError, match=said):
            db.write([{"id": 1}]).save_as_table("t")
    lost.rollback()
    assert databases[1].sql("SELECT 1 AS a").collect() == [{"a": 1}]
    lost.close()
    with engine.connect() as detached:
        detached.detach()
        db = connect(detached)
        db.write([{"id": 1}]).save_as_table("t")
        assert db.table("t").collect() == [{"id": 1}]
    engine.dispose()


@pytest.fixture
def locked(sqlite_url: URL) -> Iterator[URL]:
    """A database that another connection has locked against readers and writers."""
    lock = sqlite3.connect(str(sqlite_url.database), isolation_level=None)
    lock.execute("CREATE TABLE t (id INTEGER)")
    lock.execute("BEGIN EXCLUSIVE")
    yield sqlite_url
    lock.close()


def test_a_time_limit_covers_the_wait_for_a_lock(locked: URL) -> None:
    started = time.monotonic()
    with connect(locked, query_timeout=0.3, connect_args={"timeout": 120}) as db:
        write = db.write([{"id": 2}]).save_as_table
        for action in (db.tables, lambda: db.insert("t", {"id": 1}), lambda: write("t", mode="append")):
            with pytest.raises(MoltresError) as caught:
                action()
            assert caught.value.retryable
    assert time.monotonic() - started < 60


def test_a_time_limit_covers_the_wait_for_a_connection(database_url: URL) -> None:
    with connect(database_url, query_timeout=0.3, pool_size=1, max_overflow=0, poolclass=QueuePool) as db:
        db.write([{"id": 1}]).save_as_table("t")
        free, caught = threading.Event(), []

        def hold() -> None:
            with db.engine.connect():
                begun.set()
                free.wait(100)

        begun, thread = threading.Event(), threading.Thread(target=hold)
        thread.start()
        begun.wait(100)
        for action in (db.tables, lambda: db.write([{"id": 2}]).save_as_table("t", mode="append")):
            with pytest.raises(QueryTimeoutError, match=r"within the time limit of 0\.3 s") as refused:
                action()
            caught.append(refused.value.retryable)
        assert caught == [True, True]
        free.set()
        thread.join()
        assert db.table("t").count() == 1


def test_cancel_ends_the_wait_for_a_lock(locked: URL) -> None:
    with connect(locked, connect_args={"timeout": 120}) as db, repeating(db.cancel):
        started = time.monotonic()
        with pytest.raises(MoltresError), db.transaction():
            pytest.fail("nobody can write")
        with pytest.raises(MoltresError):
            db.write([{"id": 2}]).save_as_table("t", mode="overwrite")
        assert time.monotonic() - started < 60


_WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"


def test_cancel_of_the_source_ends_the_wait_of_a_replication(postgresql_url: URL) -> None:
    engine = create_engine(postgresql_url, poolclass=NullPool)
    with connect(postgresql_url) as db, engine.connect() as other, connect() as target:
        db.write([{"id": 1}]).save_as_table("t")
        other.exec_driver_sql("LOCK TABLE t IN ACCESS EXCLUSIVE MODE")
        with ThreadPoolExecutor(1) as pool:
            running = pool.submit(replicate, db, target, ["t"])
            until(lambda: other.exec_driver_sql(_WAITING).scalar_one(), "the read to wait")
            try:
                assert db.cancel() > 0
                with pytest.raises(QueryCancelledError):
                    running.result(timeout=30)
            finally:
                other.rollback()


def test_a_column_that_changes_while_a_write_waits_for_the_change(postgresql_url: URL) -> None:
    other = create_engine(postgresql_url)

    def waits() -> bool:
        with other.connect() as connection:
            return bool(connection.exec_driver_sql(_WAITING).scalar_one())

    def commit() -> None:
        until(waits, "the write to wait")
        changing.commit()

    with connect(postgresql_url) as db, other.connect() as changing:
        db.write(pd.DataFrame({"id": [1], "amount": [100]})).save_as_table("pay")
        changing.exec_driver_sql("ALTER TABLE pay ALTER amount TYPE double precision")
        thread = threading.Thread(target=commit)
        thread.start()
        expected = {(1, 100), (2, 200)}
        try:
            db.write(pd.DataFrame({"id": [2], "amount": [200]})).save_as_table("pay", mode="append", run_key="k")
        except MoltresError:
            expected = {(1, 100)}
        thread.join()
        db.forget()
        assert {tuple(row.values()) for row in db.table("pay").collect()} == expected
    other.dispose()


def test_an_unknown_database_says_that_it_cannot(sqlite_url: URL) -> None:
    engine = create_engine(sqlite_url)
    portable = Dialect("elsewhere")
    with engine.connect() as connection:
        with pytest.raises(ConfigurationError, match="is not supported for"), portable.time_limit(connection, 1):
            pass
        with pytest.raises(ConfigurationError, match="Cancelling a statement is not supported"):
            portable.canceller(connection)()
        with portable.time_limit(connection, None):
            assert connection.execute(text("SELECT 1")).scalar() == 1
    engine.dispose()
