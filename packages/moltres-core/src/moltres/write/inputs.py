"""The rows of a write: a query of the same database, or a stream of rows from elsewhere."""

from __future__ import annotations

from contextlib import closing
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeAlias

from sqlalchemy import FromClause, Select, Table, TextClause, inspect, select
from sqlalchemy.sql import visitors
from sqlalchemy.types import NullType

from ..dialects.base import named
from ..dialects.rows import is_stored, uncollected
from ..dialects.seen_files import require_unchanged
from ..dialects.sql.owned import require_own_parts, same_place
from ..errors import ConfigurationError, SchemaMismatchError
from ..frame.dataframe import DataFrame
from ..types.logical import is_known, logical_type
from .proof import Proof
from .stream import Stream, is_lazy, open_stream, without
from .target import table_of, temporary_table

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Generator, Mapping, Sequence

    from sqlalchemy import Connection
    from sqlalchemy.types import TypeEngine

    from ..dialects import Dialect
    from ..frame.source import Source
    from ..types.arrow import Batch, Named
    from ..types.receipt import Receipt
    from .request import WriteRequest
    from .stream import Keeps, Kept


def same_database(one: Source, other: Source) -> bool:
    """Whether a statement of one database can run on the other and see the same rows.

    A connection of the caller is the same only as itself: its transaction may have uncommitted rows.
    """
    if one is other or one.bind is other.bind:
        return True
    if one.joined or other.joined:
        return False
    return same_place(one.engine, other.engine)


class Local:
    """The rows of a query of the target's database, which one statement copies.

    Args:
        connection: The connection that writes.
        dialect: The database's dialect.
        query: The rows.
    """

    checked = False
    kept: Mapping[str, Kept] = MappingProxyType({})  # a statement copies what is stored
    proof: Proof | None = None  # its rows never leave the database
    receipt: Receipt | None = None

    def __init__(self, connection: Connection, dialect: Dialect, query: Select[Any]) -> None:
        self._connection = connection
        self._dialect = dialect
        self._query = query
        self.columns: list[Named] = dialect.results(connection, query)

    def reads(self, table: Table) -> bool:
        """Whether the query may read the table; through views and SQL text it always may."""
        sources = [part for part in visitors.iterate(self._query) if isinstance(part, FromClause | TextClause)]
        tables = [part for part in sources if isinstance(part, Table)]
        hidden = any(isinstance(part, TextClause) for part in sources)
        if hidden or any(part.name == table.name for part in tables):
            return True
        inspector = inspect(self._connection)
        plain = {schema: set(inspector.get_table_names(schema)) for schema in {part.schema for part in tables}}
        return any(part.name not in plain[part.schema] for part in tables)

    def passed_on(self, table: Table) -> set[str]:
        """The columns of a table that the query passes on under their own names, unchanged."""
        found = set()
        for column in self._query.selected_columns:
            for base in column.base_columns:
                origin: Any = getattr(base, "table", None)  # an expression has none
                if isinstance(origin, Table) and (origin.name, origin.schema) == (table.name, table.schema):
                    found |= {base.name} & {column.key}
        return found

    def without(self, names: Collection[str]) -> Local:
        """The same rows without some columns."""
        rows = self._query.subquery()
        kept = select(*(column for column in rows.columns if column.key not in names))
        return Local(self._connection, self._dialect, kept)

    def new_types(self) -> list[Named]:
        """The columns of a new table, with types that hold the values."""
        return [(name, self._dialect.column_type(type_) or type_) for name, type_ in self.columns]

    def create(self, table: Table, *, empty: bool = False) -> int:
        """Create the table from the query, or only its columns; returns the number of rows."""
        query = self._query if self._dialect.capabilities.enforces_types else self.uncut(table_of("", self.columns))
        query = query.limit(0) if empty else query
        return self._dialect.create_as(self._connection, table, self.columns, query)

    def insert(self, table: Table) -> int:
        """Add the rows to a table; returns their number."""
        names = [name for name, _ in self.columns]
        return self._dialect.insert_select(self._connection, table, names, self.uncut(table))

    append = insert

    def stage(self, table: Table | None, keys: Sequence[str] = ()) -> TemporaryRows:
        """Put the rows into a temporary table, which later statements can read as often as they need."""
        staged = temporary_table(self.columns, keys)
        query = self._query if table is None else self.uncut(table)
        rows = self._dialect.create_as(self._connection, staged, self.columns, query, temporary=True)
        return TemporaryRows(self._connection, self._dialect, staged, rows)

    @property
    def query(self) -> Select[Any]:
        """The query."""
        return self._query

    def uncut(self, table: Table) -> Select[Any]:
        """The rows, with values that a column of the table would change made such that it refuses them."""
        types = {column.key: column.type for column in table.columns}
        rows, elements = self._query.subquery(), list(self._query.selected_columns)
        stored = [is_stored(one) for one in elements] if len(elements) == len(self.columns) else []
        given = list(zip(rows.columns, self.columns, stored or [True] * len(self.columns), strict=True))
        kept = [
            self._dialect.uncut(value, source, (name, types.get(name, source)), computed=not as_it_is)
            for value, (name, source), as_it_is in given
        ]
        unchanged = all(new is old for new, (old, _, _) in zip(kept, given, strict=True))
        if unchanged:
            return self._query
        return select(*(one.label(name) for one, (name, _) in zip(kept, self.columns, strict=True)))

    def close(self) -> None:
        """There is nothing to release."""


