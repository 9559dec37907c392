"""How far a replication is."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Progress", "Reporter"]


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far a replication is.

    Attributes:
        table: The table whose rows came last.
        tables_done: Tables whose rows have all arrived.
        tables: All tables.
        rows: Rows that have arrived.
        total_rows: Rows that there are to copy.
        seconds: Seconds since the replication began.
        rows_per_second: How many arrive in a second.
        seconds_left: Seconds until all have arrived at this rate; None before the first have.
    """

    table: str
    tables_done: int
    tables: int
    rows: int
    total_rows: int
    seconds: float

    @property
    def rows_per_second(self) -> float:
        """Rows in a second, since the beginning."""
        return self.rows / self.seconds if self.seconds > 0 else 0.0

    @property
    def seconds_left(self) -> float | None:
        """Seconds until all rows have arrived, at this rate."""
        rate = self.rows_per_second
        return max(self.total_rows - self.rows, 0) / rate if rate > 0 else None

    def __str__(self) -> str:
        left = "" if self.seconds_left is None else f", {self.seconds_left:,.0f} s left"
        return (
            f"{self.tables_done} of {self.tables} tables, {self.rows:,} of {self.total_rows:,} rows,"
            f" {self.rows_per_second:,.0f} rows/s{left} ({self.table})"
        )


class Reporter:
    """Counts the rows of all workers, and tells the caller: one call at a time, from whichever thread has news.

    Args:
        on_progress: Whom to tell; None for nobody.
        tables: The number of tables.
    """

    def __init__(self, on_progress: Callable[[Progress], object] | None, tables: int) -> None:
        self.total_rows = 0
        self._on_progress = on_progress
        self._tables = tables
        self._rows: dict[tuple[str, int], int] = {}
        self._done: set[str] = set()
        self._started = time.monotonic()
        self._lock = threading.Lock()

    def of(self, table: str, part: int = 0) -> Callable[[int], None] | None:
        """What a write of one table, or a range of one, calls with the number of its rows so far."""
        return None if self._on_progress is None else lambda rows: self.tell(table, rows, part=part)

    def tell(self, table: str, rows: int, *, part: int = 0, done: bool = False) -> None:
        """Say how many rows of a table, or of a range of it, have arrived, and whether the table has all."""
        if self._on_progress is None:
            return
        with self._lock:
            self._rows[table, part] = rows
            if done:
                self._done.add(table)
            self._on_progress(
                Progress(
                    table=table,
                    tables_done=len(self._done),
                    tables=self._tables,
                    rows=sum(self._rows.values()),
                    total_rows=self.total_rows,
                    seconds=time.monotonic() - self._started,
                )
            )
