"""The table that is written to: found by name, compared with the rows, replaced by a shadow table."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from sqlalchemy import Column, MetaData, Table, inspect, literal, select
from sqlalchemy.exc import NoSuchTableError
from sqlalchemy.types import NullType

from .._shared.databases.tables import has_table, is_no_schema, view_names
from ..dialects.base import INSTEAD_OF_NULL, KEYS, TEMPORARY
from ..dialects.catalog import candidates, places
from ..dialects.fill import Fill
from ..dialects.sql.names import is_possible, require_table
from ..dialects.stopping import cleaning_up
from ..errors import ConfigurationError, SchemaMismatchError, TableExistsError, TransientQueryError, listing
from ..types.logical import mismatches
from .outcome import require_columns

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from sqlalchemy import Connection

    from ..dialects import Dialect
    from ..dialects.base import Told
    from ..frame.source import Source
    from ..types.arrow import Named
    from .request import WriteRequest


def scratch_name(prefix: str = "moltres_tmp_") -> str:
    """A unique name, for a table that is soon dropped or renamed."""
    return f"{prefix}{uuid4().hex[:16]}"


def table_of(name: str, columns: Sequence[Named], schema: str | None = None) -> Table:
    """A table for statements, with these columns and nothing else."""
    return Table(name, MetaData(), *(Column(column, type_) for column, type_ in columns), schema=schema)


def temporary_table(columns: Sequence[Named], keys: Sequence[str] = ()) -> Table:
    """A table that goes with its connection.

    Args:
        columns: Its columns.
        keys: The columns that it is searched by.
    """
    made = [Column(column, type_) for column, type_ in columns]
    info = {TEMPORARY: True, KEYS: tuple(keys)}
    return Table(scratch_name(), MetaData(), *made, prefixes=["TEMPORARY"], info=info)


class Listing:
    """What was in the schemas of a database when a write began.

    Args:
        connection: Where they are.
        dialect: Its dialect, which may tell all of a schema by one statement.
    """

    def __init__(self, connection: Connection, dialect: Dialect) -> None:
        self._connection, self._dialect = connection, dialect
        self._known: dict[str | None, Mapping[str, bool] | None] = {}
        self._told: dict[tuple[str | None, str], Told | None] = {}

    def _of(self, schema: str | None) -> Mapping[str, bool] | None:
        if schema not in self._known:
            self._known[schema] = self._dialect.listed(self._connection, schema)
        return self._known[schema]

    def told(self, name: str, schema: str | None) -> Told | None:
        """As `Dialect.told`, of which each table is asked once."""
        if (schema, name) not in self._told:
            self._told[schema, name] = self._dialect.told(self._connection, name, schema)
        return self._told[schema, name]

    def has(self, name: str, schema: str | None) -> bool:
        """Whether there is such a table or view."""
        known = self._of(schema)
        if known is not None:
            return name in known
        return self.told(name, schema) is not None or has_table(inspect(self._connection), name, schema)

    def is_view(self, name: str, schema: str | None) -> bool:
        """Whether a table that is there is a view."""
        known = self._of(schema)
        if known is not None:
            return known[name]
        return self.told(name, schema) is None and name in view_names(inspect(self._connection), schema)

    def tables(self, schema: str | None) -> list[str]:
        """The names of the tables."""
        known = self._of(schema)
        if known is None:
            return inspect(self._connection).get_table_names(schema)
        return [name for name, view in known.items() if not view]

    def locate(self, name: str, schema: str | None) -> tuple[str | None, str] | None:
        """As `catalog.locate`."""
        return next((one for one in places(self._dialect, name, schema) if self.has(one[1], one[0])), None)


@dataclass(frozen=True)
class Target:
    """The table that is written to.

    Attributes:
        connection: The connection that writes, in a transaction.
        dialect: Its dialect.
        name: Name of the table.
        schema: Its schema, None for the default.
        table: The table with its columns; None while there is none.
        required: Columns that must be given.
        fill: Columns that the database fills by itself.
        owns_transaction: Whether the transaction is one of moltres, not the caller's.
        listing: What was beside it when the write began.
    """

    connection: Connection
    dialect: Dialect
    name: str
    schema: str | None
    table: Table | None
    required: tuple[str, ...] = ()
    fill: Fill = field(default_factory=Fill)
    owns_transaction: bool = True
    listing: Listing = field(kw_only=True)

    @property
    def new(self) -> Table:
        """The table without columns, to create it."""
        return table_of(self.name, [], self.schema)

    @property
    def lock_name(self) -> str:
        """What writers of the same table call it when they wait for each other."""
        return f"{self.schema}.{self.name}"

    @property
    def digest(self) -> str:
        """What tables beside it have in their names."""
        return sha256(self.lock_name.encode()).hexdigest()[:10]

    def has_the_columns(self, names: Collection[str]) -> bool:
        """Whether rows with these columns give the table all that it does not fill by itself, and nothing else."""
        if self.table is None:
            return False
        existing = set(self.table.columns.keys())
        return existing - self.fill.columns <= set(names) <= existing

    def takes(self, columns: Sequence[Named] | None, *, checked: bool, kept: Collection[str] = ()) -> bool:
        """Whether the table can hold rows of these columns instead of its own and stay as it is.

        Args:
            columns: Names and types of the rows' columns.
            checked: Whether each value is looked at on its way.
            kept: Columns that keep their values although these are of another type.
        """
        if columns is None:
            return True
        given = [(name, NullType() if name in kept else type_) for name, type_ in columns]
        return self.has_the_columns([name for name, _ in given]) and not self.problems(given, checked=checked)

    def require_no_delete_actions(self, *, own: bool) -> None:
        """Make sure that deleting rows of the table leaves those of other tables alone.

        Args:
            own: Whether other rows of the same table count as well.

        Raises:
            ConfigurationError: If foreign keys would delete or change rows elsewhere.
        """
        if self.table is None:
            return
        actions = self.dialect.delete_actions(self.connection, self.table, own=own)
        if actions:
            raise ConfigurationError(
                f"Replacing rows of the table {self.name!r} would delete or change further rows: {', '.join(actions)}.",
                suggestion="Use mode='merge', which deletes nothing, or pass cascade=True to let this happen.",
                context={"table": self.name, "foreign_keys": actions},
            )

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

    def require_keys(self, columns: Sequence[Named], names: Sequence[str], what: str) -> None:
        """Make sure that rows have columns, and that the database finds rows by their values.

        Args:
            columns: The columns of the rows.
            names: Those by which rows are found.
            what: The option that names them.

        Raises:
            ColumnNotFoundError: If some are missing.
            ConfigurationError: If the database does not take equal values of a column for equal.
        """
        given = dict(columns)
        require_columns(names, list(given), what)
        held = {} if self.table is None else {column.name: column.type for column in self.table.columns}
        wrong = [name for name in names if not self.dialect.finds(held.get(name, given[name]))]
        if wrong:
            raise ConfigurationError(
                f"{what} has {listing(wrong)}, which holds documents of JSON: {self.dialect.name} compares how they are"
                " written, so that equal ones would not be found.",
                suggestion="Name columns of other types, such as one with a part of the document.",
            )

    def require_absent(self) -> None:
        """Make sure that the table does not exist.

        Raises:
            TableExistsError: If it does.
        """
        if self.table is not None:
            raise self.exists()

    def exists(self) -> TableExistsError:
        """The error that says so."""
        return TableExistsError(
            f"The table {self.name!r} already exists.",
            suggestion="Use mode='append', 'overwrite', 'merge', 'overwrite_partitions' or 'ignore'.",
            context={"table": self.name},
        )

    def snapshots(self) -> list[Any]:
        """The states that the table had, the oldest first, where the database keeps them."""
        return self.dialect.snapshots(self.connection, self.new)

    @property
    def _shadow_prefix(self) -> str:
        return f"moltres_new_{self.digest}_"

    def is_empty(self) -> bool:
        """Whether the table has no rows, if there is one."""
        if self.table is None:
            return True
        return self.connection.execute(select(literal(1)).select_from(self.table).limit(1)).first() is None

    def left_overs(self) -> list[str]:
        """The shadow tables of this table: of writes that run, or that were killed.

        Where making a table commits, a kill can leave one behind: with all new rows, or with all old ones.
        """
        if self.dialect.capabilities.transactional_ddl or not self.owns_transaction:
            return []
        names = inspect(self.connection).get_table_names(self.schema)
        return [name for name in names if name.startswith(self._shadow_prefix)]

    def drop_left_overs(self) -> None:
        """Drop the shadow tables of writes that were killed. The caller holds the lock of the name."""
        for name in self.left_overs():
            self.dialect.drop(self.connection, table_of(name, [], self.schema))

    @contextmanager
    def shadow_table(self) -> Iterator[Table]:
        """A table to build beside the target, which is dropped if the block fails."""
        table = table_of(scratch_name(self._shadow_prefix), [], self.schema)
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
    listing = Listing(connection, dialect)
    found: tuple[str | None, str] | None
    place: tuple[str | None, str]
    if request.schema is not None or request.as_it_is:
        place = (request.schema or source.schema, name)
        require_table(name, place[0], dialect.capabilities, dialect.name)
        found = place if listing.has(name, place[0]) else None
    else:
        tables = [table for _, table in candidates(name, source.schema)] or [name]
        if not any(is_possible(table, dialect.capabilities) for table in tables):
            require_table(tables[-1], None, dialect.capabilities, dialect.name)
        found = listing.locate(name, source.schema)
        place = found or _new_place(inspector, name, source.schema)
    schema, table_name = place
    if found is None:
        require_table(table_name, schema, dialect.capabilities, dialect.name)
        _require_schema(inspector, table_name, schema)
        return Target(
            connection, dialect, table_name, schema, None, owns_transaction=not source.joined, listing=listing
        )
    if listing.is_view(table_name, schema):
        raise ConfigurationError(f"{name!r} is a view; writing requires a table.")
    told = listing.told(table_name, schema)
    table_name = dialect.spelled(connection, table_name, schema) if told is None else told.name
    try:
        described = dialect.columns_of(connection, table_name, schema) if told is None else told.columns
    except NoSuchTableError:  # it was there a moment before
        raise TransientQueryError(
            f"The table {name!r} was replaced by another write while this one looked at it.", suggestion="Try again."
        ) from None
    table = table_of(table_name, [(column["name"], column["type"]) for column in described], schema)
    dialect.refine(connection, table)
    table.info[INSTEAD_OF_NULL] = dialect.instead_of_null(connection, table, described)
    fill = dialect.fill(connection, table, described)
    required = tuple(c["name"] for c in described if not c["nullable"] and c["name"] not in fill.columns)
    return Target(
        connection,
        dialect,
        table_name,
        schema,
        table,
        required,
        fill,
        owns_transaction=not source.joined,
        listing=listing,
    )


def _require_schema(inspector: Any, table: str, schema: str | None) -> None:
    """Make sure that the name of a schema can be one: DuckDB's dialect takes a database and a schema, and no more."""
    try:
        if schema is not None and "." in schema:
            inspector.has_table(table, schema=schema)
    except ValueError as error:
        if not is_no_schema(error):
            raise
        raise ConfigurationError(f"The schema {schema!r} cannot be used: {error}.") from error


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
