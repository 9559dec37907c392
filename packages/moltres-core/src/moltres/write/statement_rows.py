"""Rows where one statement can read them: in their query, in the statement itself, or in a staging table."""

from __future__ import annotations

from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

from ..dialects.base import named
from ..dialects.stopping import cleaning_up
from ..types.logical import logical_type
from .inputs import Local, Streamed
from .left_overs import released, staging_name
from .target import table_of

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from sqlalchemy import Select

    from ..dialects import Dialect
    from ..types.arrow import Batch, Named
    from .files import StageFolder
    from .inputs import Input
    from .request import WriteRequest
    from .target import Target

_FEW = 10_000
"""Rows that may stand in the statement itself, if it has room for them."""


@dataclass(frozen=True)
class StatementRows:
    """Rows that a statement of the database can read.

    Attributes:
        columns: Their names and types.
        source: The rows.
        fit: Whether the table that is there has these columns, and types that hold the values.
        inline: Whether they stand in each statement that reads them.
    """

    columns: list[Named]
    source: Select[Any]
    fit: bool
    inline: bool = False


@contextmanager
def staged(target: Target, rows: Input, request: WriteRequest, folder: StageFolder | None) -> Iterator[StatementRows]:
    """The rows where a statement can read them: in their query, in the statement itself, or in a staging table."""
    table = target.table
    keeps = table is not None and (request.mode != "overwrite" or target.takes(rows.columns, checked=rows.checked))
    if keeps and not (request.mode == "overwrite" and rows.columns is None):
        target.require_fit(rows.columns, checked=rows.checked)
    if isinstance(rows, Local):
        query = rows.uncut(table) if keeps and table is not None else rows.query
        if request.mode not in {"merge", "overwrite_partitions"}:
            yield StatementRows(rows.columns, query, keeps)
            return
        # It is read several times, and must be the same each time.
        with staging_table(target) as staging:
            target.dialect.create_as(target.connection, staging, rows.columns, query)
            made = table_of(staging.name, rows.columns, staging.schema)
            yield StatementRows(rows.columns, made.select(), keeps)
        return
    if keeps and table is not None:
        types = {column.key: column.type for column in table.columns}
        columns = [(name, types[name]) for name, _ in rows.columns or []] or named(table)
    else:
        columns = rows.new_types()
    with _from_elsewhere(target, rows, columns, folder) as (source, inline):
        yield StatementRows(columns, source, keeps, inline)


@contextmanager
def _from_elsewhere(
    target: Target, rows: Streamed, columns: list[Named], folder: StageFolder | None
) -> Iterator[tuple[Select[Any], bool]]:
    """Rows that come in batches: in the statement itself if they are few, else in a table that is filled first.

    Args:
        target: The table that is written.
        rows: The rows.
        columns: Their columns.
        folder: A folder for files that the database takes over.

    Yields:
        The rows, and whether they stand in the statement.
    """
    dialect, connection = target.dialect, target.connection
    with closing(rows.batches(columns)) as batches:
        first, encoded = _few(dialect, columns, batches)
        if encoded is not None:
            yield dialect.inline(connection, columns, encoded).select(), True
            return
        with staging_table(target) as staging:
            made = table_of(staging.name, columns, staging.schema)
            dialect.create(connection, made)
            every = chain(first, batches)
            if folder is not None:
                with folder.filled(dialect, staging.name, columns, every) as (location, count):
                    if count:
                        dialect.add_files(connection, made, location)
                    yield made.select(), False
                return
            names = [name for name, _ in columns]
            for part in dialect.parts(row for batch in every for row in dialect.encoded(columns, batch)):
                dialect.insert_select(connection, made, names, dialect.inline(connection, columns, part).select())
            yield made.select(), False


def _few(
    dialect: Dialect, columns: list[Named], batches: Generator[Batch, None, None]
) -> tuple[list[Batch], list[str] | None]:
    """The first batches; and all rows as a part of a statement, if one statement can have them."""
    read: list[Batch] = []
    encoded: list[str] = []
    size = count = 0
    for batch in batches:
        read.append(batch)
        count += len(batch) if isinstance(batch, list) else batch.num_rows
        if count > _FEW:
            return read, None
        more = dialect.encoded(columns, batch)
        encoded += more
        size += sum(map(dialect.length, more))
        if not dialect.fits(size):
            return read, None
    return [], encoded


@contextmanager
def staging_table(target: Target) -> Iterator[Any]:
    """The name of a staging table beside a table, which is dropped after the block."""
    name = staging_name(target)
    table = table_of(name, [], target.schema)
    try:
        yield table
    finally:
        with cleaning_up():
            target.dialect.drop_if_exists(target.connection, table)
        released(name)


def is_made_for(target: Target, rows: StatementRows) -> bool:
    """Whether a table is as these rows would have made it."""
    if target.table is None or target.required:
        return False
    made = {name: target.dialect.column_type(type_) or type_ for name, type_ in rows.columns}
    there = {column.key: logical_type(column.type) for column in target.table.columns}
    return {name: logical_type(type_) for name, type_ in made.items()} == there
