"""Errors have classes; time limits and cancelling reach the database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import create_engine, literal, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import QueuePool

from moltres import connect
from moltres.errors import (
    ColumnNotFoundError,
    ConfigurationError,
    MoltresError,
    QueryCancelledError,
    QueryError,
    QueryTimeoutError,
    TableExistsError,
    TableNotFoundError,
)
from support.dialect_conformance.base import DialectSuite
from support.dialect_conformance.data import OLD, rows, run
from support.limits import outlast, own_clock
from support.waiting import repeating

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import URL, Connection

    from moltres import Database, DataFrame

READERS = {
    "collect": lambda frame: frame.collect(),
    "count": lambda frame: frame.count(),
    "iter_batches": lambda frame: list(frame.iter_batches()),
    "to_arrow": lambda frame: frame.to_arrow(),
}


class Statements(DialectSuite):
    """One statement at a time.

    Attributes:
        enough: A time limit, in seconds, that no small statement reaches.
        counts_time: Whether moltres counts the time of statements, and not the database or its driver. Then tests put
            its clocks on, and `enough` is more than they wait.
        limited: What gives a session a time limit of its own; None where sessions have none.
    """

    enough = 0.3
    counts_time = False
    limited: str | None = None

    @pytest.fixture
    def outlast(self, monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
        """Let so many seconds pass."""
        return own_clock(monkeypatch) if self.counts_time else outlast

    @pytest.fixture
    def endless(self, db: Database) -> DataFrame:
        """A frame that nobody waits for."""
        return db.sql(self.slow)

    @pytest.fixture
    def limits(self, db: Database) -> None:
        """For tests of the time limit: a database without one refuses it, and that is all."""
        if not db.dialect.capabilities.statement_timeout:
            with pytest.raises(ConfigurationError, match="no time limit"):
                db.sql("SELECT 1 AS a").collect(query_timeout=1)
            pytest.skip("this database limits no statement, and says so")

    @pytest.fixture
    def cancels(self, db: Database) -> None:
        """For tests of cancelling."""
        if not db.dialect.capabilities.cancellation:
            with db.connection() as connection, pytest.raises(ConfigurationError, match="cancel"):
                db.dialect.canceller(connection)()
            pytest.skip("this database cancels no statement, and says so")

    @pytest.mark.parametrize(
        ("statement", "error"),
        [
            ("SELECT * FROM nowhere", TableNotFoundError),
            ("SELECT nowhere FROM t", ColumnNotFoundError),
            ("CREATE TABLE t (a INTEGER)", TableExistsError),
            ("SELEC 1", QueryError),
            ("INSERT INTO t (id) VALUES (NULL)", QueryError),
        ],
    )
    def test_errors_have_classes(self, db: Database, statement: str, error: type[Exception]) -> None:
        run(db, "CREATE TABLE t (id INTEGER NOT NULL)")
        with pytest.raises(error) as caught, db.connection() as connection:
            connection.exec_driver_sql(statement)
        assert type(caught.value) is error

    # -- time limits

    @pytest.mark.usefixtures("limits")
    @pytest.mark.parametrize("reader", READERS)
    def test_a_limit_stops_every_way_to_read(self, url: URL, reader: str) -> None:
        with connect(url, query_timeout=0.3) as limited:
            with pytest.raises(QueryTimeoutError, match=r"time limit of 0\.3 s") as caught:
                READERS[reader](limited.sql(self.slow))
            assert caught.value.retryable
            assert isinstance(caught.value, TimeoutError)
            one = limited.from_select(select(literal(1).label("a")))  # whose columns nobody asks the database for
            assert one.collect(query_timeout=300) == [{"a": 1}]

    def test_a_limit_that_the_session_has_by_itself(self, db: Database) -> None:
        limited = self.limited
        if limited is None:
            pytest.skip("sessions of this database have no limit of their own")

        def last() -> None:
            with db.transaction() as connection:
                connection.exec_driver_sql(limited)
                connection.execute(text(self.slow))

        with pytest.raises(QueryTimeoutError) as caught:
            last()
        assert caught.value.retryable

    @pytest.mark.usefixtures("limits")
    def test_a_limit_for_one_reading(self, db: Database, endless: DataFrame) -> None:
        with pytest.raises(QueryTimeoutError, match=r"time limit of 0\.3 s"):
            endless.collect(query_timeout=0.3)
        assert db.sql("SELECT 1 AS a").collect() == [{"a": 1}], "the limit is gone"

    @pytest.mark.usefixtures("limits")
    def test_a_limit_stops_a_write_which_changes_nothing(self, url: URL, db: Database) -> None:
        db.write(OLD).save_as_table("t")
        with connect(url, query_timeout=0.5, pool_size=1, max_overflow=0) as limited:
            with pytest.raises(QueryTimeoutError):
                limited.sql(self.slow).write.save_as_table("t", mode="overwrite")
            one = limited.from_select(select(literal(1).label("a")))  # whose columns nobody asks the database for
            assert one.collect(query_timeout=300) == [{"a": 1}]
        assert rows(db) == OLD

    @pytest.mark.usefixtures("limits")
    def test_the_limit_is_for_each_statement_not_for_the_block(
        self, db: Database, outlast: Callable[[float], None]
    ) -> None:
        with db.engine.connect() as connection, db.dialect.time_limit(connection, self.enough):
            for _ in range(3):
                outlast(self.enough / 2)
                assert connection.execute(text("SELECT 1")).scalar() == 1

    @pytest.mark.usefixtures("limits")
    def test_the_limit_holds_after_a_commit_within_the_block(self, db: Database) -> None:
        def limited(connection: Connection) -> None:
            with db.dialect.time_limit(connection, 0.3):
                connection.execute(text("SELECT 1"))
                connection.commit()
                connection.execute(text(self.slow)).all()

        with db.engine.connect() as connection:
            with pytest.raises((DBAPIError, MoltresError)):
                limited(connection)
            connection.invalidate()

    @pytest.mark.usefixtures("limits")
    def test_a_slow_reader_does_not_count(self, url: URL, db: Database, outlast: Callable[[float], None]) -> None:
        db.write(OLD).save_as_table("t")
        with connect(url, query_timeout=self.enough) as limited:
            for batch in limited.table("t").iter_batches(1):
                outlast(self.enough)
                assert len(batch) == 1

    @pytest.mark.usefixtures("limits")
    def test_a_slow_source_does_not_count(self, url: URL, outlast: Callable[[float], None]) -> None:
        limit = self.enough + 0.2  # for what a write asks of the catalog

        def batches() -> Iterator[list[dict[str, int]]]:
            for number in range(3):
                outlast(limit)
                yield [{"a": number}]

        with connect(url, query_timeout=limit) as limited:
            assert limited.write(batches()).save_as_table("t").rows_written == 3

    @pytest.mark.usefixtures("limits")
    def test_the_pooled_connection_does_not_keep_the_limit(
        self, url: URL, db: Database, outlast: Callable[[float], None]
    ) -> None:
        engine = create_engine(url, poolclass=QueuePool, pool_size=1, max_overflow=0)
        some = text(
            self.some
            or "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 900) SELECT count(*) FROM n"
        )
        try:
            with engine.connect() as connection, db.dialect.time_limit(connection, self.enough):
                connection.execute(text("SELECT 1"))
            with engine.connect() as connection:
                outlast(self.enough)
                assert connection.execute(some).scalar() == 900
        finally:
            engine.dispose()

    @pytest.mark.usefixtures("limits")
    @pytest.mark.parametrize("seconds", [0, -1, float("nan")])
    def test_a_limit_must_be_positive(self, db: Database, seconds: float) -> None:
        with pytest.raises(ConfigurationError, match="above 0"):
            db.sql("SELECT 1 AS a").collect(query_timeout=seconds)

    @pytest.mark.usefixtures("limits")
    def test_the_shortest_and_the_longest_limit(self, db: Database, endless: DataFrame) -> None:
        with pytest.raises(QueryTimeoutError):
            endless.collect(query_timeout=5e-324)
        for seconds in (10**9, 1e300):
            assert db.sql("SELECT 1 AS a").collect(query_timeout=seconds) == [{"a": 1}]

    # -- cancelling

    @pytest.mark.usefixtures("cancels")
    def test_cancel_stops_a_reading(self, db: Database, endless: DataFrame) -> None:
        assert db.cancel() == 0, "nothing runs yet"
        with repeating(db.cancel), pytest.raises(QueryCancelledError, match=r"was cancelled"):
            endless.collect()
        assert db.sql("SELECT 1 AS a").collect() == [{"a": 1}]

    @pytest.mark.usefixtures("cancels")
    def test_cancel_stops_a_write_which_changes_nothing(self, db: Database, endless: DataFrame) -> None:
        db.write(OLD).save_as_table("t")
        with repeating(db.cancel), pytest.raises(QueryCancelledError):
            endless.write.save_as_table("t", mode="overwrite")
        assert rows(db) == OLD

    @pytest.mark.usefixtures("cancels")
    @pytest.mark.parametrize("seconds", [None, 60])
    def test_a_canceller_is_for_other_threads(self, db: Database, seconds: Any) -> None:
        if seconds is not None and not db.dialect.capabilities.statement_timeout:
            pytest.skip("this database limits no statement, and says so")
        with db.engine.connect() as connection:
            cancel = db.dialect.canceller(connection)
            with (
                repeating(cancel),
                pytest.raises(DBAPIError) as caught,
                db.dialect.time_limit(connection, seconds),
            ):
                connection.execute(text(self.slow)).all()
            assert db.dialect.classify(caught.value) is QueryCancelledError, "and no time-out"
            connection.rollback()
            cancel()  # nothing runs: nothing happens
            assert connection.execute(text("SELECT 1")).scalar() == 1
