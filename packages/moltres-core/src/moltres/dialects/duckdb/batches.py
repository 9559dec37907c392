"""Rows of DuckDB as Arrow batches, as it makes them while a query runs."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any, Final

import duckdb

from ..._shared.statements import driver_connection
from ..seen_files import unchanged
from ..sql import compiling
from ..stopping import check

if TYPE_CHECKING:
    from collections.abc import Generator

    from sqlalchemy import Connection
    from sqlalchemy.sql.selectable import SelectBase

__all__ = ["arrow_batches", "batches_of_sql"]

_STREAMS: Final = int(duckdb.__version__.partition(".")[0]) < 2
"""Whether what a cursor has executed comes as Arrow while it runs; DuckDB 2 makes a copy of all its rows first."""


def arrow_batches(connection: Connection, query: SelectBase, rows: int) -> Generator[Any, None, None]:
    """Arrow batches of a query.

    Args:
        connection: A connection to DuckDB.
        query: The query.
        rows: The most rows of a batch.
    """
    with unchanged(connection, query):
        yield from _arrow_batches(connection, query, rows)


def _arrow_batches(connection: Connection, query: SelectBase, rows: int) -> Generator[Any, None, None]:
    if _STREAMS:
        result: Any = connection.execute(query)  # type: ignore[call-overload]  # SQLAlchemy runs every SelectBase
        try:
            yield from result.cursor.to_arrow_reader(rows)
        finally:
            result.close()
        return
    written = query.compile(dialect=compiling.literal(connection.dialect), compile_kwargs={"literal_binds": True})
    # What the dialect does for a statement that SQLAlchemy runs: Iceberg makes views of the tables that it names.
    prepare = getattr(connection.dialect, "prepare", lambda _, statement: statement)
    statement = prepare(connection, str(written))
    check()
    yield from batches_of_sql(driver_connection(connection), statement, rows)


def batches_of_sql(raw: Any, query: str, rows: int) -> Generator[Any, None, None]:
    """Arrow batches of a query in SQL.

    Args:
        raw: The connection of the driver.
        query: The query.
        rows: The most rows of a batch.
    """
    if not _STREAMS:
        raw.complete()  # what was executed before, of which not every row was fetched
    with closing((raw.execute if _STREAMS else raw.sql)(query).to_arrow_reader(rows)) as reader:
        yield from reader
