"""What a replication has done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from .._shared.wording import plural

if TYPE_CHECKING:
    from ..frame.source import Incremental
    from ..types.receipt import Receipt

__all__ = ["ReplicatedTable", "Replication"]


@dataclass(frozen=True, kw_only=True)
class ReplicatedTable:
    """One table of a replication.

    Attributes:
        source: The table or view that was read, ``name`` or ``schema.name``.
        target: The table that was written, likewise.
        rows: Rows that were written; of one that was skipped those on record, None if they are not known.
        rows_updated: Those of them that were there and got new values.
        rows_deleted: Rows that the source no longer has, and that were deleted or marked.
        seconds: How long the copy took, without waiting for other tables; of ranges, all of them together.
        created: Whether the table is new.
        skipped: Whether nothing was done: its run_key is recorded already, or mode ``ignore`` found the table.
        schema_changes: How the columns of the table or of the rows were changed, a phrase for each.
        incremental: With a cursor: how far the source was read, and what can be promised (`moltres.Incremental`).
        receipt: What proves that the rows arrived as they were read (`moltres.Receipt`), as in `WriteResult`.
        resumed: Whether the rows had arrived before, by a call with this run_key that did not come to its end.
        ranges: In how many ranges of a key the table was read.
        range_key: The key; None if it was read whole.
        ranges_resumed: How many of the ranges had arrived before.
        whole_because: Why a table with more than ``range_rows`` rows was read whole; None if it was not.
    """

    source: str
    target: str
    rows: int | None
    seconds: float = 0.0
    created: bool = False
    skipped: bool = False
    resumed: bool = False
    ranges: int = 1
    range_key: str | None = None
    ranges_resumed: int = 0
    whole_because: str | None = None
    rows_updated: int = 0
    rows_deleted: int = 0
    schema_changes: tuple[str, ...] = ()
    incremental: Incremental | None = None
    receipt: Receipt | None = None


@dataclass(frozen=True, kw_only=True)
class Replication:
    """What a replication has done.

    Attributes:
        tables: One entry for each table, in the order of the source's names.
        seconds: How long all of it took.
        connections: How many connections read the source.
        snapshot: ``"one"`` if all rows are those of one moment; ``"resumed"`` if those of the tables that are
            `resumed` are of an earlier moment, that of the call which read them; ``"none"`` if each table is as it was
            when its own copy began, because the source has no snapshot of several tables.
        published: ``"together"`` if readers of the target saw all tables at once; ``"each"`` if each table was a
            commit of its own, because the target has no transaction of several tables.
    """

    tables: tuple[ReplicatedTable, ...]
    seconds: float
    connections: int
    snapshot: Literal["one", "resumed", "none"]
    published: Literal["together", "each"]

    @property
    def rows(self) -> int:
        """Rows that this call has written."""
        return sum(table.rows or 0 for table in self.tables if not table.skipped)

    def to_dict(self) -> dict[str, Any]:
        """The result as plain values, for logs and programs."""
        tables = [
            {
                **vars(table),
                "receipt": None if table.receipt is None else table.receipt.to_dict(),
                "incremental": None if table.incremental is None else table.incremental.to_dict(),
            }
            for table in self.tables
        ]
        return {**vars(self), "tables": tables, "rows": self.rows}

    def to_text(self) -> str:
        """The result as a table for people."""
        lines = [
            (
                table.source,
                table.target,
                "?" if table.rows is None else f"{table.rows:,}",
                f"{table.seconds:.1f} s",
                "skipped" if table.skipped else ", ".join(self._notes(table)),
            )
            for table in self.tables
        ]
        head = ("source", "target", "rows", "time", "")
        widths = [max(len(line[index]) for line in (head, *lines)) for index in range(len(head))]
        shown = [
            "  ".join(
                part.rjust(width) if index in (2, 3) else part.ljust(width)
                for index, (part, width) in enumerate(zip(line, widths, strict=True))
            ).rstrip()
            for line in (head, *lines)
        ]
        return "\n".join([*shown, f"{self}"]) + "\n"

    @staticmethod
    def _notes(table: ReplicatedTable) -> list[str]:
        notes = [note for note, holds in (("new", table.created), ("resumed", table.resumed)) if holds]
        if table.range_key is not None:
            resumed = f", {table.ranges_resumed} resumed" if table.ranges_resumed and not table.resumed else ""
            notes.append(f"{table.ranges} ranges of {table.range_key}{resumed}")
        notes += [f"{table.rows_updated:,} updated"] * bool(table.rows_updated)
        notes += [f"{table.rows_deleted:,} deleted"] * bool(table.rows_deleted)
        notes += table.schema_changes
        if table.whole_because is not None:
            notes.append(f"read whole: {table.whole_because}")
        return notes

    def __str__(self) -> str:
        read = {
            "one": "read at one moment",
            "resumed": "resumed tables read at an earlier moment",
            "none": "each table read at a moment of its own",
        }[self.snapshot]
        published = {"together": "published together", "each": "published one by one"}[self.published]
        moved = f"{plural(len(self.tables), 'table')}, {plural(self.rows, 'row')}"
        return f"{moved} in {self.seconds:.1f} s: {read}, {published}."
