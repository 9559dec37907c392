"""Which tables a database has, and which columns they have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Column, MetaData, Table, inspect

from ..errors import ConfigurationError, TableNotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection, Inspector

    from . import Dialect


def candidates(name: object, schema: str | None) -> Iterator[tuple[str | None, str]]:
    """Where a name may be found: as it is, or, at each dot, as schema and table.

    Args:
        name: ``table``, ``schema.table``, or a table whose name has a dot.
        schema: The schema for names without one.
    """
    if not isinstance(name, str) or not name.strip():
        raise ConfigurationError(f"The name of a table is a text, not {name!r}.")
    yield schema, name
    for index, character in enumerate(name):
        if character == "." and 0 < index < len(name) - 1:
            yield name[:index], name[index + 1 :]


def names(inspector: Inspector, schema: str | None) -> list[str]:
    """Tables and views of a schema."""
    found = [*inspector.get_table_names(schema), *inspector.get_view_names(schema)]
    return sorted(set(found))


def locate(connection: Connection, name: str, schema: str | None) -> tuple[str | None, str] | None:
    """The schema and the table that a name stands for; None if there is no such table or view."""
    inspector = inspect(connection)
    for place, table in candidates(name, schema):
        if inspector.has_table(table, schema=place):
            return place, table
    return None


def reflect(connection: Connection, dialect: Dialect, name: str, schema: str | None) -> Table:
    """A table or view with its columns, and nothing else: no keys, no indexes.

    Raises:
        TableNotFoundError: With the tables that there are.
    """
    found = locate(connection, name, schema)
    inspector = inspect(connection)
    if found is None:
        raise TableNotFoundError.of(name, names(inspector, schema))
    place, table = found
    columns: list[Column[Any]] = [
        Column(column["name"], column["type"], nullable=column["nullable"])
        for column in inspector.get_columns(table, schema=place)
    ]
    reflected = Table(table, MetaData(), *columns, schema=place)
    dialect.refine(connection, reflected)
    return reflected
