"""What was given as a source: decided here, once, before anything is opened."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from os import PathLike
from typing import Any

import sqlalchemy as sa

from .._shared.arguments import string
from .._shared.databases.urls import database_url, is_database_url
from .._shared.files import readers as files
from .._shared.files.filesystems import filesystem_package, scheme_of
from .._shared.files.readers import meant_url
from .._shared.iceberg.places import is_catalog
from .._shared.iceberg.snapshots import AsOf, as_of_problems
from .._shared.problems import UnknownFormatError
from ..errors import RuleError, translated

__all__ = ["Database", "database_of", "is_files"]


@dataclass(frozen=True)
class Database:
    """A table or a query of a database.

    Attributes:
        bind: How to reach the database.
        table: The table or view; None for a query.
        query: A SELECT; None for a table.
        schema: The schema of the table.
        as_of: The snapshot of the table; None for the current one.
    """

    bind: sa.Engine | sa.Connection | sa.URL | Any
    table: str | None
    query: str | sa.Select[Any] | None
    schema: str | None
    as_of: AsOf | None = None


def database_of(
    source: Any,
    table: str | None,
    query: str | sa.Select[Any] | None,
    schema: str | None,
    as_of: AsOf | None = None,
) -> Database | None:
    """The table or query that was given, or None if files, a frame or rows were.

    Raises:
        RuleError: The arguments do not fit together.
    """
    problems = [*_place_problems(table, query, schema)]
    if problems:
        raise RuleError(problems)
    if as_of is not None:
        problems += as_of_problems(as_of)
        if table is None:
            problems.append("as_of= goes with table=, the name of an Iceberg table.")
        if problems:
            raise RuleError(problems)
    statement, bind = getattr(source, "statement", None), getattr(source, "bind", None)
    if isinstance(statement, sa.Select) and isinstance(bind, sa.Engine | sa.Connection):
        _refuse_place(table, query, schema, "a data frame")
        return Database(bind, None, statement, None)
    is_database = isinstance(source, str) and is_database_url(source)
    if is_database or (isinstance(source, str) and (table or query) is not None and _has_other_scheme(source)):
        with translated():
            source = database_url(source)
    if query is not None and not isinstance(query, str | sa.SelectBase):
        raise RuleError([f"query= must be a string or a SELECT of SQLAlchemy, not {type(query).__name__}."])
    if isinstance(source, sa.Engine | sa.Connection | sa.URL) or is_catalog(source):
        if table is None and query is None:
            raise RuleError(["A database requires table= or query=."])
        return Database(source, table, query, schema, as_of)
    meant = meant_url(source) if isinstance(source, str) else None
    _refuse_place(table, query, schema, "files, frames and rows", meant)
    return None


def _has_other_scheme(text: str) -> bool:
    """Whether a string is a URL, and not of a file system: with a table, a database that nobody knows is meant."""
    scheme = scheme_of(text)
    if scheme is None or "::" in text or scheme in ("file", "memory") or filesystem_package(scheme) is not None:
        return False
    try:
        files.ending_of(text)
    except UnknownFormatError:
        return True
    return False


def _place_problems(table: object, query: object, schema: object) -> Iterator[str]:
    for name, value in (("table=", table), ("schema=", schema)):
        if value is not None:
            yield from string(name, value)
    if table is not None and query is not None:
        yield "Give either table= or query=, not both."


def is_files(source: Any) -> bool:
    """Whether this is a path or a URI, or a list of these."""
    if isinstance(source, str | PathLike):
        return True
    return (
        isinstance(source, Sequence)
        and not isinstance(source, bytes)
        and len(source) > 0
        and all(isinstance(item, str | PathLike) for item in source)
    )


def _refuse_place(table: object, query: object, schema: object, what: str, meant: str | None = None) -> None:
    given = [name for name, value in (("table", table), ("query", query), ("schema", schema)) if value is not None]
    if given:
        verb = "goes" if len(given) == 1 else "go"
        raise RuleError(
            [f"{' and '.join(f'{name}=' for name in given)} {verb} with a database, not with {what}."],
            suggestion="A database is given by a URL such as postgresql://user@host/name, or by a SQLAlchemy Engine."
            if meant is None
            else f"Did you mean {meant!r}?",
        )
