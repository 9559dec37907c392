"""SQLite: real transactions, how long a statement waits for another's lock, and what its driver may not do."""

from __future__ import annotations

import time
from contextlib import contextmanager
from sqlite3 import SQLITE_BUSY
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import DBAPIError

from ..problems import InvalidURLError
from ..statements import driver_connection

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sqlalchemy import URL, Connection

__all__ = ["begin_immediate", "busy_timeout", "refuse_detect_types"]


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


def refuse_detect_types(url: URL, options: Mapping[str, Any]) -> None:
    """Make sure that Python's driver converts no value: it loses zones, and takes part of a column's name for a type.

    Args:
        url: The URL of a database of SQLite.
        options: Arguments for SQLAlchemy's ``create_engine``.

    Raises:
        InvalidURLError: If ``detect_types`` is among the parameters of the driver.
    """
    for given in (url.query, options.get("connect_args") or {}):
        if str(given.get("detect_types") or 0) != "0":
            raise InvalidURLError(
                "The driver of SQLite would change values: detect_types is not supported.",
                suggestion="Leave detect_types out: columns have the values of their types without it.",
            )


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
