"""The connections that this thread holds, so that it never waits for itself.

An open read holds a connection, its locks and its place in a pool while its rows are worked on. A write of the same
thread would wait for it: for the only connection of a pool, for SQLite's readers, for a table that is replaced. So
before it begins, the rest of such a read is put into a temporary file, and its connection given back.
"""

from __future__ import annotations

import os
import socket
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakSet

from sqlalchemy import Engine, event

from ..._shared.databases.connecting import database_file
from ..._shared.databases.pools import SHARED, capacity
from ..._shared.iceberg.places import is_iceberg
from ..._shared.statements import driver_connection
from ...errors import ConfigurationError, TransientQueryError, of_parent

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator

    from sqlalchemy import Connection


__all__ = [
    "LONG_PATIENCE",
    "PATIENCE",
    "Held",
    "capacity",
    "done",
    "holding",
    "is_held",
    "leave_to_parent",
    "make_room",
    "place_of",
    "reading",
    "refusing_own_waits",
]

PATIENCE: Final = 5.0
"""Seconds that a session waits for a lock where its own thread has written."""

LONG_PATIENCE: Final = 60.0
"""The same where its own thread has only begun a transaction: another may have the lock, and be done soon."""


@dataclass(eq=False)
class Held:
    """A connection in use.

    Attributes:
        connection: The connection.
        place: What it reads or writes, whatever engine leads there.
        writes: Whether it is in a transaction that may write.
        set_aside: Puts the rest of the rows that are read on it elsewhere, and gives it back; None if none are.
    """

    connection: Connection
    place: Hashable
    writes: bool
    set_aside: Callable[[], None] | None = field(default=None, repr=False)


class _Thread(threading.local):
    def __init__(self) -> None:
        self.held: list[Held] = []
        self.writes: dict[Hashable, int] = {}
        self.begun: WeakSet[Connection] = WeakSet()


_thread = _Thread()
_begun_anywhere: WeakSet[Connection] = WeakSet()
_kept: list[Any] = []


@event.listens_for(Engine, "begin")
def _begun(connection: Connection) -> None:
    """Know which transactions this thread begins, on whatever engine: a write may wait for each of them."""
    _thread.begun.add(connection)
    _begun_anywhere.add(connection)


def places_in_use() -> set[Hashable]:
    """The places where a connection of some thread is in a transaction, which may have locks there."""
    mine = [one for one in list(_begun_anywhere) if not one.closed and one.in_transaction()]
    return {place_of(one.engine) for one in mine}


def _may_block(bind: Engine | Connection, place: Hashable) -> bool:
    """Whether this thread has an open transaction on another connection, whose reads a DROP TABLE waits for."""
    put_aside = [held.connection for held in _thread.held if held.set_aside is not None]
    mine = [one for one in list(_thread.begun) if one is not bind and one not in put_aside]
    return any(not one.closed and one.in_transaction() and place_of(one.engine) == place for one in mine)


def place_of(engine: Engine) -> Hashable:
    """What an engine leads to: a file, a database of a server, or what only this engine has in memory."""
    url = engine.url
    file = database_file(url)
    if file is not None:
        return file.resolve()
    if is_iceberg(url) and url.host is None and url.database:
        return ("iceberg", Path(url.database).resolve())  # its catalog, of SQLite
    if url.host is None:
        return id(engine)
    return (url.get_backend_name(), url.host, url.port, url.database)


def _is_shared(engine: Engine) -> bool:
    """Whether two connections of a thread are one connection of the driver."""
    return isinstance(engine.pool, SHARED)


def make_room(bind: Engine | Connection, *, writes: bool) -> None:
    """Set aside what this thread still reads where a new session would wait for it, or disturb it.

    Args:
        bind: Where the session will run.
        writes: Whether it may write.

    Raises:
        ConfigurationError: If this thread would wait for a connection that only it can give back.
    """
    engine = bind.engine
    place = place_of(engine)
    is_engine = bind is engine
    for held in list(_thread.held):
        same_connection = held.connection is bind or (held.connection.engine is engine and _is_shared(engine))
        if held.set_aside is not None and (same_connection or (writes and held.place == place)):
            held.set_aside()
    if not is_engine:
        return
    most = capacity(engine)
    mine = [held for held in _thread.held if held.connection.engine is engine]
    for held in mine if len(mine) >= most else ():
        if held.set_aside is not None:
            held.set_aside()
    mine = [held for held in _thread.held if held.connection.engine is engine]
    if len(mine) >= most and (writes or any(held.writes for held in mine) or not _is_shared(engine)):
        raise ConfigurationError(
            f"This thread already has all connections of the pool in use ({len(mine)}), and would wait for itself.",
            suggestion="Let the pool have more connections (pool_size, max_overflow), or read the rows to their end"
            " before others are written or read.",
        )


