"""Looking a table up: what a name stands for, and which names there are."""

from __future__ import annotations

import time
from threading import Event
from typing import TYPE_CHECKING, Final

from sqlalchemy import inspect
from sqlalchemy.exc import DBAPIError, NoSuchTableError

from ..arguments import is_unicode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Connection, Inspector

__all__ = ["candidates", "has_table", "is_no_schema", "locate", "table_names", "view_names"]


_SKIPPED: Final = 1684
"""https://mariadb.com/kb/en/mariadb-error-codes/: ER_WARN_I_S_SKIPPED_TABLE."""
_PATIENCE: Final = 10.0
_BEAT: Final = 0.05
"""Seconds to ask again, and between two questions."""


def candidates(name: str, schema: str | None = None) -> Iterator[tuple[str | None, str]]:
    """Where a name may be found, as pairs of schema and table: as it is, or split at each of its dots.

    Args:
        name: ``table``, ``schema.table``, or a table whose own name has a dot.
        schema: The schema for names without one.

    Yields:
        Nothing for a name that no table of any database can have.
    """
    if not all("\0" not in one and is_unicode(one) for one in (name, schema or "")):
        return  # drivers fail before they ask, each in its own way
    yield schema, name
    for index, character in enumerate(name):
        if character == "." and 0 < index < len(name) - 1:
            yield name[:index], name[index + 1 :]


def locate(
    connection: Connection, name: str, schema: str | None = None, possible: Callable[[str], bool] = lambda _: True
) -> tuple[str | None, str] | None:
    """The schema and the table that a name stands for; None if there is no such table or view.

    Args:
        connection: Where to look.
        name: As in `candidates`.
        schema: The schema for names without one; the database's default if None.
        possible: Whether the database can have a name; MariaDB refuses to look for those that it cannot.
    """
    inspector = inspect(connection)
    for place, table in candidates(name, schema):
        if possible(table) and possible(place or table) and has_table(inspector, table, place):
            return place, table
    return None


def is_no_schema(error: ValueError) -> bool:
    """Whether an error is that of DuckDB's dialect for a schema that is more than a database and a schema.

    It is a plain ValueError. Errors of ours, such as that of a catalog which cannot be opened, have classes of their
    own.
    """
    return type(error) is ValueError


def has_table(inspector: Inspector, table: str, schema: str | None) -> bool:
    """Whether there is such a table or view.

    MariaDB says of a table that another connection makes or changes right now that it has skipped it; it is asked
    again.
    """
    end = time.monotonic() + _PATIENCE
    while True:
        try:
            return inspector.has_table(table, schema=schema)
        except ValueError as error:
            if not is_no_schema(error):
                raise
            return False
        except DBAPIError as error:
            if _SKIPPED not in getattr(error.orig, "args", ())[:1] or time.monotonic() > end:
                raise
        Event().wait(_BEAT)


def table_names(inspector: Inspector, schema: str | None = None) -> list[str]:
    """The names of the tables and views of a schema, sorted; none if no schema is given and there is no default one."""
    try:
        return sorted({*inspector.get_table_names(schema), *view_names(inspector, schema)})
    except NoSuchTableError:  # what Trino's dialect says of a connection without a schema
        return []
    except ValueError as error:
        if not is_no_schema(error):
            raise
        return []


def view_names(inspector: Inspector, schema: str | None = None) -> list[str]:
    """The names of the views of a schema, materialized ones included."""
    try:
        materialized = inspector.get_materialized_view_names(schema)
    except NotImplementedError:  # a database that has none
        materialized = []
    return [*inspector.get_view_names(schema), *materialized]