class Streamed:
    """Rows from elsewhere, in batches.

    Args:
        connection: The connection that writes.
        dialect: The dialect of the target.
        stream: The rows.
        on_progress: Called with the number of rows after each batch.
        proof: What counts the rows on their way; None if nothing does.
    """

    def __init__(
        self,
        connection: Connection,
        dialect: Dialect,
        stream: Stream,
        on_progress: Callable[[int], object] | None = None,
        proof: Proof | None = None,
    ) -> None:
        self._connection = connection
        self._dialect = dialect
        self._stream = stream
        self._on_progress = on_progress
        self.proof = proof
        self.columns = stream.columns
        self.checked = stream.checked
        self.kept = stream.kept

    @property
    def receipt(self) -> Receipt | None:
        """What proves the rows, once they landed."""
        return None if self.proof is None else self.proof.receipt

    def without(self, names: Collection[str]) -> Streamed:
        """The same rows without some columns."""
        stream = without(self._stream, names)
        proof = None if self.proof is None else self.proof.of_less()
        return Streamed(self._connection, self._dialect, stream, self._on_progress, proof)

    def reads(self, table: Table) -> bool:
        """A stream reads on another connection, which does not see uncommitted changes."""
        del table
        return False

    def create(self, table: Table, *, empty: bool = False) -> int:
        """Create the table with types that hold the values, with or without rows; returns the number of rows."""
        made = table_of(table.name, self.new_types(), table.schema)
        self._dialect.create(self._connection, made)
        return 0 if empty else self._load(made)

    def insert(self, table: Table) -> int:
        """Add the rows to a table; returns their number."""
        return 0 if self.columns is None else self._load(self._into(table))

    def append(self, table: Table) -> int:
        """Add the rows to a table that has others, and prove those that were added; returns their number."""
        if self.columns is None:
            return 0
        into = self._into(table)
        landing = None if self.proof is None else self.proof.landing(into)
        if landing is None:
            rows = self._load(into)
            if self.proof is not None:
                self.proof.prove(lambda _: None)
            return rows
        with closing(landing):
            rows = self._load(into, landing.load)
            assert self.proof is not None  # noqa: S101 - for mypy
            self.proof.prove(landing.counted)
        return rows

    def _into(self, table: Table) -> Table:
        types = {column.key: column.type for column in table.columns} | dict.fromkeys(self.kept, NullType())
        into = table_of(table.name, [(name, types[name]) for name, _ in self.columns or []], table.schema)
        into.info.update(table.info)  # whether it is temporary
        return into

    def stage(self, table: Table | None, keys: Sequence[str] = ()) -> TemporaryRows:
        """Put the rows into a temporary table, with the types of the columns of the target."""
        types = {} if table is None else {column.key: column.type for column in table.columns}
        columns = [(name, types.get(name, type_)) for name, type_ in (self.columns or [])]
        staged = temporary_table(columns, keys)
        names = [name for name, _ in columns]
        nameless = self._dialect.capabilities.enforces_types and not all(is_known(type_) for _, type_ in columns)
        if table is not None and nameless and set(names) <= types.keys():
            # Of types that only the database knows: those of the target, as it has them.
            like = select(*(table.columns[name] for name in names)).limit(0)
            self._dialect.create_as(self._connection, staged, columns, like, temporary=True)
        else:
            self._dialect.create(self._connection, staged)
        return TemporaryRows(self._connection, self._dialect, staged, self._load(staged))

    def new_types(self) -> list[Named]:
        """The columns of a new table, with types that hold the values.

        Raises:
            ConfigurationError: If the columns are unknown.
            SchemaMismatchError: If the database has no type for some.
        """
        if not self.columns:
            raise ConfigurationError(
                "The columns of the new table are unknown, because there are no rows.",
                suggestion="Write a DataFrame, Records or an Arrow table, which have columns without rows.",
            )
        faults = [f"column {name!r} has {one.fault}" for name, one in self.kept.items() if one.fault is not None]
        if faults:
            raise SchemaMismatchError("Some columns have no type that a table could hold.", mismatches=faults)
        made: list[tuple[str, TypeEngine[Any] | None]] = [
            (name, self._dialect.column_type(type_)) for name, type_ in self.columns
        ]
        faults = [
            f"column {name!r} is {logical_type(type_)}"
            for (name, type_), (_, new) in zip(self.columns, made, strict=True)
            if new is None
        ]
        if faults:
            raise SchemaMismatchError(
                f"{self._dialect.name} has no type that keeps these values.",
                mismatches=faults,
                suggestion="Cast the columns before writing, to a string for example.",
            )
        return [(name, new) for name, new in made if new is not None]

    def batches(self, columns: Sequence[Named]) -> Generator[Batch, None, None]:
        """The rows, as columns of these types hold them; the caller is told how far they have come.

        Args:
            columns: The columns of the table that they are for, in their order.
        """
        rows = 0
        if self.proof is not None:
            self.proof.begin(columns)
        with closing(self._stream.batches(columns)) as batches:
            for batch in batches:
                if self.proof is not None:
                    self.proof.count(batch)
                rows += len(batch) if isinstance(batch, list) else batch.num_rows
                yield batch
                if self._on_progress is not None:
                    self._on_progress(rows)

    def _load(self, table: Table, load: Callable[[Batch], int] | None = None) -> int:
        rows = 0
        with closing(self.batches(named(table))) as batches:
            for batch in batches:
                with uncollected():
                    rows += self._dialect.load(self._connection, table, batch) if load is None else load(batch)
        return rows

    def close(self) -> None:
        """Release the connection of the rows, if they were not all read."""
        self._stream.close()
        if self.proof is not None:
            self.proof.close()


