"""The connection that a block of statements gets: of an engine, of the caller, or of an empty database in memory."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection
from sqlalchemy.pool import QueuePool

from ..._shared.databases.connecting import missing_file
from ..._shared.databases.plain_rows import plain_rows
from ...errors import ConfigurationError, QueryTimeoutError
from ..error_translation import connected
from ..sql.compiling import compiled_by
from ..stopping import check
from . import absent, held
from .forks import require_own
from .isolation import at_least_committed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sqlalchemy import Engine

    from ..base import Dialect


_BEAT: Final = 0.02
"""Seconds between two looks at a pool that has no connection left: SQLAlchemy does not tell when one has come back (its
event `checkin` comes before that), and a `cancel` must be seen as well."""


def _wait_for_pool(engine: Engine, seconds: float) -> None:
    """Wait until a pool has a connection, which SQLAlchemy does for 30 seconds whatever the time limit is.

    Raises:
        QueryTimeoutError: If it has none within these seconds.
    """
    pool = engine.pool
    if not isinstance(pool, QueuePool) or pool.timeout() <= seconds:
        return
    most, end = held.capacity(engine), time.monotonic() + seconds
    while pool.checkedout() >= most:
        check()
        if time.monotonic() >= end:
            raise QueryTimeoutError(
                f"No connection of the pool was free within the time limit of {seconds:g} s: all {most} are in use.",
                suggestion="Let the pool have more connections (pool_size, max_overflow), or raise query_timeout.",
            )
        threading.Event().wait(_BEAT)


def _require_open(connection: Connection) -> None:
    if connection.closed:
        raise ConfigurationError("The connection is closed.", suggestion="Give one that is open, or the Engine.")
    if connection.invalidated and connection.in_transaction():
        raise ConfigurationError(
            "The connection was lost within a transaction, which has to be rolled back before it can be used again.",
            suggestion="Call rollback() on it.",
        )


@contextmanager
def acquired(
    bind: Engine | Connection,
    dialect: Dialect,
    *,
    writes: bool,
    empty: Callable[[Path], Engine],
    seconds: float | None = None,
) -> Iterator[Connection]:
    """A connection that this thread holds, given back at the end; that of the caller stays as it is.

    Args:
        bind: An engine, or the caller's connection.
        dialect: Its dialect.
        writes: Whether the block writes: what only reads makes no file.
        empty: The engine that stands in for a file that is not there.
        seconds: How long to wait for a connection of the pool; None for as long as the pool says.

    Raises:
        QueryTimeoutError: If the pool has none within that time.
        ConfigurationError: If that of the caller is closed, or lost within a transaction.
    """
    require_own(bind)
    if isinstance(bind, Connection):
        _require_open(bind)
    held.make_room(bind, writes=writes)
    if isinstance(bind, Connection):
        with plain_rows(bind), compiled_by(bind, dialect), held.holding(bind, writes=writes):
            yield bind
        return
    file = None if writes else missing_file(bind.url)
    if file is not None:
        # A query that needs none of its tables can still run.
        with (
            absent.connected(empty(file), file) as connection,
            compiled_by(connection, dialect),
            held.holding(connection, writes=writes),
        ):
            yield connection
        return
    if seconds is not None:
        _wait_for_pool(bind, seconds)
    with connected(bind, dialect) as connection, plain_rows(connection), compiled_by(connection, dialect):
        at_least_committed(connection)
        with held.holding(connection, writes=writes):
            yield connection
