"""The table that is written to: found by name, compared with the rows, replaced by a shadow table."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from sqlalchemy import Column, MetaData, Table, inspect

from .._shared.tables import view_names
from ..dialects.base import TEMPORARY
from ..dialects.catalog import candidates, locate
from ..dialects.stopping import cleaning_up
from ..errors import ConfigurationError, SchemaMismatchError, TableExistsError
from ..types.logical import mismatches

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Connection

    from ..dialects import Dialect
    from ..frame.source import Source
    from ..types.arrow import Named
    from .request import WriteRequest


def scratch_name(prefix: str = "moltres_tmp_") -> str:
    """A unique name, for a table that is soon dropped or renamed."""
    return f"{prefix}{uuid4().hex[:16]}"


def table_of(name: str, columns: Sequence[Named], schema: str | None = None, *, temporary: bool = False) -> Table:
    """A table for statements, with these columns only."""
    made = [Column(column, type_) for column, type_ in columns]
    prefixes = ["TEMPORARY"] if temporary else []
    return Table(name, MetaData(), *made, schema=schema, prefixes=prefixes, info={TEMPORARY: temporary})


@dataclass(frozen=True)
class Target:
    """The table that is written to.

    Attributes:
        connection: The connection that writes, in a transaction.
        dialect: Its dialect.
        name: Name of the table.
        schema: Its schema, None for the default.
        table: The table with its columns; None if it does not exist.
        required: Columns that the rows must have.
        owns_transaction: Whether moltres commits the transaction, not the caller.
    """

    connection: Connection
    dialect: Dialect
    name: str
    schema: str | None
    table: Table | None
    required: tuple[str, ...] = ()
    owns_transaction: bool = True

    @property
    def new(self) -> Table:
        """The table without columns, to create it."""
        return table_of(self.name, [], self.schema)

    def problems(self, columns: Sequence[Named] | None, *, checked: bool) -> list[str]:
        """Everything that keeps rows of these columns from being written into the table."""
        if self.table is None or columns is None:
            return []
        types = {column.key: column.type for column in self.table.columns}
        return mismatches(columns, types, self.required, checked=checked)

    def require_fit(self, columns: Sequence[Named] | None, *, checked: bool) -> None:
        """Compare the columns of the rows with those of the table before anything is written.

        Raises:
            SchemaMismatchError: With one line for every column that does not fit.
        """
        problems = self.problems(columns, checked=checked)
        if problems:
            raise SchemaMismatchError(
                f"The rows do not fit the table {self.name!r}.",
                mismatches=problems,
                suggestion="Rename or cast the columns, or use mode='overwrite' to replace the table with their"
                " columns.",
            )

    def require_absent(self) -> None:
        """Make sure that the table does not exist.

        Raises:
            TableExistsError: If it does.
        """
        if self.table is not None:
            raise TableExistsError(
                f"The table {self.name!r} already exists.",
                suggestion="Use mode='append', 'overwrite', 'merge', 'overwrite_partitions' or 'ignore'.",
                context={"table": self.name},
            )

    @contextmanager
    def shadow_table(self) -> Iterator[Table]:
        """A new table in the schema of the target, which is dropped if the block fails."""
        table = table_of(scratch_name("moltres_new_"), [], self.schema)
        try:
            yield table
        except BaseException:
            if not self.dialect.capabilities.transactional_ddl and not self.connection.invalidated:
                with cleaning_up():
                    self.connection.rollback()
                    if inspect(self.connection).has_table(table.name, schema=table.schema):
                        self.dialect.drop(self.connection, table)
            raise


def require_ddl(dialect: Dialect, *, owns_transaction: bool) -> None:
    """Make sure that DDL does not commit the transaction of the caller.

    Raises:
        ConfigurationError: If it would.
    """
    if not owns_transaction and not dialect.capabilities.transactional_ddl:
        raise ConfigurationError(
            f"{dialect.name} commits at CREATE, DROP and RENAME TABLE, which would commit the caller's transaction.",
            suggestion="Create the table first, or connect with a URL or an Engine.",
        )


def find_target(source: Source, connection: Connection, request: WriteRequest) -> Target:
    """Find the table of a request.

    Raises:
        ConfigurationError: If the schema does not exist, or the name is the name of a view.
    """
    dialect, name = source.dialect, request.name
    inspector = inspect(connection)
    found: tuple[str | None, str] | None
    place: tuple[str | None, str]
    if request.schema is not None:
        found = (request.schema, name) if inspector.has_table(name, schema=request.schema) else None
        place = (request.schema, name)
    else:
        found = locate(connection, name, source.schema)
        place = found or _new_place(inspector, name, source.schema)
    schema, table_name = place
    if found is None:
        return Target(connection, dialect, table_name, schema, None, owns_transaction=not source.joined)
    if table_name in view_names(inspector, schema):
        raise ConfigurationError(f"{name!r} is a view; writing requires a table.")
    described = inspector.get_columns(table_name, schema=schema)
    table = table_of(table_name, [(column["name"], column["type"]) for column in described], schema)
    dialect.refine(connection, table)
    required = tuple(column["name"] for column in described if _required(column))
    return Target(connection, dialect, table_name, schema, table, required, owns_transaction=not source.joined)


def _new_place(inspector: Any, name: str, default: str | None) -> tuple[str | None, str]:
    """Schema and name for a table that does not exist yet."""
    _, *split = candidates(name, default)
    if not split:
        return default, name
    schemas = inspector.get_schema_names()
    for schema, table in split:
        # DuckDB lists schemas as database.schema.
        if any(schema == known or known.endswith(f".{schema}") for known in schemas):
            return schema, table
    raise ConfigurationError.choice(f"The schema of the table {name!r}", split[0][0], schemas)


def _required(column: Any) -> bool:
    filled = column.get("default") is not None or "computed" in column or "identity" in column
    # SQLite and MariaDB report an auto-increment key as any other NOT NULL column.
    return not column["nullable"] and not filled and column.get("autoincrement") in {None, False}
