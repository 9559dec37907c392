"""Databases: where frames come from, and where statements run."""

from __future__ import annotations

import threading
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, Self

from sqlalchemy import URL, Connection, Engine, SelectBase, inspect

from ._shared import arguments
from ._shared.masking import masked
from .dialects import catalog, dialect_for, kind_of
from .dialects.connections import absent, binding, forks, held
from .dialects.connections.acquiring import acquired
from .dialects.connections.transactions import in_transaction
from .dialects.error_translation import translated
from .dialects.sql.owned import own, require_own_parts
from .dialects.stopping import Running, Runs
from .errors import ConfigurationError, refuse
from .frame.bound import Bound
from .frame.dataframe import DataFrame
from .frame.plain_values import with_plain_values
from .read import files, sql_text
from .write import dml
from .write.files import StageFolder, stage_folder
from .write.writer import Writer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from os import PathLike
    from pathlib import Path

    from sqlalchemy import Table
    from sqlalchemy.orm import Session

    from ._shared.iceberg.snapshots import AsOf
    from .dialects import Dialect
    from .dialects.sql.lexis import Lexis

__all__ = ["Database", "connect"]


def connect(
    target: str | URL | Engine | Connection | Session | None = None,
    *,
    query_timeout: float | None = None,
    schema: str | None = None,
    stage_uri: str | PathLike[str] | None = None,
    stage_location: str | None = None,
    **engine_options: Any,
) -> Database:
    """Open a database. No connection is made before something is read or written.

    Args:
        target: A URL such as ``postgresql://user@host/db``, ``sqlite:///file.db`` or ``duckdb:///file.duckdb`` (str
            or `sqlalchemy.URL`); an Engine; a Connection or Session, whose transaction everything is then part of and
            which moltres never commits, rolls back or closes; or nothing, for an in-memory DuckDB.
        query_timeout: Time limit of each statement in seconds, enforced by the database; None for no limit.
        schema: The schema of table names that name none, instead of the database's default.
        stage_uri: A folder for Parquet files, which this process and the database's server reach: many rows from
            elsewhere come into Trino by such files, tens of times faster. A path, or a URI of fsspec.
        stage_location: What the server calls that folder, if it is something else.
        **engine_options: Further arguments for `sqlalchemy.create_engine`; only with a URL.

    Returns:
        A Database, which is also a context manager.

    Raises:
        ConfigurationError: If an argument is not valid.
        MissingDependencyError: If the driver is not installed.

    Examples:
        >>> from moltres import col, connect
        >>> with connect() as db:
        ...     db.sql("SELECT 1 AS a UNION ALL SELECT 2").where(col("a") > 1).collect()
        Records([{'a': 2}], columns=['a'])
    """
    problems = [] if query_timeout is None else [*arguments.seconds("query_timeout", query_timeout)]
    refuse([*problems, *(() if schema is None else arguments.string("schema", schema))])
    bound = binding.resolve(target, engine_options)
    stage = stage_folder(kind_of(bound.engine), stage_uri, stage_location)
    return Database(bound, query_timeout=query_timeout, schema=schema, stage=stage)


