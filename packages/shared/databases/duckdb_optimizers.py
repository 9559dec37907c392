"""Optimizers of DuckDB that give wrong rows."""

from __future__ import annotations

import threading
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator

__all__ = ["INEXACT", "WRONG", "disable_wrong_optimizers", "disabled"]

WRONG: Final = frozenset({"join_filter_pushdown"})
"""Of DuckDB 1.5: it loses rows at random in a page (LIMIT, OFFSET) that is joined with itself."""


INEXACT: Final = frozenset({"filter_pushdown", "statistics_propagation"})
"""Those that let Arrow and the statistics of Parquet files answer conditions: neither compares NaN as DuckDB does."""

_lock = threading.Lock()
_blocks: Counter[Hashable] = Counter()
"""The blocks of `disabled` that are open, by database."""
_before: dict[Hashable, str] = {}
"""What was disabled before the first of them."""


@contextmanager
def disabled(raw: Any, database: Hashable, names: frozenset[str]) -> Iterator[None]:
    """Disable optimizers for a block, beside what is disabled already; the setting is that of the whole database.

    What was set before comes back with the end of the last block that is open for the database.

    Args:
        raw: The driver's connection.
        database: What tells the database from others of this process.
        names: The optimizers.

    Raises:
        duckdb.Error: If one is not disabled, and the configuration of the database is locked.
    """
    other = raw.duplicate()  # a transaction that has failed runs no statement
    try:
        with _lock:
            said = _setting(other)
            _disable(other, said, names)
            _before.setdefault(database, said)
            _blocks[database] += 1
        try:
            yield
        finally:
            with _lock:
                _blocks[database] -= 1
                if not _blocks[database]:
                    del _blocks[database]
                    said = _before.pop(database)
                    if said != _setting(other):
                        other.execute(f"SET disabled_optimizers = '{said}'")
    finally:
        other.close()


def _setting(cursor: Any) -> str:
    ((said,),) = cursor.execute("SELECT current_setting('disabled_optimizers')").fetchall()
    return str(said)


def _disable(cursor: Any, said: str, names: frozenset[str]) -> None:
    already = {name.strip() for name in said.split(",") if name.strip()}
    if not already >= names:
        cursor.execute(f"SET disabled_optimizers = '{','.join(sorted(already | names))}'")


def disable_wrong_optimizers(raw: Any) -> None:
    """Disable them for the database of a connection, beside what is disabled already.

    Args:
        raw: The driver's connection.
    """
    cursor = raw.cursor()
    try:
        cursor.execute("SELECT current_setting('disabled_optimizers')")
        _disable(cursor, cursor.fetchone()[0], WRONG)
    finally:
        cursor.close()
