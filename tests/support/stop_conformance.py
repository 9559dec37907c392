"""What must hold on every database when work is stopped, as tests which a subclass runs on its database.

A stop can come after any statement of any write. Then no further statement is sent, except to leave things in order,
the table is as it was (where making a table commits: as it was, or complete), and nothing is left beside it.
"""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from moltres import connect
from moltres.errors import QueryCancelledError, TaskStoppedError
from moltres.task import Stop, run_stoppable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from moltres import Database

OLD = [(1, "a"), (2, "b")]
NEW = [{"id": 2, "name": "B"}, {"id": 3, "name": "C"}]

MODES: dict[str, dict[str, Any]] = {
    "append": {},
    "overwrite": {},
    "merge": {"keys": ["id"]},
    "overwrite_partitions": {"partition_by": ["id"]},
}

AFTER = {
    "append": [(1, "a"), (2, "B"), (2, "b"), (3, "C")],
    "overwrite": [(2, "B"), (3, "C")],
    "merge": [(1, "a"), (2, "B"), (3, "C")],
    "overwrite_partitions": [(1, "a"), (2, "B"), (3, "C")],
}
"""The table after the whole write."""

IN_ORDER = ("drop table", "set session", "select set_config", "select @@", "rollback", "describe", "show", "pragma")
"""How the statements begin that may still be sent after a stop."""


