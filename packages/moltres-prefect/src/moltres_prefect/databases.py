"""Which database a task works in."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, TypeVar

from sqlalchemy import URL, Engine

from moltres import connect
from moltres.errors import ConfigurationError, refuse
from moltres.task import Stop, adopt, named_target, options, run_stoppable
from moltres_prefect.blocks import load_block, url_of
from moltres_prefect.cancellation import cancellation
from moltres_prefect.identity import run_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy.orm import Session

    from moltres.database import Database

DSN_VARIABLE: Final = "MOLTRES_DSN"
"""The environment variable that names the database of tasks which are given none."""

Dsn = Any  # str, sqlalchemy.URL, SecretStr, a Secret block or the name of one

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

    The work stops with the task: at Prefect's time-out, a signal, or the cancellation of the flow run. A Session
    belongs to the thread of its caller, and so does its work.

    Args:
        work: What to do; it gets the database.
        dsn: Its URL: a string, a SQLAlchemy URL, a SecretStr, a Secret block, or the name of a Secret block.
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
    refuse(options.session(session))
    stop = Stop()
    if session is not None:
        with _open_session(session) as opened, connect(opened, query_timeout=query_timeout) as database:
            return run_stoppable(lambda: work(database), stop=stop, own_thread=False)
    with open_target(dsn, connection) as target, connect(target, query_timeout=query_timeout) as database:
        return run_stoppable(lambda: work(database), stop=stop, watch=cancellation())


@contextmanager
def open_target(dsn: Dsn, connection: Any, argument: str = "dsn") -> Iterator[Any]:
    """What to connect to: the URL itself, or the engine of a block; its queries name the run, where a server shows it.

    The engine of a block that a flow has opened itself is left as it is: its connections outlive the task.

    Args:
        dsn: The URL, in any form.
        connection: A block instead.
        argument: What the reader calls ``dsn``.
    """
    if connection is None:
        url = url_of(dsn, argument)
        if not isinstance(url, str | URL):
            yield url
            return
        with named_target(url, run_of()) as target:
            yield target
        return
    block = load_block(connection, "connection is not a block") if isinstance(connection, str) else connection
    engine = block.get_engine() if hasattr(block, "get_engine") else None
    if not isinstance(engine, Engine):
        raise ConfigurationError(
            f"connection is {type(block).__name__}, which gives no synchronous SQLAlchemy engine.",
            suggestion="Use SqlAlchemyConnector of prefect-sqlalchemy with a synchronous driver, or dsn.",
        )
    if block is not connection:
        adopt(engine, run_of())
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
    made = given()
    options.require_session(made)
    with made as session, session.begin():
        yield session
