"""The rows of one table on their way into a table beside the target, where no reader looks for them."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from sqlalchemy import inspect

from ..dialects.names import require_names
from ..types.receipt import Receipt
from ..write.inputs import Streamed
from ..write.load_log import load_of
from ..write.stream import open_stream
from ..write.target import table_of
from .plan import Arrived

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..database import Database
    from ..frame.dataframe import DataFrame
    from ..types.arrow import Named
    from .plan import Item, Options

__all__ = ["RANGES", "arrived_before", "columns_of_staged", "drop_staged", "of_target", "stage"]

RANGES: Final = "ranges"
"""The mode on record of a staged table whose ranges are recorded one by one, until it has all of them."""


def arrived_before(target: Database, item: Item, run_key: str | None) -> Arrived | None:
    """What a call with this key has staged before; None if it has not finished that.

    What it has left unfinished is dropped.
    """
    if run_key is None:
        return None
    with target.writing() as connection:
        load = load_of(connection, target.dialect, run_key, item.staged, item.target.schema)
        recorded = load.recorded()
        if inspect(connection).has_table(item.staged, schema=item.target.schema):
            if recorded is not None and recorded.mode != RANGES:
                receipt = None if recorded.receipt is None else Receipt.from_json(recorded.receipt)
                return Arrived(item, recorded.rows or 0, of_target(receipt, item))
            target.dialect.drop(connection, table_of(item.staged, [], item.target.schema))
        load.release_all()
    return None


def stage(
    target: Database, frame: DataFrame, item: Item, options: Options, on_progress: Callable[[int], object] | None
) -> Arrived:
    """Copy the rows of a table, and record with them that these are all.

    Args:
        target: Where the rows go.
        frame: The rows.
        item: The table.
        options: How it is written.
        on_progress: Called with the number of rows so far.

    Returns:
        What has arrived.
    """
    columns = columns_of_staged(target, frame, item, options)
    with target.writing() as connection:
        target.dialect.create(connection, table_of(item.staged, columns, item.target.schema))
    result = target.write(frame).save_as_table(
        item.staged,
        mode="append",
        schema=item.target.schema,
        run_key=options.run_key,
        batch_rows=options.batch_rows,
        verify=options.verify,
        on_progress=on_progress,
    )
    return Arrived(item, result.rows_written, of_target(result.receipt, item))


def of_target(receipt: Receipt | None, item: Item) -> Receipt | None:
    """The receipt of a staged table as that of the table that its rows are for."""
    return None if receipt is None else replace(receipt, table=item.target.name, schema=item.target.schema)


def columns_of_staged(target: Database, frame: DataFrame, item: Item, options: Options) -> list[Named]:
    """The columns of the staged table: with the types of the target where it keeps its columns."""
    table = item.target.table
    if table is not None and item.target.has_the_columns(frame.columns):
        return [(name, table.columns[name].type) for name in frame.columns]
    with target.connection() as connection, closing(open_stream(frame, options.batch_rows)) as stream:
        rows = Streamed(connection, target.dialect, stream)
        require_names((name for name, _ in rows.columns or []), target.dialect.capabilities, target.dialect.name)
        return rows.new_types()


def drop_staged(target: Database, item: Item) -> None:
    """Drop the staged table of an item, if it is there."""
    with target.writing() as connection:
        target.dialect.drop_if_exists(connection, table_of(item.staged, [], item.target.schema))
