"""How much memory a DuckDB in this process takes."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from ..._shared.statements import driver_connection

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Connection, FromClause

__all__ = ["ScanMemory", "is_stored", "limit_memory"]

_FOR_A_THREAD: Final = 2**29
_UNITS: Final = {"bytes": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}

_limited: dict[str, Callable[[], None]] = {}
"""What gives their memory back to the databases of this process that are limited now, by the path of the file."""


def limit_memory(raw: Any) -> None:
    """Half a gigabyte for each thread, but no more than DuckDB would take; what needs more is spilt to disk.

    DuckDB's own limit, most of the machine's memory, assumes that no other process uses it.
    """
    threads, limit = _settings(raw)
    _lower(raw, limit, threads * _FOR_A_THREAD)


def is_stored(connection: Connection, from_: FromClause) -> bool:
    """Whether this is a table, and no view or query.

    Args:
        connection: The database.
        from_: What is read.
    """
    if not isinstance(from_, sa.TableClause):
        return False
    asked = sa.text(
        "SELECT 1 FROM duckdb_tables() WHERE database_name = current_database()"
        " AND schema_name = coalesce(:schema, current_schema()) AND table_name = :name"
    )
    return connection.execute(asked, {"schema": from_.schema, "name": from_.name}).first() is not None


@dataclass(frozen=True)
class ScanMemory:
    """Lets a database keep little in memory of the tables that it scans.

    DuckDB keeps what it has read of a file until it has most of the machine's memory. A scan needs each block once.

    Args:
        least: Bytes that it may take.
        for_a_column: Bytes for each column and thread, if that is more: a thread holds a few blocks of 256 KiB of each.
    """

    least: int = 2**25
    for_a_column: int = 2**20

    def is_alone(self, connection: Connection) -> bool:
        """Whether this is the only connection of this process to its database, whose settings are nobody else's then.

        Args:
            connection: The connection, which has just been opened.
        """
        # Without SQLAlchemy, which would begin a transaction.
        asked = driver_connection(connection).execute("SELECT count FROM duckdb_connection_count()")
        return int(asked.fetchone()[0]) == 1

    @contextlib.contextmanager
    def limited(self, connection: Connection, from_: FromClause, *, alone: bool) -> Iterator[Callable[[], None] | None]:
        """A block in which little memory is taken for a table; a view or a query sorts and joins as well.

        Args:
            connection: The connection.
            from_: What is scanned.
            alone: Whether it was alone when it was opened.

        Yields:
            What gives the memory back, for a statement that needs more; None if the database is that of others, and not
            limited here either.
        """
        asked = "SELECT path FROM duckdb_databases() WHERE database_name = current_database()"
        path = connection.exec_driver_sql(asked).scalar_one()
        if path is None or not alone or not is_stored(connection, from_):
            yield _limited.get(path)
            return
        before: list[str] = []
        # A transaction that has failed runs no statement.
        with contextlib.closing(driver_connection(connection).duplicate()) as other:

            def give_back() -> None:
                while before:
                    amount, unit = before.pop().split()
                    # DuckDB prints it cut off to one digit.
                    other.execute(f"SET memory_limit = '{float(amount) + 0.05:.2f} {unit}'")

            threads, limit = _settings(other)
            # Nothing changes if the configuration is locked.
            with contextlib.suppress(connection.dialect.loaded_dbapi.Error):
                if _lower(other, limit, max(self.least, threads * len(from_.columns) * self.for_a_column)):
                    before.append(limit)
            _limited[path] = give_back
            try:
                yield give_back
            finally:
                del _limited[path]
                give_back()


def _settings(raw: Any) -> tuple[int, str]:
    """How many threads there are, and how much memory they may take."""
    ((threads, limit),) = raw.execute("SELECT current_setting('threads'), current_setting('memory_limit')").fetchall()
    return int(threads), str(limit)


def _lower(raw: Any, limit: str, most: int) -> bool:
    """Lower a limit to a number of bytes; whether it was greater."""
    amount, unit = limit.split()
    if most >= float(amount) * _UNITS[unit]:
        return False
    raw.execute(f"SET memory_limit = '{most}B'")
    return True
