"""The ranges of one table on their way into one staged table: each its own transaction, recorded with its rows."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import reduce
from operator import add
from threading import Lock
from typing import TYPE_CHECKING

from sqlalchemy import inspect

from .._shared.fingerprints.fingerprint import Fingerprint
from ..errors import WriteError
from ..types.receipt import Receipt
from ..write.load_log import load_of
from ..write.target import table_of
from .items import Arrived, of_target
from .ranges import Asked, Ranges, ranges_of
from .stage import RANGES, columns_of_staged, naming_the_target

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import Connection

    from ..database import Database
    from ..frame.dataframe import DataFrame
    from ..write.load_log import Load
    from .items import Item, Options

__all__ = ["Parts", "Staging"]


@dataclass(frozen=True)
class Part:
    """One range that has arrived.

    Attributes:
        rows: Its rows.
        receipt: What proves them; None if nothing does.
        resumed: Whether an earlier call has copied it.
    """

    rows: int
    receipt: Receipt | None
    resumed: bool = False


@dataclass
class Parts:
    """A table that is copied range by range.

    Attributes:
        item: The table.
        ranges: Its ranges.
        fresh: Whether they were chosen by this call, in the snapshot that it reads.
        arrived: The ranges that have arrived, by number.
        seconds: How long their copies took, added up.
    """

    item: Item
    ranges: Ranges
    fresh: bool
    arrived: dict[int, Part] = field(default_factory=dict)
    seconds: float = 0.0
    lock: Lock = field(default_factory=Lock)

    @property
    def missing(self) -> list[int]:
        """The ranges that are still to be copied."""
        return [number for number in range(len(self.ranges)) if number not in self.arrived]

    @property
    def resumed(self) -> int:
        """How many ranges an earlier call has copied."""
        return sum(part.resumed for part in self.arrived.values())

    def note(self, number: int, part: Part) -> bool:
        """Note that a range has arrived; returns whether it was the last one."""
        with self.lock:
            self.arrived[number] = part
            return len(self.arrived) == len(self.ranges)

    def whole(self, target: Database, options: Options) -> Arrived:
        """All ranges together, once each has arrived; recorded under the run_key, if there is one.

        Raises:
            WriteError: If they have not the rows of the table: then its values have no order that can be trusted.
        """
        parts = [self.arrived[number] for number in range(len(self.ranges))]
        rows, item = sum(part.rows for part in parts), self.item
        if self.fresh and rows != self.ranges.rows:
            raise WriteError(
                f"The ranges of {self.ranges.key!r} have {rows:,} of the {self.ranges.rows:,} rows of {item.source}:"
                " the source does not put its values in one order.",
                suggestion="Name another column in range_keys, or read tables whole with range_rows=None.",
            )
        receipt = _sum([part.receipt for part in parts])
        if options.run_key is not None:
            with target.writing() as connection:
                load = load_of(connection, target.dialect, options.run_key, item.staged, item.target.schema)
                load.release()
                load.claim("append")
                load.finish(rows, None if receipt is None else receipt.to_json())
        return Arrived(item, rows, of_target(receipt, item))


def _sum(receipts: Sequence[Receipt | None]) -> Receipt | None:
    """The receipt of several ranges of one table."""
    known = [one for one in receipts if one is not None]
    if len(known) < len(receipts):
        return None
    landed = [one.landed for one in known if one.landed is not None]
    return replace(
        known[-1],
        source=reduce(add, (one.source for one in known), Fingerprint()),
        landed=reduce(add, landed, Fingerprint()) if len(landed) == len(known) else None,
        not_covered={name: why for one in known for name, why in one.not_covered.items()},
        reason=next((one.reason for one in known if one.reason is not None), None),
    )


@dataclass(frozen=True)
class Staging:
    """A table of the source, and the staged table that takes its rows.

    Attributes:
        target: Where the rows go.
        options: How they are written.
        item: The table.
        reader: What reads the source.
        frame: All rows of the table.
    """

    target: Database
    options: Options
    item: Item
    reader: Database
    frame: DataFrame

    def _load(self, connection: Connection, key: str | None = None) -> Load:
        key = key or self.options.run_key or ""
        return load_of(connection, self.target.dialect, key, self.item.staged, self.item.target.schema)

    def resumed(self) -> Parts | None:
        """The ranges that a call with this run_key has chosen, and those of them that it has copied."""
        if self.options.run_key is None:
            return None
        with self.target.writing() as connection:
            recorded = self._load(connection).recorded()
            there = inspect(connection).has_table(self.item.staged, schema=self.item.target.schema)
            if recorded is None or not there or recorded.mode != RANGES or recorded.watermark is None:
                return None
            parts = Parts(self.item, Ranges.of_json(recorded.watermark), fresh=False)
            for number in parts.missing:
                part = self._load(connection, key_of_part(number)).recorded()
                if part is not None:
                    receipt = None if part.receipt is None else Receipt.from_json(part.receipt)
                    parts.arrived[number] = Part(part.rows or 0, receipt, resumed=True)
            return parts

    def _has_arrived(self) -> bool:
        """Whether a call with this run_key has copied all of the table."""
        if self.options.run_key is None:
            return False
        with self.target.writing() as connection:
            recorded = self._load(connection).recorded()
            there = inspect(connection).has_table(self.item.staged, schema=self.item.target.schema)
            return recorded is not None and there and recorded.mode != RANGES

    def begun(self, rows: int, size: int) -> Parts | str | None:
        """Choose ranges, and make the staged table.

        Args:
            rows: The rows of the table.
            size: The rows of a range.

        Returns:
            The ranges; a string says why there are none; None if a call with this run_key has copied the table.
        """
        if self._has_arrived():
            return None
        item, dialect = self.item, self.target.dialect
        ranges = ranges_of(self.reader, self.frame, Asked(item.source, item.key, rows, size))
        if isinstance(ranges, str):
            return ranges
        columns = columns_of_staged(self.target, self.frame, item, self.options)
        with self.target.writing() as connection:
            if self.options.run_key is not None:
                load = self._load(connection)
                if not load.keeps("watermark"):
                    return "the table moltres_loads of an earlier version has no column for ranges"
                load.release_all()
            staged = table_of(item.staged, columns, item.target.schema)
            dialect.drop_if_exists(connection, staged)
            dialect.create(connection, staged)
            if self.options.run_key is not None:
                load.claim(RANGES)
                load.finish(0, watermark=ranges.to_json())
        return Parts(item, ranges, fresh=True)

    def copied(self, parts: Parts, number: int, on_progress: Callable[[int], object] | None) -> bool:
        """Copy the rows of a range, and record with them that these are all; returns whether it was the last one.

        Args:
            parts: The ranges.
            number: Which one.
            on_progress: Called with the number of rows so far.

        Raises:
            WriteError: If another call with the same run_key copies it at the same time.
        """
        options = self.options
        with naming_the_target(self.item):
            result = self.target.write(parts.ranges.of(self.frame, number)).save_as_table(
                self.item.staged,
                mode="append",
                schema=self.item.target.schema,
                run_key=None if options.run_key is None else key_of_part(number),
                batch_rows=options.batch_rows,
                verify=options.verify,
                on_progress=on_progress,
            )
        if result.skipped:
            raise WriteError(
                f"Another call with the run_key {options.run_key!r} copies {self.item.source} at the same time.",
                suggestion="Let one call end before you begin the next.",
            )
        return parts.note(number, Part(result.rows_written, result.receipt))


def key_of_part(number: int) -> str:
    """What the load of a range is recorded under, for the staged table."""
    return f"moltres range {number}"
