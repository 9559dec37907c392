"""Time-outs, cancellation and signals reach the database."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa
from prefect import flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import StateType
from prefect.runtime import flow_run
from prefect.states import Cancelling

from moltres.errors import QueryCancelledError, QueryTimeoutError
from moltres.task import BEAT
from moltres_prefect import moltres_query, moltres_to_table
from support.adapter_conformance import tables_of
from support.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def watcher(postgresql_dsn: str) -> Iterator[sa.Connection]:
    """A connection that sees what the others in the database are doing."""
    engine = sa.create_engine(postgresql_dsn, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def sleeping(watcher: sa.Connection) -> int:
    return watcher.execute(
        sa.text(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'active'"
            " AND pid <> pg_backend_pid() AND query LIKE '%pg_sleep%'"
        )
    ).scalar_one()


def sleep(db: Any) -> Any:
    return db.sql("SELECT 1 AS id FROM pg_sleep(600)")


def endless(db: Any) -> Any:
    """Hours of work inside the driver's C code."""
    return db.sql(
        "SELECT count(*) AS n FROM numbers a, numbers b, numbers c, numbers d, numbers e"
        " WHERE a.id + b.id > c.id * d.id"
    )


@pytest.mark.parametrize("submitted", [False, True], ids=["called", "submitted"])
def test_prefects_time_out_stops_the_query_in_the_database(
    postgresql_dsn: str, watcher: sa.Connection, submitted: bool
) -> None:
    @flow
    def queries() -> Any:
        run = moltres_query.submit if submitted else moltres_query
        state = run(dsn=postgresql_dsn, query=sleep, timeout_seconds=1, return_state=True)
        assert (state.type, state.name) == (StateType.FAILED, "TimedOut")
        return sleeping(watcher)

    assert queries() == 0


@pytest.mark.parametrize("database", ["sqlite_url", "duckdb_url"])
def test_prefects_time_out_stops_a_query_in_c_code(request: pytest.FixtureRequest, database: str) -> None:
    from support.adapter_conformance import make_users, text_of

    url = request.getfixturevalue(database)
    make_users(url)

    @flow
    def queries() -> Any:
        return moltres_query(dsn=text_of(url), query=endless, timeout=1)

    with pytest.raises(TimeoutError):
        queries()


def test_the_limit_of_the_database_stops_the_query(postgresql_dsn: str, watcher: sa.Connection) -> None:
    attempts: list[int] = []

    def query(db: Any) -> Any:
        attempts.append(1)
        return sleep(db)

    @flow
    def queries() -> Any:
        return moltres_query(dsn=postgresql_dsn, query=query, query_timeout=0.5, retries=1)

    with pytest.raises(QueryTimeoutError):
        queries()
    assert len(attempts) == 2  # a time-out may be a matter of the moment
    assert sleeping(watcher) == 0


def test_a_write_that_times_out_changes_nothing(postgresql_dsn: str, watcher: sa.Connection) -> None:
    from moltres import connect

    @flow
    def writes() -> Any:
        with connect(postgresql_dsn) as db:
            return moltres_to_table(dsn=postgresql_dsn, table_name="copies", data=sleep(db), timeout_seconds=1)

    with pytest.raises(TimeoutError):
        writes()
    assert sleeping(watcher) == 0
    assert "copies" not in tables_of(postgresql_dsn)


def test_cancelling_the_flow_run_stops_the_query_of_a_submitted_task(
    postgresql_dsn: str, watcher: sa.Connection
) -> None:
    started = threading.Event()
    runs: list[Any] = []

    @flow
    def queries() -> Any:
        runs.append(flow_run.id)
        future = moltres_query.submit(dsn=postgresql_dsn, query=sleep, retries=3)
        until(lambda: sleeping(watcher), "the query")
        started.set()
        return future.result()

    def cancel() -> None:
        started.wait()
        with get_client(sync_client=True) as client:
            client.set_flow_run_state(runs[0], Cancelling(), force=True)

    canceller = threading.Thread(target=cancel)
    canceller.start()
    with pytest.raises(QueryCancelledError, match="flow run was cancelled"):
        queries()
    canceller.join()
    assert sleeping(watcher) == 0


def test_the_time_out_of_the_flow_stops_the_query_of_a_submitted_task(
    postgresql_dsn: str, watcher: sa.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("moltres_prefect.cancellation.SECONDS_BETWEEN_QUESTIONS", BEAT)

    @flow(timeout_seconds=2)
    def queries() -> Any:
        future = moltres_query.submit(dsn=postgresql_dsn, query=sleep, retries=3)
        until(lambda: sleeping(watcher), "the query")
        return future.result()

    with pytest.raises(TimeoutError):
        queries()
    assert sleeping(watcher) == 0