class Database(Bound):
    """A database that frames are read from and written to. Made by `connect`.

    Threads may share a Database made from a URL or an Engine: each statement takes a connection from the pool. (An
    in-memory SQLite is one database per thread, an in-memory DuckDB is one for all threads.) A Database made from a
    Connection or a Session belongs to the thread of that object; other threads may call `cancel` only.
    """

    def __init__(
        self,
        bound: binding.Binding,
        *,
        query_timeout: float | None,
        schema: str | None,
        stage: StageFolder | None = None,
    ) -> None:
        self._binding = bound
        self._lock = threading.Lock()
        self.runs = Runs()
        self._tables: dict[str, Table] = {}
        self._stand_in: binding.Binding | None = None
        self._closed = False
        self.query_timeout = query_timeout
        self.schema = schema
        self.stage = stage
        forks.watch(self, self._begin_anew)

    def _begin_anew(self) -> None:
        """Forget what the parent process runs; called in its children."""
        self._lock = threading.Lock()
        self.runs = Runs()

    # -- what it is

    @property
    def engine(self) -> Engine:
        """The SQLAlchemy engine, also behind a given Connection or Session."""
        return self._binding.engine

    @property
    def bind(self) -> Engine | Connection:
        """Where statements run: the engine, or the caller's connection."""
        if self._binding.session is not None:
            if self._binding.session.autoflush:
                self._binding.session.flush()
            return self._binding.session.connection()
        return self._binding.connection or self._binding.engine

    @property
    def joined(self) -> bool:
        """Whether everything is part of a transaction of the caller."""
        return self._binding.joined

    @property
    def dialect(self) -> Dialect:
        """What moltres knows of this kind of database."""
        return dialect_for(self.engine)

    def __repr__(self) -> str:
        inside = "" if not self.joined else ", in the caller's transaction"
        return f"Database({masked(self.engine.url)}{inside})"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections of an engine that moltres made; a given one stays open. A second call does nothing.

        What is read or written afterwards is refused.
        """
        self._closed = True
        for bound in (self._binding, self._stand_in):
            if bound is not None and bound.owns_engine:
                bound.engine.dispose()
                if bound.anchor is not None:
                    bound.anchor.close()

    # -- running statements

    @contextmanager
    def connection(self, *, query_timeout: float | None = None) -> Iterator[Connection]:
        """A connection to read with: the time limit is set, `cancel` reaches it, errors are errors of moltres.

        Changes are rolled back at the end, unless the caller commits them or owns the transaction.

        Args:
            query_timeout: Time limit of each statement in seconds; by default that of `connect`.
        """
        with self._session(query_timeout, begin=False) as connection:
            yield connection

    @contextmanager
    def transaction(self, *, query_timeout: float | None = None) -> Iterator[Connection]:
        """A connection in a transaction: committed at the end of the block, rolled back if it fails.

        In a transaction of the caller, nothing is committed, and a failure is rolled back to a savepoint where the
        database has savepoints.

        Args:
            query_timeout: Time limit of each statement in seconds; by default that of `connect`.

        Raises:
            ConfigurationError: If the database commits each statement at once, as Trino does.
        """
        if not self.dialect.capabilities.transactions:
            raise ConfigurationError(
                f"{self.dialect.name} commits each statement: what a block has done cannot be rolled back.",
                suggestion="Write with write(…).save_as_table(…), which is one commit, or use connection().",
            )
        with self._session(query_timeout, begin=True) as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A connection to write with: in a transaction where the database has them.

        Where it has none each statement is a commit: whoever writes several must be able to go on after any of them.
        """
        with self._session(None, begin=True) as connection:
            yield connection

    @contextmanager
    def _session(self, query_timeout: float | None, *, begin: bool) -> Iterator[Connection]:
        seconds = self.query_timeout if query_timeout is None else query_timeout
        refuse(() if seconds is None else arguments.seconds("query_timeout", seconds))
        running: Running | None = None
        if self._closed:
            raise ConfigurationError(
                f"{self!r} is closed.", suggestion="Call connect() again, or use the Database inside its with block."
            )
        with ExitStack() as stack:
            patience = stack.enter_context(held.refusing_own_waits(self.bind, self._has_locks, writes=begin))
            stack.enter_context(
                translated(self.engine, self.dialect, lambda: running is not None and running.cancelled)
            )
            connection = stack.enter_context(
                acquired(self.bind, self.dialect, writes=begin, empty=self._empty, seconds=seconds)
            )
            running = stack.enter_context(self.runs.registered(connection, self.dialect.canceller(connection)))
            if begin:
                stack.enter_context(in_transaction(connection, self.dialect, running, seconds, joined=self.joined))
            # Within the transaction: the settings and the limit of PostgreSQL are those of the transaction.
            stack.enter_context(self.dialect.settled(connection))
            stack.enter_context(self.dialect.time_limit(connection, seconds))
            if patience is not None:
                stack.enter_context(self.dialect.waits_briefly(connection, patience))
            yield connection

    def _has_locks(self) -> bool:
        return self.dialect.capabilities.transactions

    def _empty(self, file: Path) -> Engine:
        with self._lock:
            if self._stand_in is None:
                self._stand_in = binding.resolve(absent.stand_in(self._binding.engine.url), {})
                absent.refuse_catalogs(own(self._stand_in.engine, self.engine), file)
            return self._stand_in.engine

    def cancel(self) -> int:
        """Stop every statement that this Database is running, from another thread.

        The stopped calls raise QueryCancelledError.

        Returns:
            The number of connections on which something was stopped.
        """
        return self.runs.cancel()

    # -- frames

    def tables(self, schema: str | None = None) -> list[str]:
        """The names of the tables and views.

        Args:
            schema: The schema to look in, instead of the one given to `connect` or the database's default.
        """
        refuse([] if schema is None else arguments.string("schema", schema))
        with self.connection() as connection:
            return catalog.names(inspect(connection), schema or self.schema)

    def table(self, name: str, *, as_of: AsOf | None = None) -> DataFrame:
        """All of a table or view.

        Its columns are looked up once, and again after `forget` or a write through this Database.

        Args:
            name: ``table`` or ``schema.table``. Case, spaces and quotes are part of the name, and so may be a dot.
            as_of: Of an Iceberg table, the snapshot to read: its id, the name of a branch or tag, or a time with a
                zone. The frame keeps that snapshot, whatever is written later.

        Raises:
            TableNotFoundError: If it does not exist; the error lists the existing tables.
            ConfigurationError: If there is no such snapshot, or the database has none.
        """
        if as_of is None:
            return DataFrame.all_of(self, self.reflect(name))
        with self.connection() as connection:
            return DataFrame.all_of(self, catalog.version(connection, self.dialect, name, self.schema, as_of))

    def reflect(self, name: str, *, schema: str | None = None, connection: Connection | None = None) -> Table:
        """A table or view as a SQLAlchemy Table, with its columns only.

        Args:
            name: As in `table`.
            schema: The schema of the table; then ``name`` is taken as it is, dots and all.
            connection: Where to look; by default a new connection, which does not see uncommitted tables.
        """
        catalog.require_name(name, schema)
        if connection is not None:
            return catalog.reflect_in(connection, self.dialect, name, schema, self.schema)
        known, key = self._tables, name if schema is None else f"{schema}\0.{name}"
        if (found := known.get(key)) is not None:
            return found
        with self.connection() as own:
            table = catalog.reflect_in(own, self.dialect, name, schema, self.schema)
        catalog.hold_to_its_types(table, self.dialect, self.forget)
        if not self.joined:  # the caller may roll back the CREATE TABLE
            known[key] = table  # nowhere, if a write has made others to be looked up meanwhile
        return table

    def forget(self, name: str | None = None) -> None:
        """Look the columns of tables up again on their next use.

        Args:
            name: A table that has changed; by default all tables.
        """
        kept: dict[str, Table] = {}
        if name is not None:
            bare = catalog.require_name(name).rpartition(".")[2]
            kept = {known: table for known, table in list(self._tables.items()) if known.rpartition(".")[2] != bare}
        self._tables = kept  # not the same dict: another thread may be about to add what it has looked up before

    def sql(self, query: str, /, **binds: Any) -> DataFrame:
        """A frame of what a query in SQL returns.

        The database is asked for the names of its columns at once, and for no row.

        Args:
            query: One query in the SQL of this database, with ``:name`` for values, and ``IN :names`` for those of a
                list. A colon in a string, a name in quotes or a comment is part of it, by the rules of this database.
            **binds: The values, sent as parameters of the statement; PostgreSQL gets strings as literals, whose type
                it infers as in the query itself: ``day >= :since`` compares dates.

        Raises:
            QueryError: If the database refuses it.
            ConfigurationError: If a ``:name`` has no value, a value no ``:name``, or the database cannot take a value
                as it is.
        """
        return DataFrame.all_of(self, sql_text.selectable(self, sql_text.statement(self, query, binds)))

    def from_select(self, statement: SelectBase) -> DataFrame:
        """A frame of what a SQLAlchemy SELECT (or UNION, …) returns.

        Args:
            statement: The statement; it becomes a subquery. A part that is a frame of another database is refused.
        """
        if not isinstance(statement, SelectBase):
            raise ConfigurationError(f"from_select() requires SQLAlchemy's select(), not {type(statement).__name__}.")
        require_own_parts(self.engine, statement)
        return DataFrame.all_of(self, sql_text.named(self.dialect.ordered(with_plain_values(statement), self._lexis)))

    def _lexis(self, text: str) -> Lexis:
        """By which rules the server reads SQL."""
        with self.connection() as connection:
            return self.dialect.lexis(connection, text)

    def read_parquet(self, path: files.Paths, **options: Any) -> DataFrame:
        """A frame of Parquet files; DuckDB reads only the columns and row groups that the query needs.

        Args:
            path: A path, a pattern with ``*``, a URI, or a list of these.
            **options: Options of DuckDB's ``read_parquet``, such as ``hive_partitioning=False`` for no columns from the
                names of folders; and ``storage_options``, a dict for the fsspec file system of the URI.

        Raises:
            ConfigurationError: If this database is not DuckDB.
        """
        return DataFrame.all_of(self, files.read(self, "read_parquet", path, options))

    def read_csv(self, path: files.Paths, **options: Any) -> DataFrame:
        """A frame of CSV files; see `read_parquet`.

        A column has a type where it gives every value back as the file has it: ``007`` stays text, and so does a date
        that is not written as 2024-01-31. Numbers are decimals where doubles would lose digits.

        Args:
            path: See `read_parquet`.
            **options: ``delimiter`` (default: that of the lines: ``,``, ``;`` ``|`` or tab), ``quote``, ``encoding``,
                ``null`` (what means NULL, besides an empty field), ``decimal``, ``header``, ``types`` (of columns),
                as for ``read_options`` of dq-core; and ``storage_options``. Any option of DuckDB's ``read_csv`` works
                as well; then DuckDB finds out what is not stated of the delimiter, the quote and the header.

        Raises:
            ConfigurationError: If an option is not valid, or the first line is no header.
        """
        return DataFrame.all_of(self, files.read(self, "read_csv", path, options))

    def read_json(self, path: files.Paths, **options: Any) -> DataFrame:
        """A frame of JSON files, by line or in an array; see `read_parquet`.

        A column has a type where it gives every value back as the file has it; lists and objects are JSON.

        Args:
            path: See `read_parquet`.
            **options: ``storage_options``; ``columns``, the types of columns by name, of which the others are left out:
                a value that its type does not hold is an error. With other options of DuckDB's ``read_json`` it
                decides on the types of what ``columns`` does not state.

        Raises:
            ConfigurationError: If an entry is no object, or a number has more digits than a double holds.
        """
        return DataFrame.all_of(self, files.read(self, "read_json", path, options))

    # -- changes

    def write(self, data: Any) -> Writer:
        """Write rows to a table or a file: ``db.write(rows).save_as_table("users", mode="append")``.

        Args:
            data: A frame of any database, Records, dicts, pandas, Polars, Arrow, or an iterator of batches.
        """
        return Writer(self, data)

    def insert(self, table: str, rows: Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> int:
        """Insert rows, all or none; for many rows, `write` is faster.

        Args:
            table: The table.
            rows: One row, or a list of rows. A missing key means the default of the column.

        Returns:
            The number of rows.

        Raises:
            ColumnNotFoundError: If a row has a key that is not a column.
        """
        return dml.insert(self, table, rows)

    def update(self, table: str, values: Mapping[str, Any], *, where: Any) -> int:
        """Update the rows for which a condition is true.

        Args:
            table: The table.
            values: New values by column: plain values, or expressions over the old row.
            where: The condition, or ``lit(True)`` for every row.

        Returns:
            The number of updated rows.
        """
        return dml.update(self, table, values, where)

    def delete(self, table: str, *, where: Any) -> int:
        """Delete the rows for which a condition is true.

        Args:
            table: The table.
            where: The condition, or ``lit(True)`` for every row.

        Returns:
            The number of deleted rows.
        """
        return dml.delete(self, table, where)
