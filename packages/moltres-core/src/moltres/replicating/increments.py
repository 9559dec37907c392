"""What is new in a table of the source, as it is staged and recorded with the rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..dialects.base import named
from ..write.incremental import Increment, key_of
from ..write.load_log import load_of
from ..write.target import find_target
from .items import New

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from ..database import Database
    from ..frame.dataframe import DataFrame
    from ..write.target import Target
    from .items import Item, Options

__all__ = ["begun", "is_current", "read_to"]


def begun(database: Database, frame: DataFrame, item: Item, options: Options) -> tuple[str, Increment]:
    """Find out which rows of a table are new.

    Args:
        database: Where the rows go.
        frame: All rows of the table.
        item: The table.
        options: How it is written.

    Returns:
        What its progress is recorded under, and the rows.
    """
    request = options.request(item)
    with database.writing() as connection:
        target = find_target(database, connection, request)
        key = key_of(database, frame, request)
        load = load_of(connection, database.dialect, key, target.name, target.schema)
        if not load.exists():
            load.create(owns_transaction=True)
        load.upgrade(owns_transaction=True)
        if target.table is None:
            load.release()
        increment = Increment(database, target, frame, request, load)
    increment.expect(list(frame.columns))
    return key, increment


def read_to(connection: Connection, target: Target, key: str, increment: Increment) -> New:
    """How far rows go that have been staged.

    Args:
        connection: A connection of the target.
        target: The staged table.
        key: What the progress is recorded under.
        increment: The rows.
    """
    if target.table is not None:
        increment.note(named(target.table), target.table, connection)
    return New(key, increment.begun, increment.mark(), increment.told())


def is_current(connection: Connection, target: Target, new: New) -> bool:
    """Whether no other load of the same rows has been recorded since they were read.

    Args:
        connection: A connection of the target.
        target: The table.
        new: What was read.
    """
    load = load_of(connection, target.dialect, new.key, target.name, target.schema)
    recorded = None if target.table is None else load.recorded()
    return (None if recorded is None else recorded.watermark) == new.begun
