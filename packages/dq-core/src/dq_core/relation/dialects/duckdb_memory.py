"""How much memory a DuckDB in this process takes."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["is_alone", "limit_memory", "little_memory"]

_FOR_A_THREAD: Final = 2**29
_LEAST: Final = 2**25
"""Bytes for a scan at least …"""
_FOR_A_COLUMN: Final = 2**20
"""… and so many for each column and thread: a thread holds a few blocks of 256 KiB of each."""
_UNITS: Final = {"bytes": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}

_limited: dict[str, Callable[[], None]] = {}
"""What gives their memory back to the databases of this process that are limited now, by the path of the file."""


def limit_memory(raw: Any) -> None:
    """Half a gigabyte for each thread, but no more than DuckDB would take; what needs more is spilt to disk.

    DuckDB's own limit, most of the machine's memory, assumes that no other process uses it.
    """
    threads, limit = _settings(raw)
    _lower(raw, limit, threads * _FOR_A_THREAD)


def is_alone(raw: Any) -> bool:
    """Whether this is the only connection of this process to its database, whose settings are nobody else's then.

    Args:
        raw: The driver's connection.
    """
    ((number,),) = raw.execute("SELECT count FROM duckdb_connection_count()").fetchall()
    return int(number) == 1


@contextlib.contextmanager
def little_memory(
    raw: Any, columns: int, error: type[Exception], *, alone: bool
) -> Iterator[Callable[[], None] | None]:
    """Let a database keep little in memory of what it scans, for a block.

    DuckDB keeps what it has read of a file until it has most of the machine's memory. A scan needs each block once.

    Args:
        raw: The driver's connection.
        columns: How many columns are read.
        error: What the driver raises.
        alone: Whether nobody else used the database when this connection was opened.

    Yields:
        What gives the memory back, for a statement that needs more; None if the database is that of others, and not
        limited here either.
    """
    ((path,),) = raw.execute("SELECT path FROM duckdb_databases() WHERE database_name = current_database()").fetchall()
    if path is None or not alone:
        yield _limited.get(path)
        return
    before: list[str] = []
    with contextlib.closing(raw.duplicate()) as other:  # a transaction that has failed runs no statement

        def give_back() -> None:
            while before:
                amount, unit = before.pop().split()
                # DuckDB prints it cut off to one digit.
                other.execute(f"SET memory_limit = '{float(amount) + 0.05:.2f} {unit}'")

        threads, limit = _settings(other)
        # Nothing changes if the configuration is locked.
        with contextlib.suppress(error):
            if _lower(other, limit, max(_LEAST, threads * columns * _FOR_A_COLUMN)):
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
