"""What an earlier call with the same run_key has published of a table, also if it was killed before it was done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..types.receipt import Receipt
from ..write.load_log import load_of
from ..write.renamed import finish_renamed, is_renamed
from ..write.target import table_of
from .items import of_target, receipt_of

if TYPE_CHECKING:
    from ..write.load_log import Load, Recorded
    from ..write.target import Target
    from .items import Item, Options

__all__ = ["finished"]


def finished(item: Item, options: Options, run_key: str, *, together: bool) -> Recorded | None:
    """What is on record of a table that is published; None if it is still to be copied or published.

    Where renaming a table commits, a kill can come between it and the record, and between the record and the end of
    the staged table: what is missing then is done here.

    Args:
        item: The table, on a connection that writes.
        options: How it is written.
        run_key: What names the load.
        together: Whether the target publishes all tables at once.
    """
    target = item.target
    load = load_of(target.connection, target.dialect, run_key, target.name, target.schema)
    recorded = load.recorded() if target.table is not None else None
    if not together or target.table is None or target.dialect.capabilities.transactional_ddl:
        return recorded
    if recorded is None and load.exists() and is_renamed(target, target.table, load):
        staged = load_of(target.connection, target.dialect, run_key, item.staged, target.schema)
        receipt = _receipt(staged, item, options)
        staged.release_all()
        finish_renamed(target, target.table, load, options.mode, receipt)
        recorded = load.recorded()
    if recorded is not None:
        _clear(target, item, load)
    return recorded


def _receipt(staged: Load, item: Item, options: Options) -> str | None:
    """The receipt of a table that was renamed, as it is recorded."""
    kept = staged.recorded()
    receipt = None if kept is None or kept.receipt is None else Receipt.from_json(kept.receipt)
    receipt = receipt_of(of_target(receipt, item), options, created=True)
    return None if receipt is None else receipt.to_json()


def _clear(target: Target, item: Item, load: Load) -> None:
    """Remove what marks a table that is to be published."""
    if target.table is not None and is_renamed(target, target.table, load):
        target.dialect.label(target.connection, target.new, "")
    if target.listing.has(item.staged, target.schema):
        target.dialect.drop(target.connection, table_of(item.staged, [], target.schema))
