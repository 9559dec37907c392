"""Time limits, cancelling, transactions and errors: on every database, by the database itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import QueuePool

from moltres.dialects import Dialect, dialect_for
from moltres.dialects.timers import paused
from moltres.errors import (
    ColumnNotFoundError,
    ConfigurationError,
    QueryCancelledError,
    QueryError,
    QueryTimeoutError,
    TableExistsError,
    TableNotFoundError,
    TransientQueryError,
)
from support.limits import outlast
from support.waiting import repeating

if TYPE_CHECKING:
    from sqlalchemy import URL, Engine

# Runs for minutes on each of the three databases; they stop it within milliseconds.
ENDLESS = text(
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000000) SELECT sum(i % 7) FROM n"
)


def test_a_statement_over_the_limit_is_stopped(engine: Engine) -> None:
    dialect = dialect_for(engine)
    with (
        engine.connect() as connection,
        pytest.raises(QueryTimeoutError, match=r"longer than 0\.2 s"),
        dialect.time_limit(connection, 0.2),
    ):
        connection.execute(ENDLESS).all()


def test_the_limit_is_for_each_statement_not_for_the_block(engine: Engine) -> None:
    dialect = dialect_for(engine)
    with engine.connect() as connection, dialect.time_limit(connection, 0.4):
        for _ in range(3):
            outlast(0.2)
            assert connection.execute(text("SELECT 1")).scalar() == 1


def test_the_clock_stands_still_while_the_caller_works(engine: Engine) -> None:
    dialect = dialect_for(engine)
    with engine.connect() as connection, dialect.time_limit(connection, 0.3):
        result = connection.execute(text("SELECT 1 AS a UNION ALL SELECT 2"))
        with paused(connection):
            outlast(0.3)
        assert len(result.all()) == 2


def test_the_pooled_connection_does_not_keep_the_limit(database_url: URL) -> None:
    engine = create_engine(database_url, poolclass=QueuePool, pool_size=1, max_overflow=0)
    dialect = dialect_for(engine)
    try:
        with engine.connect() as connection, dialect.time_limit(connection, 0.2):
            connection.execute(text("SELECT 1"))
        with engine.connect() as connection:
            slow = text(
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000) SELECT count(*) FROM n"
            )
            outlast(0.2)
            assert connection.execute(slow).scalar() == 2000
            if engine.dialect.name == "postgresql":
                assert connection.execute(text("SHOW statement_timeout")).scalar() == "0"
    finally:
        engine.dispose()


def test_the_callers_own_limit_comes_back(postgresql_url: URL) -> None:
    engine = create_engine(postgresql_url)
    dialect = dialect_for(engine)
    for level in ("READ COMMITTED", "AUTOCOMMIT"):
        with engine.connect().execution_options(isolation_level=level) as connection:
            connection.execute(text("SET statement_timeout = '7s'"))
            with dialect.time_limit(connection, 1.5):
                assert connection.execute(text("SHOW statement_timeout")).scalar() == "1500ms"
            assert connection.execute(text("SHOW statement_timeout")).scalar() == "7s"
    engine.dispose()


def test_another_thread_can_cancel(engine: Engine) -> None:
    dialect = dialect_for(engine)
    with engine.connect() as connection:
        cancel = dialect.canceller(connection)
        with repeating(cancel), pytest.raises(DBAPIError) as caught:
            connection.execute(ENDLESS).all()
        assert dialect.classify(caught.value) is QueryCancelledError
        connection.rollback()
        cancel()  # nothing runs: nothing happens
        assert connection.execute(text("SELECT 1")).scalar() == 1


def test_cancelled_within_a_limit_is_not_a_timeout(engine: Engine) -> None:
    dialect = dialect_for(engine)
    with engine.connect() as connection:
        with (
            repeating(dialect.canceller(connection)),
            pytest.raises(DBAPIError) as caught,
            dialect.time_limit(connection, 60),
        ):
            connection.execute(ENDLESS).all()
        assert dialect.classify(caught.value) is QueryCancelledError


def test_ddl_rolls_back_with_its_transaction(engine: Engine) -> None:
    dialect = dialect_for(engine)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE kept (a INTEGER)"))
        connection.execute(text("INSERT INTO kept VALUES (1)"))
    with engine.connect() as connection:
        dialect.begin(connection)
        connection.execute(text("DROP TABLE kept"))
        connection.execute(text("CREATE TABLE gone (a INTEGER)"))
        connection.rollback()
    assert dialect.transactional_ddl
    assert inspect(engine).get_table_names() == ["kept"]


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("SELECT * FROM nowhere", TableNotFoundError),
        ("SELECT b FROM t", ColumnNotFoundError),
        ("CREATE TABLE t (a INTEGER)", TableExistsError),
        ("SELEC 1", QueryError),
        ("INSERT INTO t VALUES (NULL)", QueryError),
    ],
)
def test_errors_are_classified(engine: Engine, statement: str, expected: type[Exception]) -> None:
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE t (a INTEGER NOT NULL)"))
    with engine.connect() as connection, pytest.raises(DBAPIError) as caught:
        connection.execute(text(statement))
    assert dialect_for(engine).classify(caught.value) is expected


def test_a_locked_database_is_worth_another_try(sqlite_url: URL) -> None:
    engine = create_engine(sqlite_url, connect_args={"timeout": 0.05})
    dialect = dialect_for(engine)
    with engine.connect() as first, engine.connect() as second:
        dialect.begin(first)
        with pytest.raises(DBAPIError) as caught:
            dialect.begin(second)
        assert dialect.classify(caught.value) is TransientQueryError
    engine.dispose()


@pytest.mark.parametrize("seconds", [0, -1, float("nan")])
def test_a_limit_must_be_positive(sqlite_url: URL, seconds: float) -> None:
    engine = create_engine(sqlite_url)
    with (
        engine.connect() as connection,
        pytest.raises(ConfigurationError, match="above 0"),
        dialect_for(engine).time_limit(connection, seconds),
    ):
        pass
    engine.dispose()


def test_an_unknown_database_says_that_it_cannot(sqlite_url: URL) -> None:
    engine = create_engine(sqlite_url)
    portable = Dialect("elsewhere")
    with engine.connect() as connection:
        with pytest.raises(ConfigurationError, match="no time limit"), portable.time_limit(connection, 1):
            pass
        with pytest.raises(ConfigurationError, match="cancel"):
            portable.canceller(connection)()
        with portable.time_limit(connection, None):
            assert connection.execute(text("SELECT 1")).scalar() == 1
    engine.dispose()
