"""One side of a comparison, as it is given."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from .._shared.databases.pools import capacity
from .._shared.databases.urls import is_database_url
from ..relation.dialects import dialect_for
from ..sources import open_source
from ..sources.database import beginning, connect_to_read

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractContextManager, ExitStack

    from .._shared.iceberg.snapshots import AsOf
    from ..sources import Opened

__all__ = ["Source", "on_one_connection", "opened", "source_of"]


@dataclass(frozen=True)
class Source:
    """What to read on one side of a comparison.

    Args:
        source: Anything that `dq_core.validate` takes: an Engine, Connection or URL with ``table`` or ``query``, a
            moltres DataFrame, a frame of pandas or polars, an Arrow table, a list of dicts, the path or URI of files.
        table: The table or view in the database.
        query: A SELECT instead of a table.
        schema: The table's schema.
        as_of: Of an Iceberg table: a snapshot id, a branch or tag, or a time.
        storage_options: Options for the fsspec filesystem of a URI.
        read_options: How CSV files are written.
    """

    source: Any
    table: str | None = None
    query: str | sa.Select[Any] | None = None
    schema: str | None = None
    as_of: AsOf | None = None
    storage_options: Mapping[str, Any] | None = None
    read_options: Mapping[str, Any] | None = None

    def __repr__(self) -> str:
        # A URL may hold a password.
        shown = self.source if isinstance(self.source, sa.Engine | sa.URL) else type(self.source).__name__
        return f"<Source {shown} {self.table or self.query or ''}>"


def source_of(given: Any, table: str | None, query: Any, schema: str | None) -> Source:
    """A side as it is given: a Source, a pair of a database and a table, or a source alone.

    Args:
        given: The side.
        table: The table of a database that names none.
        query: A SELECT, likewise.
        schema: The schema, likewise.
    """
    if isinstance(given, Source):
        if given.table is not None or given.query is not None or not _is_database(given.source):
            return given
        return replace(given, table=table, query=query, schema=schema if given.schema is None else given.schema)
    if isinstance(given, tuple) and len(given) == 2 and _is_database(given[0]):
        return Source(given[0], table=given[1], schema=schema)
    if _is_database(given):
        return Source(given, table=table, query=query, schema=schema)
    return Source(given)


def on_one_connection(stack: ExitStack, left: Source, right: Source) -> tuple[Source, Source]:
    """Both sides on one connection, if they are of one engine that gives no second one; otherwise as they are.

    Args:
        stack: Gives the connection back.
        left: A side.
        right: The other side.
    """
    binds = [_bind_of(one.source) for one in (left, right)]
    if binds[0] is None or binds[1] is None or binds[0].engine is not binds[1].engine:
        return left, right
    engine = binds[0].engine
    if capacity(engine) > 1 or (binds[0] is binds[1] and isinstance(binds[0], sa.Connection)):
        return left, right
    connection = next((bind for bind in binds if isinstance(bind, sa.Connection)), None)
    if connection is None:
        connection = stack.enter_context(connect_to_read(engine, begins=True))
        with beginning(engine):
            stack.enter_context(dialect_for(connection.dialect).snapshot(connection))
    return _on(connection, left), _on(connection, right)


def _bind_of(source: Any) -> sa.Engine | sa.Connection | None:
    bind = source if isinstance(source, sa.Engine | sa.Connection) else getattr(source, "bind", None)
    return bind if isinstance(bind, sa.Engine | sa.Connection) else None


def _on(connection: sa.Connection, side: Source) -> Source:
    if isinstance(side.source, sa.Engine | sa.Connection):
        return replace(side, source=connection)
    if side.table is not None or side.query is not None or side.schema is not None:
        return side  # a frame says itself what to read, and the error says so
    return replace(side, source=connection, query=side.source.statement)


def opened(source: Source, timeout_seconds: float | None) -> AbstractContextManager[Opened]:
    """Open a side for reading."""
    return open_source(
        source.source,
        table=source.table,
        query=source.query,
        schema=source.schema,
        as_of=source.as_of,
        storage_options=source.storage_options,
        read_options=source.read_options,
        timeout_seconds=timeout_seconds,
        by_value=True,
        scans=True,
    )


def _is_database(given: Any) -> bool:
    """Whether this is a database, for which a table or query says what to read."""
    return isinstance(given, sa.Engine | sa.Connection | sa.URL) or (isinstance(given, str) and is_database_url(given))
