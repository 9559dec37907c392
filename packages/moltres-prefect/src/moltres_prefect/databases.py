"""Which database a task works in, and how its work there can be stopped."""

from __future__ import annotations

import contextvars
import os
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, TypeVar

import httpx
from prefect.blocks.core import Block
from prefect.blocks.system import Secret
from prefect.client.orchestration import get_client
from prefect.context import FlowRunContext
from prefect.exceptions import PrefectHTTPStatusError
from prefect.logging import get_run_logger
from pydantic import SecretStr
from sqlalchemy import Engine

from moltres import connect
from moltres.errors import ConfigurationError, QueryCancelledError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from uuid import UUID

    from sqlalchemy.orm import Session

    from moltres.database import Database

DSN_VARIABLE: Final = "MOLTRES_DSN"
"""The environment variable that names the database of tasks which are given none."""

Dsn = Any  # str, sqlalchemy.URL, SecretStr, a Secret block or the name of one

_BEAT = 0.2  # seconds between two looks at what Prefect wants of us
_BEATS_PER_QUESTION = 25  # the API is asked every 5 s whether the run is being cancelled

_Result = TypeVar("_Result")


def work_in_database(
    work: Callable[[Database], _Result],
    *,
    dsn: Dsn = None,
    session: Session | Callable[[], Session] | None = None,
    connection: Any = None,
    query_timeout: float | None = None,
    optional: bool = False,
) -> _Result:
    """Do something in the one database that the arguments name.

    Without a session of the caller, the work is done in a thread of its own while this one waits for Prefect's
    time-out, a signal, or the cancellation of the flow run, and then stops what runs in the database. (A driver that
    waits in C would let none of them through.) A Session belongs to the thread of its caller, and so does its work.

    Args:
        work: What to do; it gets the database.
        dsn: Its address: a URL, a SecretStr, a Secret block, or the name of a Secret block.
        session: A SQLAlchemy Session, which the caller commits; or a function that makes one, which is committed here.
        connection: A block of prefect-sqlalchemy (anything with ``get_engine()``), or ``"type/name"`` of such a block.
        query_timeout: Seconds after which the database stops a statement.
        optional: Whether an in-memory DuckDB will do if no database is named.

    Raises:
        ConfigurationError: If no database is named, or more than one.
    """
    given = {"dsn": dsn, "session": session, "connection": connection}
    named = [name for name, value in given.items() if value is not None]
    if len(named) > 1:
        raise ConfigurationError(f"Give one of dsn, session and connection, not {' and '.join(named)}.")
    if not named:
        dsn = os.environ.get(DSN_VARIABLE)
        if not dsn and not optional:
            raise ConfigurationError(
                "No database was given.",
                suggestion=f"Give dsn, session or connection, or set the environment variable {DSN_VARIABLE}.",
            )
    if session is not None:
        with _open_session(session) as opened, connect(opened, query_timeout=query_timeout) as database:
            return work(database)
    with _open_target(dsn, connection) as target, connect(target, query_timeout=query_timeout) as database:
        return _interruptible(database, work)


def address_of(dsn: Dsn) -> Any:
    """The address itself, from any of the forms in which a DSN can be given."""
    if isinstance(dsn, str) and "://" not in dsn:
        dsn = _load_block(f"secret/{dsn}", "dsn is neither an address (dialect://…) nor the name of a Secret block")
    if isinstance(dsn, Secret):
        dsn = dsn.get()
    if isinstance(dsn, SecretStr):
        dsn = dsn.get_secret_value()
    return dsn


@contextmanager
def _open_target(dsn: Dsn, connection: Any) -> Iterator[Any]:
    if connection is None:
        yield address_of(dsn)
        return
    block = _load_block(connection, "connection is not a block") if isinstance(connection, str) else connection
    engine = block.get_engine() if hasattr(block, "get_engine") else None
    if not isinstance(engine, Engine):
        raise ConfigurationError(
            f"connection is {type(block).__name__}, which gives no synchronous SQLAlchemy engine.",
            suggestion="Use SqlAlchemyConnector of prefect-sqlalchemy with a synchronous driver, or dsn.",
        )
    try:
        yield engine
    finally:
        if block is not connection:  # nobody else has the block that was loaded here
            engine.dispose()


@contextmanager
def _open_session(given: Session | Callable[[], Session]) -> Iterator[Session]:
    if not callable(given):
        yield given
        return
    with given() as session, session.begin():
        yield session


def _load_block(name: str, otherwise: str) -> Block:
    try:
        block = Block.load(name)
    except ValueError as error:
        raise ConfigurationError(
            f"{otherwise}: there is no block {name!r} on this Prefect server.",
            suggestion="See `prefect block ls` for the blocks that there are.",
        ) from error
    assert isinstance(block, Block)  # noqa: S101 - not a coroutine: tasks of ours are synchronous
    return block


def _interruptible(database: Database, work: Callable[[Database], _Result]) -> _Result:
    flow = FlowRunContext.get()
    run = None if flow is None or flow.flow_run is None else flow.flow_run.id
    with ThreadPoolExecutor(1, thread_name_prefix="moltres") as pool:
        future = pool.submit(contextvars.copy_context().run, work, database)
        try:
            _wait(future, run)
        except BaseException:
            # It may have been between two statements: cancel until it has noticed.
            while not future.done():
                database.cancel()
                wait([future], timeout=_BEAT)
            raise
        return future.result()


def _wait(future: Future[Any], flow_run: UUID | None) -> None:
    beats = 0
    while not wait([future], timeout=_BEAT).done:
        beats += 1
        if flow_run is not None and beats % _BEATS_PER_QUESTION == 0 and _is_being_cancelled(flow_run):
            raise QueryCancelledError("The flow run was cancelled, so what it did in the database was stopped.")


def _is_being_cancelled(flow_run: UUID) -> bool:
    """Ask the API: in a thread of a task runner no signal says that the run is being cancelled."""
    try:
        with get_client(sync_client=True) as client:
            state = client.read_flow_run(flow_run).state
    except (httpx.HTTPError, PrefectHTTPStatusError) as error:
        get_run_logger().debug("Could not ask whether the flow run is being cancelled: %s", error)
        return False
    return state is not None and (state.is_cancelling() or state.is_cancelled())
