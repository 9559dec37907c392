"""SQLite: real transactions, and how long a statement waits for another's lock."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from .statements import driver_connection

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

__all__ = ["begin_immediate", "busy_timeout"]


def begin_immediate(connection: Connection) -> None:
    """Begin a transaction that covers DDL and is the only writer, unless one is open.

    Python's driver sends BEGIN only before INSERT, UPDATE and DELETE: a DROP or CREATE would be final at once.
    IMMEDIATE takes the writer's place now; two readers that both want to write later would lock each other out.

    Args:
        connection: A connection on which SQLAlchemy has begun.
    """
    if not driver_connection(connection).in_transaction:
        connection.exec_driver_sql("BEGIN IMMEDIATE")


@contextmanager
def busy_timeout(connection: Connection, seconds: float) -> Iterator[None]:
    """Let statements of the block wait at most so long for the lock of another connection.

    Args:
        connection: A connection of SQLite.
        seconds: The limit, for each wait; the connection's own limit holds again after the block.
    """
    raw = driver_connection(connection)
    before = raw.execute("PRAGMA busy_timeout").fetchone()[0]
    raw.execute(f"PRAGMA busy_timeout = {max(int(min(seconds, 2_000_000) * 1000), 1)}")
    try:
        yield
    finally:
        raw.execute(f"PRAGMA busy_timeout = {int(before)}")