class Sent:
    """The statements of an engine, and a stop that comes after a certain one of them."""

    def __init__(self, engine: sa.Engine, stop: Stop, after: int) -> None:
        self.statements: list[str] = []
        self._stop, self._after = stop, after
        sa.event.listen(engine, "after_cursor_execute", self._note)

    def _note(self, _connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        self.statements.append(" ".join(statement.lower().split()))
        if len(self.statements) == self._after:
            self._stop.request()

    @property
    def late(self) -> list[str]:
        """What was sent after the stop and does not belong to a clean-up."""
        looking = ("information_schema", "pg_catalog", "sqlite_master", "pragma", "duckdb_")
        return [
            sent
            for sent in self.statements[self._after :]
            if not sent.startswith(IN_ORDER) and not any(place in sent for place in looking)
        ]


class StopConformance:
    """The tests. A subclass gives ``url``, the URL of an empty database."""

    slow: ClassVar[str]
    """A query that runs for hours."""
    every: ClassVar[int] = 1
    """After every how many statements a write is stopped: more where each takes a tenth of a second."""
    commits_each_statement: ClassVar[bool] = False
    """Whether a write that is stopped after the statement that publishes it is there, as a whole."""

    @pytest.fixture
    def old(self, url: sa.URL) -> Iterator[Callable[[], list[Any]]]:
        """Makes the table ``t``, and reads it."""
        engine = sa.create_engine(url)
        table = sa.Table("t", sa.MetaData(), sa.Column("id", sa.Integer), sa.Column("name", sa.String(9)))
        with engine.begin() as connection:
            table.create(connection)
            connection.execute(table.insert(), [{"id": id_, "name": name} for id_, name in OLD])
        # DuckDB keeps a file open, with the settings of the first that opened it.
        engine.dispose()

        def read() -> list[Any]:
            with engine.connect() as connection:
                rows = connection.execute(sa.select(table)).all()
                names = set(sa.inspect(connection).get_table_names())
            engine.dispose()
            assert {name for name in names if name.startswith("moltres_")} <= {"moltres_loads"}, "something is left"
            return sorted(tuple(row) for row in rows)

        yield read
        engine.dispose()

    def stops(self, work: Callable[[Database], object], open_: Callable[[], Any], check: Callable[[], None]) -> int:
        """Run the work as often as it has statements, and stop it after another one each time."""
        for after in range(1, 100, self.every):
            stop = Stop()
            with connect(open_()) as db:
                sent = Sent(db.engine, stop, after)
                if run_or_stopped(work, db, stop) and len(sent.statements) < after:
                    return after
                assert sent.late == [], sent.late
            check()
        raise AssertionError("the work has no end")

    @pytest.mark.parametrize("mode", MODES)
    def test_a_write_that_is_stopped_after_any_statement_changes_nothing(
        self, url: sa.URL, old: Callable[[], list[Any]], mode: str
    ) -> None:
        def write(db: Database) -> None:
            db.write(NEW).save_as_table("t", mode=mode, run_key="r", **MODES[mode])  # type: ignore[arg-type]

        def check() -> None:
            assert old() in ([OLD, AFTER[mode]] if self.commits_each_statement else [OLD])

        assert self.stops(write, lambda: url, check) > 2
        assert old() == AFTER[mode], "what is stopped and repeated is there once"

    def test_a_new_table_is_there_as_a_whole_or_not_at_all(self, url: sa.URL, old: Callable[[], list[Any]]) -> None:
        def write(db: Database) -> None:
            db.table("t").write.save_as_table("made", mode="overwrite")

        def check() -> None:
            assert old() == OLD
            engine = sa.create_engine(url)
            with engine.begin() as connection:
                if sa.inspect(connection).has_table("made"):
                    assert connection.execute(sa.text("SELECT count(*) FROM made")).scalar_one() == len(OLD)
                    connection.execute(sa.text("DROP TABLE made"))
            engine.dispose()

        assert self.stops(write, lambda: url, check) > 2

    def test_a_write_from_another_database_is_stopped_with_its_source(
        self, url: sa.URL, old: Callable[[], list[Any]], tmp_path: Path
    ) -> None:
        source = f"sqlite:///{tmp_path / 'source.sqlite'}"
        with connect(source) as db:
            db.write(NEW).save_as_table("s")
        stop = Stop()

        def write(target: Database) -> None:
            with connect(source) as db:
                sent = Sent(db.engine, stop, 1)
                target.write(db.table("s")).save_as_table("t", mode="append")
                assert sent.statements

        with connect(url) as db, pytest.raises(TaskStoppedError):
            run_stoppable(lambda: write(db), stop=stop)
        assert old() == OLD

    def test_a_session_of_the_caller_is_stopped_between_statements(
        self, url: sa.URL, old: Callable[[], list[Any]]
    ) -> None:
        engine = sa.create_engine(url)
        stop = Stop()

        def write(db: Database) -> None:
            stop.request()
            db.write(NEW).save_as_table("t", mode="append")

        with Session(engine) as session, connect(session) as db, pytest.raises(TaskStoppedError):
            run_stoppable(lambda: write(db), stop=stop, own_thread=False)
        engine.dispose()
        assert old() == OLD

    def test_a_running_statement_is_stopped(self, url: sa.URL) -> None:
        stop = Stop()

        def query(db: Database) -> None:
            frame = db.sql(self.slow)
            started.set()
            frame.collect()

        started = threading.Event()
        killer = threading.Thread(target=lambda: (started.wait(), stop.request()))
        killer.start()
        with connect(url) as db:
            with pytest.raises(TaskStoppedError):
                run_stoppable(lambda: query(db), stop=stop)
            assert db.sql("SELECT 1 AS a").collect() == [{"a": 1}], "other work goes on"
        killer.join()

    def test_threads_that_the_work_has_started_are_stopped_with_its_database(self, url: sa.URL) -> None:
        stop = Stop()

        def query() -> None:
            with connect(url) as db, ThreadPoolExecutor(1) as pool:
                frame = db.sql(self.slow)
                started.set()
                pool.submit(frame.collect).result()

        started = threading.Event()
        killer = threading.Thread(target=lambda: (started.wait(), stop.request()))
        killer.start()
        with pytest.raises(TaskStoppedError):
            run_stoppable(query, stop=stop)
        killer.join()

    def test_code_between_two_statements_is_followed_by_no_statement(self, url: sa.URL) -> None:
        stop = Stop()

        def query(db: Database) -> None:
            stop.request()
            with pytest.raises(TaskStoppedError):
                db.sql("SELECT 1 AS a").collect()
            raise ZeroDivisionError("what a driver or the user makes of it")

        with connect(url) as db, pytest.raises(TaskStoppedError) as stopped:
            run_stoppable(lambda: query(db), stop=stop)
        assert isinstance(stopped.value.__cause__, ZeroDivisionError)

    def test_what_is_stopped_before_it_starts_sends_nothing(self, url: sa.URL) -> None:
        stop = Stop()
        stop.request()
        with connect(url) as db, pytest.raises(TaskStoppedError):
            run_stoppable(lambda: pytest.fail("it has started"), stop=stop)
        assert db.cancel() == 0

    def test_a_cancelled_connection_sends_nothing_more(self, url: sa.URL, old: Callable[[], list[Any]]) -> None:
        # Database.cancel() as well may come between two statements of a write.
        with connect(url) as db:
            sa.event.listen(db.engine, "after_cursor_execute", lambda *_: db.cancel())
            with pytest.raises(QueryCancelledError, match=r"cancelled"):
                db.write(NEW).save_as_table("t", mode="append")
        assert old() == OLD


def run_or_stopped(work: Callable[[Database], object], db: Database, stop: Stop) -> bool:
    """Whether the work came to its end."""
    try:
        run_stoppable(lambda: work(db), stop=stop)
    except TaskStoppedError:
        return False
    return True
