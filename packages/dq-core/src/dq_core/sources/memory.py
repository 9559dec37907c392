"""Files, frames and rows: all of them are read by a DuckDB of their own in memory."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from dq_core.dialects import dialect_for
from dq_core.errors import SourceError
from dq_core.relation import Relation
from dq_core.sources import files, rows
from dq_core.sources.opened import Opened

__all__ = ["open_data", "open_files"]

_SOURCE = "source"


@contextlib.contextmanager
def _database() -> Iterator[sa.Connection]:
    """A DuckDB of our own, which spills to a folder that is removed afterwards."""
    spill = Path(tempfile.gettempdir()) / next(tempfile._get_candidate_names())  # type: ignore[attr-defined]
    engine = sa.create_engine("duckdb:///:memory:", connect_args={"config": {"temp_directory": str(spill)}})
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()
        shutil.rmtree(spill, ignore_errors=True)


@contextlib.contextmanager
def open_files(source: str | Path | Sequence[str | Path], storage_options: Mapping[str, Any]) -> Iterator[Opened]:
    """Open Parquet, CSV or JSON files: a path, a URI, a glob, or a list of these of one format."""
    with _database() as connection:
        raw: Any = connection.connection.dbapi_connection
        dialect = dialect_for("duckdb")

        def relation(path: str | Path | Sequence[str | Path]) -> Relation:
            call = files.reader_call(raw, path, storage_options)
            with files.readable(path):
                columns = {one.name: one for one in dialect.describe(connection, sa.text(call))}  # type: ignore[arg-type]
            return Relation(_from_call(call, columns), columns, dialect)

        yield Opened(connection, relation(source), files.describe(source), relation, files.secrets(source))


def _from_call(call: str, columns: Mapping[str, Any]) -> sa.FromClause:
    """``reader(…) AS source`` with its columns."""
    name, _, arguments = call.partition("(")
    function = getattr(sa.func, name)(sa.literal_column(arguments[:-1]))
    aliased: sa.FromClause = function.table_valued(*(sa.column(one) for one in columns)).alias(_SOURCE)
    return aliased


@contextlib.contextmanager
def open_data(source: Any, expected: Sequence[str] = ()) -> Iterator[Opened]:
    """Open rows or a frame; see `rows.register` for what is understood.

    Args:
        source: The data.
        expected: Columns to assume where there are no rows to tell.
    """
    with _database() as connection:
        raw: Any = connection.connection.dbapi_connection
        dialect = dialect_for("duckdb")
        description = rows.register(raw, _SOURCE, source, expected)
        columns = {one.name: one for one in dialect.describe(connection, sa.table(_SOURCE))}

        def other(path: str) -> Relation:
            call = files.reader_call(raw, path, {})
            with files.readable(path):
                known = {one.name: one for one in dialect.describe(connection, sa.text(call))}  # type: ignore[arg-type]
            return Relation(_from_call(call, known), known, dialect)

        if not columns:
            raise SourceError("The data has no columns.")
        relation = Relation(sa.table(_SOURCE, *(sa.column(name) for name in columns)), columns, dialect)
        yield Opened(connection, relation, description, other)
