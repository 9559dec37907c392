"""Transactions of several connections that read the same state of some tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, Table

__all__ = ["begin_together"]

_LONGEST_WAIT: Final = 2
"""Seconds to wait for writers of the tables, if the time limit is not shorter; who wants to write waits behind."""

_OTHERS = text(
    "SELECT count(*) FROM information_schema.tables WHERE table_schema = coalesce(:schema, database())"
    " AND table_name = :name AND engine IS NOT NULL AND engine <> 'InnoDB'"
)


def begin_together(connections: Sequence[Connection], tables: Sequence[Table], seconds: float | None) -> int:
    """Begin a snapshot on each connection while nobody can write the tables.

    LOCK TABLES … READ waits for every transaction that has changed one of the tables, and keeps others from changing
    them until all snapshots have begun. It requires the privilege LOCK TABLES; without it, or if writers do not end
    soon, only the first connection reads a snapshot.

    Args:
        connections: Connections on which nothing has begun.
        tables: The tables.
        seconds: The time limit of a statement; None if there is none.

    Returns:
        On how many connections a snapshot has begun; none if a table is not one of InnoDB, which has none.
    """
    with connections[0].engine.connect() as other:
        places = ({"schema": table.schema, "name": table.name} for table in tables)
        if any(other.execute(_OTHERS, place).scalar_one() for place in places):
            return 0
        longest = _LONGEST_WAIT if seconds is None else int(min(seconds, _LONGEST_WAIT))
        if len(connections) > 1 and _locked(other, tables, longest):
            for connection in connections:
                _begin(connection)
            other.exec_driver_sql("UNLOCK TABLES")
            return len(connections)
    _begin(connections[0])
    return 1


def _locked(connection: Connection, tables: Sequence[Table], seconds: int) -> bool:
    connection.detach()  # it has a setting of its own, and the server ends its lock with it
    names = ", ".join(f"{connection.dialect.identifier_preparer.format_table(table)} READ" for table in tables)
    try:
        connection.exec_driver_sql(f"SET SESSION lock_wait_timeout = {seconds}")
        connection.exec_driver_sql(f"LOCK TABLES {names}")
    except DBAPIError:
        return False
    return True


def _begin(connection: Connection) -> None:
    connection.execution_options(isolation_level="REPEATABLE READ")
    connection.exec_driver_sql("START TRANSACTION WITH CONSISTENT SNAPSHOT")
