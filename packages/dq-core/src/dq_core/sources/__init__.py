"""Opening what is to be checked: one connection and one relation, whatever was given."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from ..errors import RuleError
from . import memory
from .database import address_of_database, open_database
from .opened import Opened

__all__ = ["Opened", "open_source"]


@contextlib.contextmanager
def open_source(
    source: Any,
    *,
    table: str | None = None,
    query: str | sa.Select[Any] | None = None,
    schema: str | None = None,
    storage_options: Mapping[str, Any] | None = None,
    expected: Sequence[str] = (),
) -> Iterator[Opened]:
    """Open a source for reading; everything that was opened is closed again.

    Args:
        source: A SQLAlchemy Engine, Connection or URL (as text, too) with ``table`` or ``query``; an object with the
            attributes ``statement`` (a SQLAlchemy Select) and ``bind`` (an Engine or Connection), such as a moltres
            DataFrame; a pandas or polars DataFrame, a polars LazyFrame, an Arrow table, reader or dataset; a list of
            dicts; the path or URI of Parquet, CSV or JSON files (globs too; ``s3://`` and others through fsspec).
        table: The table or view in the database.
        query: A SELECT, as text or a SQLAlchemy construct, instead of a table.
        schema: The table's schema.
        storage_options: Options for the fsspec filesystem of a URI.

        expected: Columns to assume for a list without any rows, which cannot tell.

    Yields:
        The opened source.

    Raises:
        RuleError: The arguments do not fit together.
        SourceError: The source does not exist or cannot be read.
    """
    if table is not None and query is not None:
        raise RuleError(["Give either table= or query=, not both."])
    statement, bind = getattr(source, "statement", None), getattr(source, "bind", None)
    if isinstance(statement, sa.Select) and isinstance(bind, sa.Engine | sa.Connection):
        _refuse_place(table, query, schema, "a data frame")
        opening = open_database(bind, query=statement)
    elif isinstance(source, sa.Engine | sa.Connection | sa.URL):
        opening = open_database(source, table=table, query=query, schema=schema)
    elif isinstance(source, str) and (
        url := address_of_database(source, wanted=table is not None or query is not None)
    ):
        opening = open_database(url, table=table, query=query, schema=schema)
    else:
        _refuse_place(table, query, schema, "files, frames and rows")
        if isinstance(source, str | Path) or _is_paths(source):
            opening = memory.open_files(source, storage_options or {})
        else:
            opening = memory.open_data(source, storage_options or {}, expected)
    with opening as opened:
        yield opened


def _is_paths(source: Any) -> bool:
    """Whether this is a list of paths rather than a list of rows."""
    return (
        isinstance(source, Sequence)
        and not isinstance(source, str | bytes)
        and len(source) > 0
        and all(isinstance(item, str | Path) for item in source)
    )


def _refuse_place(table: object, query: object, schema: object, what: str) -> None:
    given = [name for name, value in (("table", table), ("query", query), ("schema", schema)) if value is not None]
    if given:
        raise RuleError([f"{' and '.join(f'{name}=' for name in given)} goes with a database, not with {what}."])
