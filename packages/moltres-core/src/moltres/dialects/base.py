"""The portable way to do what databases do differently; the module of a database overrides what it does better."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import Column, MetaData, String, Table, func, insert, inspect, literal_column, select
from sqlalchemy import types as sql
from sqlalchemy.exc import DBAPIError, IntegrityError, NoSuchTableError
from sqlalchemy.schema import CreateTable, DropTable

from .._shared import arguments
from .._shared.statements import Clock, driver_connection, timing
from ..errors import (
    ConfigurationError,
    DatabaseConnectionError,
    MoltresError,
    QueryCancelledError,
    QueryError,
    QueryTimeoutError,
    SchemaMismatchError,
    TableNotFoundError,
    TransientQueryError,
    refuse,
)
from ..types import documents
from ..types.arrow import to_rows, unfit_batch
from ..types.documents import JsonText
from ..types.logical import LogicalType, logical_type
from ..types.values import unfit
from .capabilities import Capabilities
from .columns import portable_type
from .fill import Fill, fill_of
from .rows import by_sqlalchemy, open_rows
from .statements import CreateTableAs, Explain, RenameTable

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence

    from sqlalchemy import ColumnElement, Connection, CursorResult, Select
    from sqlalchemy.sql.selectable import SelectBase
    from sqlalchemy.types import TypeEngine

    from ..types.arrow import Batch, Named, Rows
    from .rows import Reader


__all__ = ["DELETE_ACTIONS", "KEYS", "TEMPORARY", "Dialect", "driver_connection", "named"]

DELETE_ACTIONS = frozenset({"CASCADE", "SET NULL", "SET DEFAULT"})
"""What a foreign key can do to rows of its own table when the row that they reference is deleted."""

TEMPORARY = "moltres_temporary"
"""Key in `Table.info`: whether the table is temporary."""

KEYS = "moltres_keys"
"""Key in `Table.info`: columns that a temporary table is searched by, as a tuple of names."""


def named(table: Table) -> list[Named]:
    """Names and types of a table's columns."""
    return [(column.key, column.type) for column in table.columns]


def _parsed(value: Any) -> Any:
    return documents.read(value) if isinstance(value, JsonText) else value


