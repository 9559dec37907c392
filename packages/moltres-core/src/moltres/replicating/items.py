"""The tables of a replication, how they are written, and what has arrived of them."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ..write.load_log import load_of
from ..write.request import WriteRequest
from .names import Place
from .ranges import NO_KEY, Key

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..frame.source import Incremental, Mode, OnSchemaChange
    from ..types.receipt import Receipt
    from ..write.target import Target

__all__ = ["Arrived", "Item", "New", "Options", "of_target", "receipt_of"]


@dataclass(frozen=True, kw_only=True)
class Options:
    """How a replication writes; see `replicate`."""

    mode: Mode
    run_key: str | None
    schema: str | None
    target_schema: str | None
    batch_rows: int
    cascade: bool
    verify: bool
    range_rows: int | None
    range_keys: Mapping[str, str]
    keys: Sequence[str] | Mapping[str, Sequence[str]] | None
    cursor: str | None
    lag: Any
    delete_missing: Any
    delete_at_most: float | None
    on_schema_change: OnSchemaChange

    @staticmethod
    def lookup(name: str, schema: str | None) -> WriteRequest:
        """What looks a table up, by its name as it is: that of a table of the source may have a dot."""
        return WriteRequest(name=name, schema=schema, as_it_is=True)

    def of_mode(self, item: Item) -> dict[str, Any]:
        """The mode of the write of a table, and its options."""
        own = ("mode", "cascade", "cursor", "lag", "delete_missing", "delete_at_most", "on_schema_change")
        return {**{name: getattr(self, name) for name in own}, "keys": item.keys}

    def request(self, item: Item) -> WriteRequest:
        """The request of the write of a table from rows that are staged."""
        request = WriteRequest(name=item.target.name, schema=item.target.schema, as_it_is=True, **self.of_mode(item))
        return replace(request, batch_rows=self.batch_rows, verify=self.verify)

    @property
    def merges(self) -> bool:
        """Whether rows are compared with those of a table that is there."""
        return self.mode == "merge" or self.cursor is not None


@dataclass(frozen=True, kw_only=True)
class Item:
    """One table of a plan.

    Attributes:
        source: Where it is.
        target: The table that is written.
        staged: The name of the table, beside it, that takes its rows before all are published.
        key: What ranges of it are ranges of.
        keys: For merge: the columns that tell its rows apart.
        left_out: Columns of the source that the target does not have, and which are not read.
        done: Whether there is nothing to do.
        rows: The rows on record, if it is done.
    """

    source: Place
    target: Target
    staged: str
    key: Key = NO_KEY
    keys: tuple[str, ...] | None = None
    left_out: tuple[str, ...] = ()
    done: bool = False
    rows: int | None = None

    @property
    def place(self) -> Place:
        """The table that is written, as a name."""
        return Place(self.target.schema, self.target.name)


@dataclass(frozen=True)
class New:
    """How far a table of the source was read.

    Attributes:
        key: What that is recorded under, for the target.
        begun: What was on record when the rows were read; None if nothing was.
        mark: What is on record once they are published.
        told: What the result says of it; None of rows that an earlier call has read.
    """

    key: str
    begun: str | None
    mark: str
    told: Incremental | None = None

    def to_json(self) -> str:
        """The record of it, with the staged rows."""
        return json.dumps({"key": self.key, "begun": self.begun, "mark": self.mark})

    @classmethod
    def of_json(cls, text: str) -> New:
        """What `to_json` has recorded."""
        return cls(**json.loads(text))

    def record(self, target: Target, mode: str, rows: int, receipt: str | None) -> None:
        """Record it, and the receipt, in the transaction that publishes the rows."""
        load = load_of(target.connection, target.dialect, self.key, target.name, target.schema)
        load.replace(mode, rows, receipt, self.mark)


@dataclass(frozen=True)
class Arrived:
    """A table whose rows are all in its staged table.

    Attributes:
        item: The table.
        rows: How many they are.
        receipt: What proves them; None if nothing does.
        new: With a cursor: how far the source was read.
    """

    item: Item
    rows: int
    receipt: Receipt | None
    new: New | None = None


def of_target(receipt: Receipt | None, item: Item) -> Receipt | None:
    """The receipt of a staged table as that of the table that its rows are for."""
    return None if receipt is None else replace(receipt, table=item.target.name, schema=item.target.schema)


def receipt_of(receipt: Receipt | None, options: Options, *, created: bool) -> Receipt | None:
    """The receipt of a staged table as that of its target: it tells of all rows there unless there were others."""
    if receipt is None:
        return None
    others = options.mode in ("append", "merge") and not created
    return replace(receipt, mode=options.mode, covers="rows" if others else "table")