@contextmanager
def holding(connection: Connection, *, writes: bool) -> Iterator[Held]:
    """Say that this thread has a connection in use."""
    held = Held(connection, place_of(connection.engine), writes)
    mine = _thread.held
    mine.append(held)
    try:
        yield held
    finally:
        if held in mine:  # not in a child of the process, which holds nothing of its parent
            mine.remove(held)


@contextmanager
def refusing_own_waits(bind: Engine | Connection, locks: Callable[[], bool], *, writes: bool) -> Iterator[float | None]:
    """Refuse a session that is in the way of another one of this thread, which a retry would meet again.

    Args:
        bind: Where the session runs.
        locks: Whether its database has transactions, which wait for each other; asked after it was reached.
        writes: Whether it may write.

    Yields:
        How many seconds the session must wait for a lock, if this thread is in a transaction on another connection
        that may have it; None if it is in none.

    Raises:
        ConfigurationError: Instead of a TransientQueryError, if the other transaction is of this thread.
    """
    place = place_of(bind.engine)
    waits = any(held.writes and held.place == place and held.connection is not bind for held in _thread.held)
    may_wait = writes and _may_block(bind, place)
    before = _thread.writes.get(place, 0)
    try:
        yield PATIENCE if waits else LONG_PATIENCE if may_wait else None
    except TransientQueryError as error:
        if not locks() or (not waits and _thread.writes.get(place, 0) == before):
            if may_wait and error.suggestion is None:
                error.suggestion = _MAY_WAIT
            raise
        raise ConfigurationError(
            f"This thread is in the way of its own transaction on the same database. {error.message}",
            suggestion="Read and write one after the other, or both in one transaction: connect(connection).",
        ) from error
    if writes:
        _thread.writes[place] = _thread.writes.get(place, 0) + 1


_MAY_WAIT = (
    "This thread has an open transaction on another connection, which may be in the way: end it first, or write in it:"
    " connect(connection)."
)


def reading(connection: Connection, set_aside: Callable[[], None]) -> None:
    """Say how the rest of what is read on a connection is set aside; at once if this thread writes the same place."""
    held = next((one for one in reversed(_thread.held) if one.connection is connection), None)
    if held is None:
        return
    held.set_aside = set_aside
    if any(one.writes and one is not held and one.place == held.place for one in _thread.held):
        set_aside()


def done(connection: Connection) -> None:
    """Say that nothing is read on a connection any more."""
    for held in _thread.held:
        if held.connection is connection:
            held.set_aside = None


def _cut_off(connection: Connection) -> None:
    """Put a socket whose other end is closed in the place of the one that a connection shares with the parent."""
    if connection.closed or connection.invalidated:
        return
    driver: Any = driver_connection(connection)
    unread = getattr(driver, "_result", None)  # PyMySQL's, whose rest is read where its cursor is closed
    if unread is not None:
        unread.unbuffered_active = False
    shared = getattr(driver, "_sock", driver)  # PyMySQL's; psycopg tells the number itself
    if not callable(getattr(shared, "fileno", None)):
        if database_file(connection.engine.url) is not None:
            _leave_file(connection)
        return  # no server is behind it, or none that keeps a session
    end, other = socket.socketpair()
    other.close()
    with end:
        os.dup2(end.fileno(), shared.fileno(), inheritable=False)
    connection.invalidate()  # so that its end is no error


class _Left:
    """In the place of a connection to a file in which the parent may be at work: its end changes nothing there."""

    def __init__(self, driver: Any) -> None:
        self._driver = driver

    def __getattr__(self, name: str) -> Any:
        return getattr(self._driver, name)

    def rollback(self) -> None:
        """Leave the file as it is: SQLite would put back what the parent has written."""

    def close(self) -> None:
        """Leave the connection open, for the same reason."""

    def commit(self) -> None:
        """Refuse to say that something was done.

        Raises:
            ConfigurationError: Always.
        """
        raise of_parent()


def _leave_file(connection: Connection) -> None:
    pooled: Any = connection.connection
    _kept.append(pooled.dbapi_connection)  # for ever: it is closed with its last reference
    pooled.dbapi_connection = _Left(pooled.dbapi_connection)


def leave_to_parent() -> list[Connection]:
    """Forget what this thread held before the process was forked: those are the parent's connections.

    What ends them here, such as the end of a read, does not reach the server: it would take that for the parent's word.

    Returns:
        The connections.
    """
    left = [one.connection for one in _thread.held]
    for connection in left:
        _cut_off(connection)
    _thread.held.clear()
    _thread.begun.clear()
    _thread.writes.clear()
    return left


def is_held(engine: Engine) -> bool:
    """Whether this thread has a connection to the same place in use."""
    place = place_of(engine)
    return any(held.place == place for held in _thread.held)