class TemporaryRows:
    """Rows in a temporary table.

    Args:
        connection: The connection that has the table.
        dialect: Its dialect.
        table: The table.
        rows: The number of rows in it.
    """

    checked = True

    def __init__(self, connection: Connection, dialect: Dialect, table: Table, rows: int) -> None:
        self._connection = connection
        self._dialect = dialect
        self.table = table
        self.rows = rows

    def insert(self, table: Table) -> int:
        """Add the rows to a table; returns their number."""
        names = [column.key for column in self.table.columns]
        return self._dialect.insert_select(self._connection, table, names, self.table.select())

    def drop(self) -> None:
        """Drop the temporary table."""
        self._dialect.drop(self._connection, self.table)


Input: TypeAlias = Local | Streamed


def _proof(
    source: Source, connection: Connection, data: Any, request: WriteRequest, keeps: Keeps | None
) -> Proof | None:
    if not request.verify:
        return None
    again = None if is_lazy(data) else partial(open_stream, data, request.batch_rows, keeps=keeps)
    return Proof(connection, source.dialect, request, again)


def open_input(
    source: Source, connection: Connection, data: Any, request: WriteRequest, keeps: Keeps | None = None
) -> Input:
    """The rows to write, in the fastest way that they have to this connection.

    Args:
        source: The database that is written to.
        connection: A connection of it, in a transaction.
        data: The rows.
        request: What was asked for.
        keeps: Says how the table keeps values that are not of the type of their column.

    Raises:
        ConfigurationError: If the type of the data is not supported, column names are duplicates, or a part of a frame
            is of another database.
        TransientQueryError: If a table of a frame has columns of other types than when they were looked up.
    """
    rows: Input
    if isinstance(data, DataFrame) and same_database(data.database, source):
        require_own_parts(connection.engine, data.statement)
        if source.dialect.trusts_tables:
            require_unchanged(connection, data.statement)
        rows = Local(connection, source.dialect, data.statement)
    else:
        stream = open_stream(data, request.batch_rows, keeps=keeps)
        proof = _proof(source, connection, data, request, keeps)
        rows = Streamed(connection, source.dialect, stream, request.on_progress, proof)
    require_distinct([name for name, _ in rows.columns or []])
    return rows


def require_distinct(names: Sequence[str]) -> None:
    """Make sure that no two columns have one name.

    Raises:
        ConfigurationError: With those that do.
    """
    duplicates = sorted({name for name in names if names.count(name) > 1}) if len(set(names)) < len(names) else []
    if duplicates:
        raise ConfigurationError(f"Duplicate column names: {', '.join(map(repr, duplicates))}.")
