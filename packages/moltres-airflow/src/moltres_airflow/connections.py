"""Reach the database of a task: by URL, by a connection of Airflow, by a Session of the user."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseHook
from airflow.sdk.exceptions import AirflowException, AirflowNotFoundException
from sqlalchemy.orm import Session

from moltres.errors import ConfigurationError
from moltres.task import named_target, options
from moltres_airflow.extras import engine_of_hook, extra_of
from moltres_airflow.trino import engine_of_trino

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import URL, Engine

    from moltres.task import Run
    from moltres_airflow.dsn import Dsn


@contextmanager
def engine_of(dsn: Dsn | None, conn_id: str | None, run: Run | None) -> Iterator[URL | Engine | None]:
    """What to connect to: the URL itself, or the engine of an Airflow connection; None if neither is given.

    Args:
        dsn: The URL.
        conn_id: The name of the connection.
        run: What the queries name as their run, where the server shows it.
    """
    if dsn is not None:
        with named_target(dsn.url, run) as target:
            yield target
        return
    if conn_id is None:
        yield None
        return
    engine = _engine_of_connection(conn_id, run)
    try:
        yield engine
    finally:
        engine.dispose()


def _engine_of_connection(conn_id: str, run: Run | None) -> Engine:
    try:
        connection = BaseHook.get_connection(conn_id)
    except AirflowNotFoundException as error:
        # From None: Airflow's message repeats what was given, which may be a URL with a password.
        refused = ConfigurationError(
            f"conn_id: {error}.", suggestion="It is the id of a connection of Airflow; a URL is given as dsn."
        )
        raise refused from None
    extra = extra_of(connection, conn_id)
    if connection.conn_type == "trino":
        return engine_of_trino(connection, conn_id, run)
    try:
        hook = BaseHook.get_hook(conn_id)
    except (
        AirflowException,
        AttributeError,
        ImportError,
    ) as error:
        raise ConfigurationError(
            f"The connection {conn_id!r} is of the type {connection.conn_type!r}, for which this Airflow has no hook.",
            suggestion="Install the provider package of this database, or use dsn.",
        ) from error
    if not hasattr(hook, "get_sqlalchemy_engine"):
        raise ConfigurationError(
            f"The connection {conn_id!r} is not one of a database: its hook {type(hook).__name__} gives no engine.",
            suggestion="Use a connection of a database type, or dsn.",
        )
    return engine_of_hook(hook, conn_id, extra)


@contextmanager
def transaction(given: Session | Callable[[], Session]) -> Iterator[Session]:
    """A user's Session for one task, which is the outermost scope: nobody else would commit.

    Args:
        given: The Session, or what makes one; only one that was made here is closed.
    """
    session: Any = given if isinstance(given, Session) else given()
    options.require_session(session)
    try:
        yield session
        session.commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        if session is not given:
            session.close()
