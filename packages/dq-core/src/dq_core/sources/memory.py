"""Files, frames and rows, which a DuckDB in memory reads."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import tempfile
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from .._shared.databases.duckdb_optimizers import WRONG
from .._shared.databases.places import keeping_text
from .._shared.duckdb_literals import use_literals
from ..relation.column import Column
from ..relation.dialects.duckdb.dialect import DuckDB, read_exactly
from ..relation.dialects.memory import limit_memory
from ..relation.relation import Relation
from . import files, rows
from .limit import limited
from .opened import Opened

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from .limit import Deadline

__all__ = ["open_data", "open_files"]

_SOURCE = "source"


@contextlib.contextmanager
def _database() -> Iterator[sa.Connection]:
    """A DuckDB in memory that spills to a temporary folder."""
    with tempfile.TemporaryDirectory(prefix="dq-core-") as spill:
        engine = sa.create_engine("duckdb:///:memory:", connect_args={"config": _config(spill)})
        use_literals(engine)
        try:
            with engine.connect() as connection, keeping_text(connection):
                limit_memory(connection.connection.dbapi_connection)
                yield connection
        finally:
            engine.dispose()


def _note(found: rows.Registered) -> str:
    """What ``source`` is in the SQL of a report, and what runs it: DuckDB finds frames in variables of their name."""
    given = f"{_SOURCE}: the given {found.description}"
    return f"-- {given}. In Python: {_SOURCE} = {found.made}; duckdb.sql(...)\n"


def _config(spill: str) -> dict[str, str]:
    # Names in SQL are tables, never variables of Python.
    wrong = ",".join(sorted(WRONG))
    return {"temp_directory": spill, "python_enable_replacements": "false", "disabled_optimizers": wrong}


def _finder(opening: files.Opening, deadline: Deadline | None) -> Callable[..., Relation]:
    """Opens each file that rules refer to, once."""

    @functools.cache
    def find(name: str, schema: str | None = None) -> Relation:
        with limited(opening.connection, deadline):
            return opening.referenced(name, schema)

    return find


@contextlib.contextmanager
def open_files(
    source: files.Paths,
    storage_options: Mapping[str, Any],
    read_options: Mapping[str, Any] | None = None,
    expected: Sequence[str] | None = None,
    deadline: Deadline | None = None,
) -> Iterator[Opened]:
    """Open Parquet, CSV or JSON files: a path, a URI, a glob, a folder, or a list of these of one format.

    Args:
        source: The files.
        storage_options: For the fsspec file system of URIs.
        read_options: How CSV files are written; see `dq_core._shared.files.read_options.ReadOptions`.
        expected: Columns to assume of files that have none, because they have no rows.
        deadline: When to stop.
    """
    with _database() as connection:
        opening = files.Opening(connection, storage_options, read_options, expected)
        with limited(connection, deadline), files.readable(source):
            relation = opening.relation(source, _SOURCE)
        yield Opened(
            connection,
            dataclasses.replace(relation, find=_finder(opening, deadline)),
            files.describe(source),
            secrets=files.secrets(source),
            files=opening.read,
        )
        opening.require_unchanged()


@contextlib.contextmanager
def open_data(
    source: Any, storage_options: Mapping[str, Any], expected: Sequence[str] = (), deadline: Deadline | None = None
) -> Iterator[Opened]:
    """Open rows or a frame; see `rows.register` for what is understood.

    Args:
        source: The data.
        storage_options: For files that foreign keys refer to.
        expected: Columns to assume if there are no rows.
        deadline: When to stop.
    """
    with _database() as connection:
        raw: Any = connection.connection.dbapi_connection
        dialect = DuckDB()
        with limited(connection, deadline):
            found = rows.register(raw, _SOURCE, source, expected, deadline)
            described = list(dialect.describe(connection, sa.table(_SOURCE)))
        columns = {}
        for one in described:
            known = Column(one.name, "", "unknown") if one.name in found.unknown else one
            columns[one.name] = dataclasses.replace(known, refusal=found.refused.get(one.name, ""))
        columns.pop(rows.NO_COLUMN, None)
        read_exactly(raw, columns.values())
        from_ = sa.table(_SOURCE, *map(sa.column, columns))
        for name, kinds in found.kinds.items():
            columns[name] = dataclasses.replace(columns[name], kinds=columns.pop(kinds).name)
        others = files.Opening(connection, storage_options)
        relation = Relation(from_, columns, dialect, _finder(others, deadline))
        yield Opened(connection, relation, found.description, files=others.read, sql_note=_note(found))
