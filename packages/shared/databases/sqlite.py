"""SQLite: real transactions, and how long a statement waits for another's lock."""

from __future__ import annotations

import time
from contextlib import contextmanager
from sqlite3 import SQLITE_BUSY
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import DBAPIError

from ..statements import driver_connection

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

__all__ = ["begin_immediate", "busy_timeout"]


_BEAT = 0.1
"""Seconds of one wait for a lock: between two of them, whoever wants to stop the statement is heard."""


def begin_immediate(connection: Connection, seconds: float | None = None) -> None:
    """Begin a transaction that covers DDL and is the only writer, unless one is open.

    Python's driver sends BEGIN only before INSERT, UPDATE and DELETE: a DROP or CREATE would be final at once.
    IMMEDIATE takes the writer's place now; two readers that both want to write later would lock each other out.

    SQLite cannot be interrupted while it waits for the lock of another connection, so it waits in short turns.

    Args:
        connection: A connection on which SQLAlchemy has begun.
        seconds: The most to wait for another writer; the connection's own limit if None or if that is less.
    """
    raw = driver_connection(connection)
    if raw.in_transaction:
        return
    own = _busy_timeout(raw)
    end = time.monotonic() + (own if seconds is None else min(own, float(seconds)))
    while True:
        with busy_timeout(connection, min(_BEAT, max(end - time.monotonic(), 0.001))):
            try:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            except DBAPIError as error:
                if getattr(error.orig, "sqlite_errorcode", 0) & 0xFF != SQLITE_BUSY or time.monotonic() >= end:
                    raise
            else:
                return


@contextmanager
def busy_timeout(connection: Connection, seconds: float) -> Iterator[None]:
    """Let statements of the block wait at most so long for the lock of another connection.

    Args:
        connection: A connection of SQLite.
        seconds: The limit, for each wait; the connection's own limit holds again after the block, and within it if
            that is less.
    """
    raw = driver_connection(connection)
    before = _busy_timeout(raw)
    _set(raw, min(before, float(seconds)))
    try:
        yield
    finally:
        if not connection.invalidated:  # SQLAlchemy closes a connection that a KeyboardInterrupt came across
            _set(raw, before)


def _busy_timeout(raw: Any) -> float:
    return float(raw.execute("PRAGMA busy_timeout").fetchone()[0]) / 1000


def _set(raw: Any, seconds: float) -> None:
    raw.execute(f"PRAGMA busy_timeout = {max(round(seconds * 1000), 1)}")