class Dialect:
    """What one kind of database can do, and how. It has no state: one instance serves every connection.

    Args:
        name: The name of the SQLAlchemy dialect.

        capabilities: What the database can do; by default those of the class.

    Attributes:
        capabilities: What the database can do.
        placeholder: The parameter marker of drivers that take the values of many rows as tuples.
    """

    capabilities: Capabilities = Capabilities()
    placeholder: str | None = None

    def __init__(self, name: str, capabilities: Capabilities | None = None) -> None:
        self.name = name
        if capabilities is not None:
            self.capabilities = capabilities

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name}>"

    # -- running statements

    @contextmanager
    def time_limit(self, connection: Connection, seconds: float | None) -> Iterator[None]:
        """Let no statement of the block run longer than the limit, and remove the limit after it.

        Args:
            connection: Where the statements run.
            seconds: The time limit of each statement in seconds; None for no limit.

        Raises:
            ConfigurationError: If this database has no statement timeout.
            QueryTimeoutError: If a statement of the block took too long.
        """
        if seconds is None:
            yield
            return
        if not self.capabilities.statement_timeout:
            raise ConfigurationError(
                f"query_timeout is not supported for {self.name}.", suggestion="Leave query_timeout out."
            )
        refuse(arguments.seconds("query_timeout", seconds))
        clock = self._clock(connection, seconds)
        try:
            with timing(connection, clock), self._limited(connection, clock, seconds):
                yield
        except (DBAPIError, connection.dialect.loaded_dbapi.Error) as error:
            # Some databases report a timeout and a cancellation alike; the clock tells them apart.
            kind = self.classify(error)
            if kind is QueryTimeoutError or (kind is QueryCancelledError and clock.elapsed() >= seconds):
                raise QueryTimeoutError(
                    f"A statement exceeded the time limit of {seconds:g} s, and the database stopped it.",
                    suggestion="Raise query_timeout, or reduce the work of the query.",
                ) from error
            raise

    def _clock(self, connection: Connection, seconds: float) -> Clock:  # noqa: ARG002 - for the databases that need it
        return Clock()

    @contextmanager
    def _limited(self, connection: Connection, clock: Clock, seconds: float) -> Iterator[None]:  # noqa: ARG002
        """Set the limit of the database, and reset it after the block."""
        yield

    def canceller(self, connection: Connection) -> Callable[[], None]:  # noqa: ARG002 - databases that can cancel use it
        """A function for other threads that stops what this connection runs.

        Args:
            connection: The connection, checked out.

        Returns:
            A thread-safe function without arguments, which does nothing when nothing runs.
        """

        def refuse() -> None:
            raise ConfigurationError(f"Cancelling a statement is not supported for {self.name}.")

        return refuse

    def keeps_rows(self, connection: Connection) -> bool:  # noqa: ARG002 - for databases that may refuse
        """Whether a temporary table can hold the rows of a query, with their types and in their order."""
        return bool(self.capabilities.insertion_order)

    def begin(self, connection: Connection, seconds: float | None = None) -> None:  # noqa: ARG002 - SQLite waits
        """Make sure that a transaction is open, which covers DDL as far as the database can.

        Args:
            connection: A connection, in a transaction or not.
            seconds: The longest time to wait for another writer, where a transaction has to.
        """
        if not connection.in_transaction():
            connection.begin()

    @contextmanager
    def settled(self, connection: Connection) -> Iterator[None]:  # noqa: ARG002 - for databases with such settings
        """Let no setting of the session change what the values of this block are; it is put back afterwards."""
        yield

    @contextmanager
    def writing(self, connection: Connection) -> Iterator[None]:  # noqa: ARG002 - for databases that need it
        """What holds while rows are written: strict settings, and the locks that `lock_name` takes.

        Args:
            connection: A connection in a transaction, which ends within the block if it is one of moltres.
        """
        yield

    def classify(self, error: BaseException) -> type[MoltresError]:
        """The class of moltres.errors that an error of the driver belongs to.

        Args:
            error: SQLAlchemy's DBAPIError, or the driver's error itself.

        Returns:
            The class; QueryError if the error has no other.
        """
        if isinstance(error, NoSuchTableError):
            return TableNotFoundError
        if isinstance(error, DBAPIError):
            if error.connection_invalidated:
                return DatabaseConnectionError
            if error.orig is not None:
                return self._classify(error.orig)
        return self._classify(error)

    def _classify(self, error: BaseException) -> type[MoltresError]:  # noqa: ARG002 - codes differ by database
        return QueryError

    def refused(self, error: BaseException) -> SchemaMismatchError | None:  # noqa: ARG002 - for those who guard
        """What a guarded statement says of a value that cannot be read as it is, if that is what an error is."""
        return None

    # -- columns

    def describe(self, connection: Connection, query: Select[Any]) -> list[Named]:  # noqa: ARG002 - asked by others
        """Names and types of the columns that a query returns.

        Args:
            connection: Where it would run.
            query: The query. Databases that say what they return are asked for no row of it.

        Returns:
            One pair for each column; NullType if the type is not known.
        """
        return [(column.key or "", column.type) for column in query.selected_columns]

    def declared(self, connection: Connection, text: str, described: list[Named]) -> list[Named]:  # noqa: ARG002
        """What `describe` says of a query in SQL, with the types that its columns were declared with where they help.

        Args:
            connection: Where it would run.
            text: The query, with NULL in the place of each value.
            described: What `describe` says.
        """
        return described

    def column_type(self, type_: TypeEngine[Any]) -> TypeEngine[Any] | None:
        """The type to give a new column for values of some other database's, or of no database's, type.

        Args:
            type_: What the values are.

        Returns:
            A type from which each value comes back equal, or which refuses it; None if this database has no such type.
        """
        return portable_type(type_, self.column_type, arrays=self.capabilities.arrays)

    def exact_text(self, length: int) -> TypeEngine[Any]:
        """A type for keys of our own: strings that are compared byte by byte, and that an index can hold.

        Args:
            length: The most characters.
        """
        return String(length)

    def fill(self, connection: Connection, table: Table, described: Sequence[Any]) -> Fill:  # noqa: ARG002
        """The columns of a table that the database fills by itself.

        Args:
            connection: Where the table is.
            table: The table.
            described: What `Inspector.get_columns` says of it.
        """
        return fill_of(described)

    def delete_actions(self, connection: Connection, table: Table, *, own: bool) -> list[str]:
        """What deleting rows of a table does to the rows of other tables.

        Args:
            connection: Where the table is.
            table: The table.
            own: Whether what it does to other rows of the same table counts.

        Returns:
            One phrase for each foreign key with such an action: "orders (ON DELETE CASCADE)".
        """
        inspector = inspect(connection)
        found = []
        for name in inspector.get_table_names(table.schema):
            if name == table.name and not own:
                continue
            for key in inspector.get_foreign_keys(name, schema=table.schema):
                action = str(key.get("options", {}).get("ondelete") or "").upper()
                same_schema = key["referred_schema"] in {None, table.schema}
                if key["referred_table"] == table.name and same_schema and action in DELETE_ACTIONS:
                    found.append(f"{name} (ON DELETE {action})")
        return found

    def refine(self, connection: Connection, table: Table) -> None:
        """Correct the types of a reflected table where this database says more than SQLAlchemy heard.

        Args:
            connection: Where the table is.
            table: What `autoload_with` made; changed in place.
        """

    # -- rows

    @contextmanager
    def reading(self, connection: Connection, query: Select[Any]) -> Iterator[Select[Any]]:  # noqa: ARG002
        """The statement to run so that the driver loses nothing of the rows of a query.

        Args:
            connection: Where it runs; what has to be set on it for that holds within the block.
            query: The query.
        """
        yield query

    def reported(self, connection: Connection, cursor: Any) -> list[TypeEngine[Any]]:  # noqa: ARG002
        """The types of a result as the database reports them with it; NullType where it does not.

        Args:
            connection: Where it runs.
            cursor: The driver's cursor, executed.
        """
        return [sql.NullType() for _ in cursor.description]

    def reader(
        self,
        connection: Connection,
        element: ColumnElement[Any],
        reported: TypeEngine[Any],  # noqa: ARG002 - for those who report
        code: Any,
    ) -> Reader | None:
        """What turns the driver's values of a column into those that the database holds.

        Args:
            connection: Where it runs.
            element: The column, with the type that SQLAlchemy knows.
            reported: The database's, from `reported`.
            code: The type in the driver's description of the result.

        Returns:
            None if they are that already.
        """
        return by_sqlalchemy(connection, element.type, code)

    def read(
        self,
        connection: Connection,
        query: Select[Any],
        columns: Sequence[Named],  # noqa: ARG002 - for those who read by type
        rows: int,
    ) -> Generator[Batch, None, None]:
        """The rows of a query in batches, in memory that does not grow with their number.

        Args:
            connection: Where it runs; in use until the iterator ends.
            query: The query.
            columns: What `describe` says of it.
            rows: The most rows of a batch.
        """
        with open_rows(self, connection, query, rows) as (_, batches):  # closed also if the reader stops early
            yield from batches

    def for_file(self, connection: Connection, query: Select[Any], kind: str) -> Select[Any]:  # noqa: ARG002
        """A query whose rows a file of some kind holds as they are; for databases that write files.

        Args:
            connection: Where it will run.
            query: The rows.
            kind: parquet or csv.
        """
        return query

    def load(self, connection: Connection, table: Table, batch: Batch) -> int:
        """Add rows to a table.

        Args:
            connection: A connection in a transaction.
            table: The table, with the columns of the batch in their order and no others.
            batch: The rows.

        Returns:
            The number of rows added.
        """
        rows = batch if isinstance(batch, list) else to_rows(batch, named(table))
        if not rows:
            return 0
        if self.placeholder is not None:
            # One text for all rows, and each value converted once: SQLAlchemy's own way takes twice the time.
            preparer = connection.dialect.identifier_preparer
            names = ", ".join(preparer.quote(column.name) for column in table.columns)
            values = ", ".join([self.placeholder] * len(table.columns))
            statement = f"INSERT INTO {preparer.format_table(table)} ({names}) VALUES ({values})"  # noqa: S608 - quoted
            connection.exec_driver_sql(statement, self._stored(connection, table, rows))
        else:
            keys = [column.key for column in table.columns]
            connection.execute(insert(table), [dict(zip(keys, map(_parsed, row), strict=True)) for row in rows])
        return len(rows)

    def _stored(self, connection: Connection, table: Table, rows: Rows) -> Rows:
        """The rows as the driver takes them; what a column cannot give back equal is refused, with its name."""
        columns, faults = [], []
        for column, values in zip(table.columns, zip(*rows, strict=True), strict=True):
            try:
                columns.append(self._stored_column(connection, column.type, values))
            except (ValueError, TypeError) as error:
                faults.append(f"column {column.name!r}: {error}")
        if faults:
            raise SchemaMismatchError("Some values would not come back equal.", mismatches=faults)
        return list(zip(*columns, strict=True))

    def _stored_column(self, connection: Connection, type_: TypeEngine[Any], values: Sequence[Any]) -> Sequence[Any]:
        """The values of one column as the driver takes them.

        Raises:
            ValueError, TypeError: If one would not come back equal.
        """
        reason = self.refusal(type_, values)
        if reason is not None:
            raise ValueError(reason)
        if logical_type(type_).name == "json":
            return [None if value is None else documents.write(value) for value in values]
        if logical_type(type_).name == "text":
            values = [value if value is None or type(value) is str else str(value) for value in values]
        stored = self.column_type(type_) or type_
        convert = stored.dialect_impl(connection.dialect).bind_processor(connection.dialect)
        return values if convert is None else [convert(value) for value in values]

    def held(self, type_: TypeEngine[Any]) -> LogicalType:
        """What a column of this database holds; as its type says, but that lengths of text are not enforced."""
        return replace(logical_type(type_), length=None, padded=False)

    def refusal(self, type_: TypeEngine[Any], values: Sequence[Any]) -> str | None:
        """Why a column of this database would not give all values back equal; None if it does, or refuses them itself.

        Args:
            type_: The type of the column.
            values: Values of Python.
        """
        return unfit(self.held(type_), values)

    def require_fit(self, columns: Sequence[Named], rows: Rows) -> None:
        """Make sure that columns hold the values of rows as they are.

        Raises:
            SchemaMismatchError: All columns that do not, each with the first value.
        """
        faults = []
        for (name, type_), values in zip(columns, zip(*rows, strict=True), strict=False):
            reason = self.refusal(type_, values)
            if reason is not None:
                faults.append(f"column {name!r}: {reason}")
        if faults:
            raise SchemaMismatchError("Some values would not come back equal.", mismatches=faults)

    def require_batch(self, columns: Sequence[Named], batch: Any) -> None:
        """The same for an Arrow batch, as far as the database would change a value without an error.

        Raises:
            SchemaMismatchError: All columns that do not, each with the first value.
        """
        faults = unfit_batch(batch, [(name, self.held(type_)) for name, type_ in columns])
        if faults:
            raise SchemaMismatchError("Some values would not come back equal.", mismatches=faults)

    def insert_select(self, connection: Connection, table: Table, names: Sequence[str], query: SelectBase) -> int:
        """Add the rows of a query to a table, in one statement.

        Args:
            connection: A connection in a transaction.
            table: The table.
            names: The table's columns, in the order of the query's.
            query: The rows.

        Returns:
            The number of rows added.
        """
        statement = insert(table).from_select(list(names), query, include_defaults=False)
        return connection.execute(statement, execution_options={"preserve_rowcount": True}).rowcount

    def explain(self, connection: Connection, query: Select[Any], *, analyze: bool) -> str:
        """How the database would run a query.

        Args:
            connection: Where it would run.
            query: The query.
            analyze: Whether to run it and report what it took.

        Raises:
            ConfigurationError: If this database cannot report what a statement took.
        """
        if analyze and not self.capabilities.explain_analyze:
            raise ConfigurationError(
                f"explain(analyze=True) is not supported by {self.name}.", suggestion="Leave analyze out."
            )
        rows = connection.execute(Explain(query, "EXPLAIN ANALYZE" if analyze else "EXPLAIN"))
        return "\n".join(str(row[-1]) for row in rows)

    # -- tables

    def create(self, connection: Connection, table: Table) -> None:
        """Create an empty table."""
        connection.execute(CreateTable(table))

    def create_as(
        self,
        connection: Connection,
        table: Table,
        columns: Sequence[Named],
        query: SelectBase,
        *,
        temporary: bool = False,
    ) -> int:
        """Create a table from a query of the same database, in one statement.

        Args:
            connection: A connection in a transaction.
            table: Name and schema of the new table.
            columns: What `describe` says of the query.
            query: The rows.
            temporary: Whether the table is dropped when the connection is closed.

        Returns:
            The number of rows in it.
        """
        del columns
        result = connection.execute(
            CreateTableAs(table, query, temporary=temporary), execution_options={"preserve_rowcount": True}
        )
        return self._created(connection, table, result)

    def create_declared(
        self,
        connection: Connection,
        table: Table,
        columns: Sequence[Named],
        query: SelectBase,
        *,
        temporary: bool = False,
    ) -> int:
        """Like `create_as`, in two statements: create with these types, then insert."""
        made = [Column(name, self.column_type(type_) or type_) for name, type_ in columns]
        prefixes = ["TEMPORARY"] if temporary else []
        new = Table(table.name, MetaData(), *made, schema=table.schema, prefixes=prefixes, info=table.info)
        self.create(connection, new)
        return self.insert_select(connection, new, [name for name, _ in columns], query)

    def _created(self, connection: Connection, table: Table, result: CursorResult[Any]) -> int:
        if result.rowcount >= 0:
            return result.rowcount
        return connection.execute(select(func.count()).select_from(table)).scalar_one()

    def drop(self, connection: Connection, table: Table) -> None:
        """Drop a table."""
        connection.execute(DropTable(table))

    def replace(self, connection: Connection, old: Table, new: Table) -> None:
        """Replace a table by another one, which takes its name. Readers see the old one or the new one.

        Args:
            connection: A connection in a transaction.
            old: The table to replace; it is dropped.
            new: A table of the same schema.

        Raises:
            ConfigurationError: If this database cannot do that atomically.
        """
        if not self.capabilities.transactional_ddl:
            raise ConfigurationError(
                f"Replacing a table by one with other columns is not atomic in {self.name}, and refused.",
                suggestion="Drop the table first, or write to another name.",
            )
        self.drop(connection, old)
        connection.execute(RenameTable(new, old.name))

    # -- other writers

    def hold(self, connection: Connection, table: Table) -> None:
        """Keep the columns of a table as they are until the transaction ends, and let others read and add rows."""

    def lock(self, connection: Connection, table: Table) -> None:
        """Keep other writers, but no reader, off a table until the transaction ends; its columns stay as well."""

    def lock_name(self, connection: Connection, name: str, *, owns_transaction: bool, wait: bool) -> bool:
        """Keep others who ask for the same name waiting until `writing` ends; for tables not yet there.

        Args:
            connection: A connection in a transaction that has changed nothing yet.
            name: What names a table, with its schema.
            owns_transaction: Whether the transaction is one of moltres, which may begin anew to see what those did
                who held the name before.
            wait: Whether to wait for whoever holds the name.

        Returns:
            Whether the name is held now; a database that cannot make others wait says that it is.

        Raises:
            TransientQueryError: If the wait was in vain.
        """
        del connection, name, owns_transaction, wait
        return True

    def label(self, connection: Connection, table: Table, text: str) -> None:
        """Attach a text to a table that goes with it when it is renamed; where making a table commits.

        Args:
            connection: Where the table is.
            table: The table.
            text: What to attach instead of what is there.
        """

    def label_of(self, connection: Connection, table: Table) -> str | None:  # noqa: ARG002
        """The text that `label` attached; None if there is none."""
        return None

    def insert_new(self, connection: Connection, table: Table, values: dict[str, Any]) -> bool:
        """Insert a row unless its key exists, also if a running transaction is about to commit that key.

        Args:
            connection: A connection in a transaction.
            table: A table with a primary key.
            values: The row.

        Returns:
            Whether the row was inserted.
        """
        key = [column == values[column.key] for column in table.primary_key]
        if connection.execute(select(literal_column("1")).select_from(table).where(*key)).first() is not None:
            return False
        try:
            connection.execute(insert(table).values(values))
        except IntegrityError as error:
            raise TransientQueryError(
                "A concurrent transaction inserted the same key.", suggestion="Try again."
            ) from error
        return True
