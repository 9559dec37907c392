"""Files, frames and rows, which a DuckDB in memory reads."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import tempfile
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from ..errors import SourceError
from ..relation.column import Column
from ..relation.dialects.duckdb import DuckDB
from ..relation.relation import Relation
from . import files, rows
from .opened import Opened

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

__all__ = ["limit_memory", "open_data", "open_files"]

_SOURCE = "source"
_BYTES_FOR_A_THREAD = 2**29
_UNITS = {"bytes": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}


@contextlib.contextmanager
def _database() -> Iterator[sa.Connection]:
    """A DuckDB in memory that spills to a temporary folder."""
    with tempfile.TemporaryDirectory(prefix="dq-core-") as spill:
        engine = sa.create_engine("duckdb:///:memory:", connect_args={"config": {"temp_directory": spill}})
        try:
            with engine.connect() as connection:
                limit_memory(connection.connection.dbapi_connection)
                yield connection
        finally:
            engine.dispose()


def limit_memory(raw: Any) -> None:
    """Half a gigabyte for each thread, but no more than DuckDB would take; what needs more is spilt to disk.

    DuckDB's own limit, most of the machine's memory, assumes that no other process uses it.
    """
    threads, allowed = raw.execute("SELECT current_setting('threads'), current_setting('memory_limit')").fetchone()
    amount, unit = allowed.split()
    if threads * _BYTES_FOR_A_THREAD < float(amount) * _UNITS[unit]:
        raw.execute(f"SET memory_limit = '{threads * _BYTES_FOR_A_THREAD}B'")


@contextlib.contextmanager
def open_files(source: str | Path | Sequence[str | Path], storage_options: Mapping[str, Any]) -> Iterator[Opened]:
    """Open Parquet, CSV or JSON files: a path, a URI, a glob, or a list of these of one format."""
    with _database() as connection:
        relation = _files(connection, source, storage_options, _SOURCE)
        find = _finder(connection, storage_options)
        yield Opened(
            connection,
            dataclasses.replace(relation, find=find),
            files.describe(source),
            secrets=files.secrets(source),
        )


@contextlib.contextmanager
def open_data(source: Any, storage_options: Mapping[str, Any], expected: Sequence[str] = ()) -> Iterator[Opened]:
    """Open rows or a frame; see `rows.register` for what is understood.

    Args:
        source: The data.
        storage_options: For files that foreign keys refer to.
        expected: Columns to assume if there are no rows.
    """
    with _database() as connection:
        raw: Any = connection.connection.dbapi_connection
        dialect = DuckDB()
        description, untyped = rows.register(raw, _SOURCE, source, expected)
        described = dialect.describe(connection, sa.table(_SOURCE))
        columns = {one.name: Column(one.name, "", "unknown") if one.name in untyped else one for one in described}
        columns.pop(rows.NO_COLUMN, None)
        from_ = sa.table(_SOURCE, *(sa.column(name) for name in columns))
        yield Opened(connection, Relation(from_, columns, dialect, _finder(connection, storage_options)), description)


def _finder(connection: sa.Connection, storage_options: Mapping[str, Any]) -> Callable[[str, str | None], Relation]:
    @functools.cache
    def find(path: str, schema: str | None) -> Relation:
        if schema is not None:
            raise SourceError(f"Files have no schemas, so there is no file {path!r} in the schema {schema!r}.")
        return _files(connection, path, storage_options, "referenced")

    return find


def _files(connection: sa.Connection, source: files.Paths, storage_options: Mapping[str, Any], alias: str) -> Relation:
    """``reader(…) AS alias`` with its columns."""
    dialect = DuckDB()
    with files.readable(source):
        call = files.reader_call(connection.connection.dbapi_connection, source, storage_options)
        described = dialect.describe(connection, sa.text(call))
    columns = {one.name: one for one in described}
    reader, _, arguments = call.partition("(")
    function = getattr(sa.func, reader)(sa.literal_column(arguments[:-1]))
    from_ = function.table_valued(*(sa.column(name) for name in columns)).alias(alias)
    return Relation(from_, columns, dialect)
