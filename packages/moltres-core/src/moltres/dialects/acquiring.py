"""The connection that a block of statements gets: of an engine, of the caller, or of an empty database in memory."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from .._shared.connecting import missing_file
from . import absent, held
from .compiling import compiled_by
from .error_translation import connected
from .forks import require_own
from .isolation import at_least_committed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sqlalchemy import Engine

    from .base import Dialect


@contextmanager
def acquired(
    bind: Engine | Connection, dialect: Dialect, *, writes: bool, empty: Callable[[Path], Engine]
) -> Iterator[Connection]:
    """A connection that this thread holds, given back at the end; that of the caller stays as it is.

    Args:
        bind: An engine, or the caller's connection.
        dialect: Its dialect.
        writes: Whether the block writes: what only reads makes no file.
        empty: The engine that stands in for a file that is not there.
    """
    require_own(bind)
    held.make_room(bind, writes=writes)
    if isinstance(bind, Connection):
        with compiled_by(bind, dialect), held.holding(bind, writes=writes):
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
    with connected(bind, dialect) as connection, compiled_by(connection, dialect):
        at_least_committed(connection)
        with held.holding(connection, writes=writes):
            yield connection
