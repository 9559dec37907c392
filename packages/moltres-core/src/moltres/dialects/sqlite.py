"""SQLite through the `sqlite3` module of Python."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING, cast

from moltres.dialects.base import Dialect, driver_connection
from moltres.errors import (
    ColumnNotFoundError,
    DatabaseConnectionError,
    MoltresError,
    QueryCancelledError,
    QueryError,
    TableExistsError,
    TableNotFoundError,
    TransientQueryError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Connection

    from moltres.dialects.clock import Clock

# The handler is called after so many steps of SQLite's virtual machine: some ten microseconds.
_STEPS = 1000

# The low byte is the primary result code; the rest only refines it.
_PRIMARY = 0xFF
_CLASSES: dict[int, type[MoltresError]] = {
    sqlite3.SQLITE_BUSY: TransientQueryError,
    sqlite3.SQLITE_LOCKED: TransientQueryError,
    sqlite3.SQLITE_INTERRUPT: QueryCancelledError,
    sqlite3.SQLITE_CANTOPEN: DatabaseConnectionError,
}
# SQLite has one code for every fault in a statement: only its text tells them apart.
_TEXTS: tuple[tuple[str, type[MoltresError]], ...] = (
    ("no such table", TableNotFoundError),
    ("no such column", ColumnNotFoundError),
    ("already exists", TableExistsError),
)


def _raw(connection: Connection) -> sqlite3.Connection:
    return cast("sqlite3.Connection", driver_connection(connection))


class SQLiteDialect(Dialect):
    """SQLite: one writer at a time, DDL in transactions once a real BEGIN was sent."""

    transactional_ddl = True
    limits_time = True
    cancels = True

    def __init__(self) -> None:
        super().__init__("sqlite")

    @contextmanager
    def _limited(self, connection: Connection, clock: Clock, seconds: float) -> Iterator[None]:
        raw = _raw(connection)
        raw.set_progress_handler(lambda: clock.elapsed() > seconds, _STEPS)
        try:
            yield
        finally:
            raw.set_progress_handler(None, 0)

    def canceller(self, connection: Connection) -> Callable[[], None]:
        """`interrupt()` may be called from any thread."""
        return _raw(connection).interrupt

    def begin(self, connection: Connection) -> None:
        """A real BEGIN, which the driver alone would leave out before DDL."""
        super().begin(connection)
        # Python's driver sends BEGIN only before INSERT, UPDATE and DELETE: a DROP or CREATE would be final at once.
        # IMMEDIATE takes the writer's place now; two readers that both want to write later would lock each other out.
        if not _raw(connection).in_transaction:
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    def _classify(self, error: BaseException) -> type[MoltresError]:
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
        if code & _PRIMARY in _CLASSES:
            return _CLASSES[code & _PRIMARY]
        if isinstance(error, sqlite3.OperationalError):
            return next((cls for text, cls in _TEXTS if text in str(error)), QueryError)
        return QueryError
