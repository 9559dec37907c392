"""The rows of one table on their way into a table beside the target, where no reader looks for them."""

from __future__ import annotations

from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import inspect

from ..database import connect
from ..dialects.sql.names import require_names
from ..errors import MoltresError
from ..types.receipt import Receipt
from ..write.inputs import Streamed
from ..write.load_log import load_of
from ..write.stream import open_stream
from ..write.target import find_target, table_of
from .increments import begun, is_current, read_to
from .items import Arrived, New, of_target

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Connection

    from ..database import Database
    from ..frame.dataframe import DataFrame
    from ..frame.source import WriteResult
    from ..types.arrow import Named
    from ..write.target import Target
    from .items import Item, Options

__all__ = ["RANGES", "arrived_before", "columns_of_staged", "drop_staged", "naming_the_target", "stage"]

RANGES: Final = "ranges"
"""The mode on record of a staged table whose ranges are recorded one by one, until it has all of them."""


def arrived_before(target: Database, item: Item, options: Options) -> Arrived | None:
    """What a call with this key has staged before; None if it has not finished that.

    What it has left unfinished is dropped, and what is new no longer, because another load has read it as well.
    """
    if options.run_key is None:
        return None
    with target.writing() as connection:
        load = load_of(connection, target.dialect, options.run_key, item.staged, item.target.schema)
        recorded = load.recorded()
        if inspect(connection).has_table(item.staged, schema=item.target.schema):
            if recorded is not None and recorded.mode != RANGES:
                receipt = None if recorded.receipt is None else Receipt.from_json(recorded.receipt)
                new = None if recorded.watermark is None else New.of_json(recorded.watermark)
                now = find_target(target, connection, options.lookup(item.target.name, item.target.schema))
                if _still_holds(connection, now, new, options):
                    return Arrived(item, recorded.rows or 0, of_target(receipt, item), new)
            target.dialect.drop(connection, table_of(item.staged, [], item.target.schema))
        load.release_all()
    return None


@contextmanager
def naming_the_target(item: Item) -> Iterator[None]:
    """Let errors of the block name the table that the rows are for, and not the one that they are staged in.

    Args:
        item: The table.
    """

    def named(value: Any) -> Any:
        if isinstance(value, str):
            return value.replace(item.staged, item.target.name)
        if isinstance(value, dict):
            return {key: named(one) for key, one in value.items()}
        return [named(one) for one in value] if isinstance(value, list) else value

    try:
        yield
    except MoltresError as error:
        error.__dict__.update({key: named(value) for key, value in vars(error).items()})
        error.args = tuple(map(named, error.args))
        raise


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
    key, increment = ("", None) if options.cursor is None else begun(target, frame, item, options)
    if increment is not None:
        frame = increment.data
    columns = columns_of_staged(target, frame, item, options)
    with target.writing() as connection:
        target.dialect.create(connection, table_of(item.staged, columns, item.target.schema))

    def copied(into: Database) -> WriteResult:
        with naming_the_target(item):
            return into.write(frame).save_as_table(
                item.staged,
                mode="append",
                schema=item.target.schema,
                run_key=options.run_key,
                batch_rows=options.batch_rows,
                verify=options.verify,
                on_progress=on_progress,
            )

    if increment is None:
        result = copied(target)
        return Arrived(item, result.rows_written, of_target(result.receipt, item))
    # In one transaction: rows of which nobody knows how far they go would have to be copied again.
    with target.transaction() as connection:
        result = copied(connect(connection, query_timeout=target.query_timeout, schema=target.schema))
        staged = find_target(target, connection, options.lookup(item.staged, item.target.schema))
        new = read_to(connection, staged, key, increment)
        if options.run_key is not None:
            load = load_of(connection, target.dialect, options.run_key, item.staged, item.target.schema)
            load.finish(result.rows_written, watermark=new.to_json())
    return Arrived(item, result.rows_written, of_target(result.receipt, item), new)


def _still_holds(connection: Connection, target: Target, new: New | None, options: Options) -> bool:
    """Whether staged rows are what is to be published."""
    if options.cursor is None:
        return new is None
    return new is not None and is_current(connection, target, new)


def columns_of_staged(target: Database, frame: DataFrame, item: Item, options: Options) -> list[Named]:
    """The columns of the staged table: with the types of the target where it keeps its columns."""
    table = item.target.table
    if table is not None and item.target.has_the_columns(frame.columns) and options.on_schema_change == "fail":
        return [(name, table.columns[name].type) for name in frame.columns]
    with target.connection() as connection, closing(open_stream(frame, options.batch_rows)) as stream:
        rows = Streamed(connection, target.dialect, stream)
        require_names((name for name, _ in rows.columns or []), target.dialect.capabilities, target.dialect.name)
        types = rows.new_types()
        if table is None or options.mode not in ("append", "merge") or options.on_schema_change == "append_new_columns":
            return types  # wide enough for what the table may become
        return [(name, table.c[name].type if name in table.c else type_) for name, type_ in types]


def drop_staged(target: Database, item: Item) -> None:
    """Drop the staged table of an item, if it is there."""
    with target.writing() as connection:
        target.dialect.drop_if_exists(connection, table_of(item.staged, [], item.target.schema))
