"""The tables of a database, and their columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Column, MetaData, Select, Table, inspect, literal_column, select
from sqlalchemy.exc import NoSuchTableError
from sqlalchemy.sql.visitors import iterate

from .._shared import tables
from .._shared.wording import repr_of
from ..errors import ConfigurationError, TableNotFoundError, TransientQueryError
from ..types.logical import is_known, logical_type
from .names import is_possible

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Connection, Inspector

    from .._shared.iceberg_snapshots import AsOf
    from .base import Dialect

LOOKED_UP: Final = "moltres_looked_up"
"""Key in `Table.info`: whether the table stays in use after it was looked up."""


def candidates(name: object, schema: str | None) -> Iterator[tuple[str | None, str]]:
    """Where a name may be found, as pairs of schema and table; see `tables.candidates`.

    Raises:
        ConfigurationError: If this is no name.
    """
    return tables.candidates(require_name(name), schema)


def places(dialect: Dialect, name: object, schema: str | None) -> Iterator[tuple[str | None, str]]:
    """Those of them that the database can have.

    Raises:
        ConfigurationError: If this is no name.
    """
    for place, table in candidates(name, schema):
        if is_possible(table, dialect.capabilities) and is_possible(place or table, dialect.capabilities):
            yield place, table


def names(inspector: Inspector, schema: str | None) -> list[str]:
    """Tables and views of a schema."""
    return tables.table_names(inspector, schema)


def locate(connection: Connection, dialect: Dialect, name: object, schema: str | None) -> tuple[str | None, str] | None:
    """The schema and the table that a name stands for; None if there is no such table or view.

    Raises:
        ConfigurationError: If this is no name.
    """
    return tables.locate(connection, require_name(name), schema, lambda part: is_possible(part, dialect.capabilities))


def require_name(name: object) -> str:
    """The name of a table.

    Raises:
        ConfigurationError: If this is none.
    """
    if not isinstance(name, str) or not name.strip():
        raise ConfigurationError(f"The name of a table must be a non-empty string, not {repr_of(name)}.")
    return name


def reflect(connection: Connection, dialect: Dialect, name: str, schema: str | None) -> Table:
    """A table or view with its columns, and nothing else: no keys, no indexes.

    Raises:
        TableNotFoundError: With the tables that there are.
    """
    if dialect.columns_tell:
        for place, table in places(dialect, name, schema):
            if described := dialect.columns_of(connection, table, place):
                return _made(connection, dialect, table, place, described)
    elif (found := locate(connection, dialect, name, schema)) is not None:
        place, table = found
        return reflect_at(connection, dialect, table, place)
    raise TableNotFoundError.of(name, names(inspect(connection), schema))


def reflect_at(connection: Connection, dialect: Dialect, table: str, place: str | None) -> Table:
    """A table or view that is there, with its columns and nothing else.

    Args:
        connection: Where it is.
        dialect: Its dialect.
        table: Its name.
        place: Its schema; None for the default.
    """
    try:
        described = dialect.columns_of(connection, table, place)
    except NoSuchTableError:  # a table of the system, which SQLAlchemy's dialect finds and does not describe
        everything: Select[Any] = select(literal_column("*")).select_from(Table(table, MetaData(), schema=place))
        read = dialect.describe(connection, everything)
        described = [{"name": name, "type": type_, "nullable": True} for name, type_ in read]
    return _made(connection, dialect, table, place, described)


def _made(connection: Connection, dialect: Dialect, table: str, place: str | None, described: Sequence[Any]) -> Table:
    columns: list[Column[Any]] = [
        Column(column["name"], column["type"], nullable=column["nullable"]) for column in described
    ]
    reflected = Table(table, MetaData(), *columns, schema=place)
    dialect.refine(connection, reflected)
    return reflected


def require_as_looked_up(connection: Connection, dialect: Dialect, query: Select[Any]) -> None:
    """Make sure that the columns which a query has of its tables are of the types that were looked up.

    Args:
        connection: Where the query is to run.
        dialect: Its dialect; one that asks the server for the types of each query needs nothing.
        query: The query.

    Raises:
        TransientQueryError: If a table has been made anew, or changed, with columns of other types.
    """
    if not dialect.trusts_tables:
        return
    for table in {part for part in iterate(query) if isinstance(part, Table) and part.info.get(LOOKED_UP)}:
        now = reflect_at(connection, dialect, table.name, table.schema)
        for column in table.columns:
            there = now.columns.get(column.name)
            was, held = logical_type(column.type), None if there is None else logical_type(there.type)
            if held not in {None, was} and is_known(column.type):
                raise TransientQueryError(
                    f"The column {column.name!r} of {table.name!r} is {held}, and was {was} when its frame was made.",
                    suggestion="Make the frame anew; db.forget() looks up again what others have changed.",
                )


def version(connection: Connection, dialect: Dialect, name: str, schema: str | None, as_of: AsOf) -> Table:
    """A snapshot of a table as a table.

    Raises:
        TableNotFoundError: If there is no such table.
        ConfigurationError: If it has no such snapshot, or the database has none.
    """
    found = locate(connection, dialect, name, schema)
    if found is None:
        raise TableNotFoundError.of(name, names(inspect(connection), schema))
    place, table = found
    return reflect_at(connection, dialect, dialect.version(connection, table, place, as_of), place)
