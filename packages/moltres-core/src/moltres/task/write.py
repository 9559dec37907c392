"""Write what was handed over into a table."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from .._shared.wording import plural
from ..dialects.connections.binding import ends_with_connections
from ..errors import ConfigurationError
from ..handoff import drop_staged, pick_up
from .lineage import Lineage, handed_over, place, table

if TYPE_CHECKING:
    from ..database import Database
    from ..write import WriteResult
    from .options import WriteOptions

_COUNTS = ("rows_deleted", "rows_closed", "rows_unchanged")


@dataclass(frozen=True)
class WriteOutcome:
    """What a writing task did.

    Attributes:
        written: What the write did.
        lineage: What it read and wrote.
        run_key: What the load is recorded under, if it is.
        place: The database, without secrets.
    """

    written: WriteResult
    lineage: Lineage
    run_key: str | None
    place: str

    @property
    def summary(self) -> str:
        """The same in one line, for the log: rows, table, mode, database and seconds, without any secret."""
        written = self.written
        table_name = f"{written.table_name} (mode {written.mode}) in {self.place}"
        if written.skipped and self.run_key is not None:
            return (
                f"An earlier try has written these rows already to {table_name}: nothing was added. "
                f"run_key={self.run_key}"
            )
        if written.incremental is not None:
            read = written.incremental
            table_name += f", {read.cursor} from {read.started} to {read.watermark}"
        done = "nothing" if written.skipped else plural(written.rows_written, "row")
        if written.rejects is not None:
            table_name += f", {written.rejects.rows_rejected:,} rejected to {written.rejects.table}"
        receipt = written.receipt
        proof = "" if receipt is None else f"; proved by {receipt.landed}" if receipt.proved else "; not proved"
        return f"{done} written to {table_name}, in {written.seconds:.3f} s{proof}"

    def to_dict(self) -> dict[str, Any]:
        """The result of the task: ``success``, ``table_name``, ``mode``, ``rows_written``, ``skipped``, ``receipt``.

        With a cursor also ``incremental``, as of `Incremental.to_dict`; ``rows_deleted``, ``rows_closed``,
        ``rows_unchanged`` and ``schema_changes`` if there are some; ``rejects`` if they are kept.
        """
        read = self.written.incremental
        return {
            "success": True,
            "table_name": self.written.table_name,
            "mode": self.written.mode,
            "rows_written": self.written.rows_written,
            "skipped": self.written.skipped,
            "receipt": None if self.written.receipt is None else self.written.receipt.to_dict(),
            **{name: number for name in _COUNTS if (number := getattr(self.written, name))},
            **({"schema_changes": list(self.written.schema_changes)} if self.written.schema_changes else {}),
            **({} if self.written.rejects is None else {"rejects": asdict(self.written.rejects)}),
            **({} if read is None else {"incremental": read.to_dict()}),
        }


def run_write(
    target: Database, source: Database, value: Any, options: WriteOptions, *, run_key: str | None
) -> WriteOutcome:
    """Write what was handed over into a table, atomically.

    Args:
        target: The database of the table.
        source: Where staged rows lie.
        value: What was handed over, in any form that ``moltres.handoff.pick_up`` takes.
        options: How to write.
        run_key: What the load is recorded under; None to record nothing.

    Raises:
        ConfigurationError: If the table would be gone with the task.
        MoltresError: If the rows cannot be written; the table is as it was.
    """
    if not target.joined and ends_with_connections(target.engine):
        raise ConfigurationError(
            f"The table {options.table_name!r} would be in a database in memory, which ends with this task.",
            suggestion="Name a file or a server, or give a session.",
        )
    written = target.write(pick_up(source, value)).save_as_table(
        options.table_name, run_key=run_key, verify=options.verify, **options.of_mode()
    )
    rejects = written.rejects
    names = [options.table_name, *([rejects.table] if rejects is not None and rejects.rows_rejected else [])]
    lineage = Lineage(
        inputs=handed_over(source, value),
        outputs=tuple(table(target, name) for name in names),
        rows_written=written.rows_written,
    )
    if options.drop_staged:
        drop_staged(source, value)
    return WriteOutcome(written, lineage, run_key, place(target))
