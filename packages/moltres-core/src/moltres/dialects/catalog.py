"""The tables of a database, and their columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Column, MetaData, Select, Table, inspect, literal_column, select
from sqlalchemy.exc import NoSuchTableError
from sqlalchemy.sql.visitors import iterate

from .._shared.databases import tables
from .._shared.wording import repr_of
from ..errors import ConfigurationError, TableNotFoundError, TransientQueryError
from ..types.logical import is_known, logical_type
from .base import INSTEAD_OF_NULL
from .seen_files import remember
from .sql.names import is_possible
from .sql.owned import own

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sqlalchemy import Connection, Inspector
    from sqlalchemy.sql import ClauseElement

    from .._shared.iceberg.snapshots import AsOf
    from .base import Dialect


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
    return next((one for one in places(dialect, name, schema) if dialect.has(connection, one[1], one[0])), None)


def require_name(name: object, schema: object = None) -> str:
    """The name of a table.

    Args:
        name: What is given as the name.
        schema: What is given as the schema; None if nothing is.

    Raises:
        ConfigurationError: If one of them is none.
    """
    if schema is not None and (not isinstance(schema, str) or not schema.strip()):
        raise ConfigurationError(f"The schema of a table must be a non-empty string, not {repr_of(schema)}.")
    if not isinstance(name, str) or not name.strip():
        raise ConfigurationError(f"The name of a table must be a non-empty string, not {repr_of(name)}.")
    return name


def reflect(connection: Connection, dialect: Dialect, name: str, schema: str | None) -> Table:
    """A table or view with its columns, and nothing else: no keys, no indexes.

    Raises:
        TableNotFoundError: With the tables that there are.
    """
    for place, table in places(dialect, name, schema):
        if dialect.columns_tell:
            described = dialect.columns_of(connection, table, place)
        else:
            told = dialect.told(connection, table, place)
            described = () if told is None else told.columns
        if described:
            return _made(connection, dialect, table, place, described)
        if not dialect.columns_tell and tables.has_table(inspect(connection), table, place):
            return reflect_at(connection, dialect, table, place)
    raise TableNotFoundError.of(name, names(inspect(connection), schema))


def reflect_in(connection: Connection, dialect: Dialect, name: str, schema: str | None, default: str | None) -> Table:
    """A table or view with its columns, and nothing else.

    Args:
        connection: Where it is.
        dialect: Its dialect.
        name: Its name, as it is if the schema is given, else as in `candidates`.
        schema: Its schema; None for what the name says.
        default: The schema of names without one.
    """
    if schema is None:
        return reflect(connection, dialect, name, default)
    return reflect_at(connection, dialect, name, schema)


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
    reflected.info[INSTEAD_OF_NULL] = dialect.instead_of_null(connection, reflected, described)
    return own(reflected, connection.engine)


def hold_to_its_types(table: Table, dialect: Dialect, forget: Callable[[], object]) -> None:
    """Let what reads a table make sure that its columns still have their types, if the database does not say them.

    Args:
        table: A table that stays in use after it was looked up.
        dialect: The dialect of its database.
        forget: Called if they have others, so that it is looked up again on its next use.
    """
    if dialect.trusts_tables:
        remember(table, _LookedUp(table, dialect, forget))


@dataclass(frozen=True)
class _LookedUp:
    """A table as it was when it was looked up."""

    table: Table
    dialect: Dialect
    forget: Callable[[], object]

    def require_unchanged(self, connection: Connection, statement: ClauseElement) -> None:
        """As `Seen` says, of the columns that the statement uses.

        Raises:
            TransientQueryError: If the table has been made anew, or changed, with columns of other types.
        """
        columns = (part for part in iterate(statement) if isinstance(part, Column))
        used = {base for column in columns for base in column.base_columns}.intersection(self.table.columns)
        if not used:
            return
        now = reflect_at(connection, self.dialect, self.table.name, self.table.schema)
        # Names are found in any case; the exact one goes first.
        exact = {str(column.key): column for column in now.columns}
        found = {name.lower(): column for name, column in exact.items()} | exact
        for column in used:
            there = found.get(str(column.key), found.get(str(column.key).lower()))
            was, held = logical_type(column.type), None if there is None else logical_type(there.type)
            if held not in {None, was} and is_known(column.type):
                self.forget()
                raise TransientQueryError(
                    f"The column {column.key!r} of {self.table.name!r} is {held}, and was {was} when its frame was"
                    " made.",
                    suggestion="Make the frame anew.",
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
