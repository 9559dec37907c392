"""The lazy DataFrame: a database, and a SELECT that the verbs add to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from .._shared import arguments
from ..dialects.complexity import not_too_deep
from ..dialects.sql.names import require_told_apart
from ..errors import ConfigurationError, refuse
from ..read import display, explain, fetch
from ..types import frames
from ..types.logical import is_known
from . import joins, select_state, set_operations, verbs
from .bound import Bound
from .groups import GroupBy
from .together import require_same_types

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pandas as pd
    import polars as pl
    import pyarrow as pa
    from sqlalchemy import Connection, Engine, FromClause, Select
    from sqlalchemy.types import TypeEngine

    from ..types.records import Records
    from .select_state import SelectState
    from .source import Source, Writable

__all__ = ["DataFrame", "GroupBy"]


@dataclass(frozen=True, eq=False, repr=False)
class DataFrame(Bound):
    """A query whose rows have not been read yet.

    Frames come from a `Database`: `table()`, `sql()`, `from_select()`, `read_parquet()` and others. Each verb returns a
    new frame and does not change this one. A chain of verbs has the meaning of its steps in order, and is one
    statement. Rows are read only by `collect` and the methods below it, and by `write`.

    Names in positional arguments and in `col()` are exact. A verb refuses names that do not exist, all at once, each
    with the closest existing name.

    Attributes:
        database: Where the statement runs.
    """

    database: Source
    _state: SelectState
    _given: bool = False

    def __post_init__(self) -> None:
        """Refuse names that the database would take for one."""
        if not self.database.dialect.tells_case:
            require_told_apart(self._state.columns, self.database.dialect.name)

    @classmethod
    def all_of(cls, database: Source, rows: FromClause) -> DataFrame:
        """The frame of all columns and rows of a table, view or subquery.

        Args:
            database: Where it is.
            rows: The table, view or subquery.
        """
        return cls(database, select_state.all_of(rows, database.dialect.capabilities))

    def _with(self, state: SelectState, other: object = None) -> DataFrame:
        given = self._given or (isinstance(other, DataFrame) and other._given)  # noqa: SLF001 - of the same class
        return self if state is self._state else DataFrame(self.database, state, given)

    # -- columns

    def select(self, *columns: Any, **expressions: Any) -> DataFrame:
        """Select and compute columns.

        As in SQL, `where` and `order_by` can still use the columns that are left out, until the frame becomes a
        subquery (after limit, distinct, group_by, a window or a set operation).

        Args:
            *columns: Names, ``"*"`` for all, or expressions that have a name (`col`, a function, `.label(…)`).
            **expressions: Expressions by column name.

        Returns:
            A frame of these columns, in this order; without arguments, of all.

        Raises:
            ColumnNotFoundError: If a name does not exist.
            ConfigurationError: If an expression has no name, or a name is a duplicate.
        """
        return self._with(verbs.select(self._state, columns, expressions))

    def with_columns(self, *columns: Any, **expressions: Any) -> DataFrame:
        """Add computed columns at the end, or replace columns of the same name in place.

        Args:
            *columns: Expressions that have a name.
            **expressions: Expressions by column name. All of them use the columns of this frame.
        """
        return self._with(verbs.with_columns(self._state, columns, expressions))

    def rename(self, names: Mapping[str, str] | None = None, /, **more: str) -> DataFrame:
        """Rename columns, in place.

        Args:
            names: New names by old name.
            **more: The same, as keywords.
        """
        refuse(() if names is None else arguments.mapping("rename(): names", names))
        return self._with(verbs.rename(self._state, {**(names or {}), **more}))

    def drop(self, *names: str) -> DataFrame:
        """Drop columns.

        Args:
            *names: Names of columns.

        Raises:
            ColumnNotFoundError: If a column does not exist.
            ConfigurationError: If no column is left.
        """
        return self._with(verbs.drop(self._state, names))

    # -- rows

    def where(self, *predicates: Any) -> DataFrame:
        """Keep the rows for which every predicate is true, neither false nor NULL.

        Args:
            *predicates: Boolean expressions, as in ``where(col("active") == True, col("age") > 25)``.
        """
        return self._with(verbs.where(self._state, predicates))

    filter = where

    def order_by(
        self, *keys: Any, descending: bool | Sequence[bool] = False, nulls: Literal["first", "last"] = "last"
    ) -> DataFrame:
        """Sort the rows, instead of by an earlier order.

        The order is kept by further verbs, until group_by, a set operation, or a key that is no longer a column when
        the frame becomes a subquery (after limit, for example).

        Args:
            *keys: Names or expressions; ``col("age").desc()`` and ``.nulls_first()`` override the arguments below.
            descending: Whether the largest value comes first; one flag, or one for each key.
            nulls: Whether NULL is first or last, in both directions and on every database.
        """
        return self._with(verbs.order_by(self._state, keys, descending=descending, nulls=nulls))

    def limit(self, rows: int) -> DataFrame:
        """Keep the first rows, at most this many.

        Args:
            rows: How many rows, at least 0.
        """
        return self._with(verbs.limit(self._state, rows))

    def offset(self, rows: int) -> DataFrame:
        """Skip this many of the first rows. ``offset(20).limit(10)`` is the third page of ten.

        Args:
            rows: How many rows, at least 0.
        """
        return self._with(verbs.offset(self._state, rows))

    def distinct(self) -> DataFrame:
        """Drop duplicate rows; here NULL is equal to NULL."""
        return self._with(verbs.distinct(self._state))

    # -- groups

    def group_by(self, *keys: Any, **expressions: Any) -> GroupBy[DataFrame]:
        """Group the rows by keys; `.agg(…)` then computes one row per group.

        Args:
            *keys: Names, or expressions that have a name.
            **expressions: Expressions by key name.
        """
        return GroupBy(self._with, repr(self.database), self._state, verbs.keys_of(self._state, keys, expressions))

    def agg(self, *columns: Any, **expressions: Any) -> DataFrame:
        """One row of aggregates over the whole frame: ``df.agg(total=func.sum(col("amount")))``.

        Args:
            *columns: Aggregates that have a name, such as ``func.sum(col("amount")).label("total")``.
            **expressions: Aggregates by name.

        Returns:
            A frame of exactly one row.
        """
        return self._with(verbs.aggregate(self._state, {}, columns, expressions))

    # -- two frames

    def join(
        self,
        other: DataFrame,
        on: Any = None,
        how: Literal["inner", "left", "right", "full", "semi", "anti", "cross"] = "inner",
        *,
        suffix: str = "_right",
    ) -> DataFrame:
        """Join two frames of the same database.

        Args:
            other: The right frame.
            on: A name or a list of names that both frames have (each becomes one column); pairs ``(left, right)`` in a
                list; or a condition or a list of conditions, in which names of the right frame that the left frame
                also has carry the suffix. Columns of a side that is a whole table may be named with it:
                ``col("orders.id")``.
            how: Which rows: those with a match ("inner"), also those without one of either or both sides ("left",
                "right", "full"), all combinations ("cross"), or the rows and columns of the left frame that have a
                match ("semi") or none ("anti"). NULL matches nothing.
            suffix: Appended to the name of a right column if the left frame has a column of that name.

        Raises:
            ColumnNotFoundError: If a key does not exist, on either side.
            ConfigurationError: If the frames are of two databases, column names would still be duplicates, or a
                condition compares columns of the left frame only where the right one has one of them as well.
        """
        in_names = arguments.string("suffix", suffix, empty=True, in_names=True)
        refuse([*arguments.choice("how", how, joins.JOINS), *in_names])
        return self._with(joins.join(self._state, self._other(other, "join"), on=on, how=how, suffix=suffix), other)

    def union(self, other: DataFrame) -> DataFrame:
        """The distinct rows of both frames. All set operations match columns by name.

        Args:
            other: A frame of the same database with the same columns, in any order.

        Raises:
            SchemaMismatchError: If the columns are others, or their types do not go together.
            ConfigurationError: If it is no frame of the same database.
        """
        return self._combined(other, "union")

    def union_all(self, other: DataFrame) -> DataFrame:
        """The rows of both frames, with duplicates.

        Args:
            other: A frame of the same database with the same columns, in any order.

        Raises:
            SchemaMismatchError: If the columns are others, or their types do not go together.
            ConfigurationError: If it is no frame of the same database.
        """
        return self._combined(other, "union_all")

    def intersect(self, other: DataFrame) -> DataFrame:
        """The distinct rows that are in both frames.

        Args:
            other: A frame of the same database with the same columns, in any order.

        Raises:
            SchemaMismatchError: If the columns are others, or their types do not go together.
            ConfigurationError: If it is no frame of the same database.
        """
        return self._combined(other, "intersect")

    def except_(self, other: DataFrame) -> DataFrame:
        """The distinct rows that are not in the other frame.

        Args:
            other: A frame of the same database with the same columns, in any order.

        Raises:
            SchemaMismatchError: If the columns are others, or their types do not go together.
            ConfigurationError: If it is no frame of the same database.
        """
        return self._combined(other, "except_")

    def _combined(self, other: DataFrame, operation: str) -> DataFrame:
        states = self._state, self._other(other, operation)
        combined = set_operations.combine(*states, operation)
        capabilities = self.database.dialect.capabilities
        told = all(is_known(element.type) for state in states for element in state.columns.values())
        if capabilities.enforces_types and not told:
            require_same_types(self._results(), other._results(), operation, capabilities)
        return self._with(combined, other)

    def _results(self) -> dict[str, TypeEngine[Any]]:
        """The types of the columns, as the database says them where SQLAlchemy does not."""
        if all(is_known(element.type) for element in self._state.columns.values()):
            return self.schema
        with self.database.connection() as connection:
            return dict(self.database.dialect.results(connection, self.statement))

    def _other(self, other: DataFrame, verb: str) -> SelectState:
        """What a second frame of the same database selects."""
        if not isinstance(other, DataFrame):
            raise ConfigurationError(f"{verb}(): other must be a DataFrame, not {type(other).__name__}.")
        if other.database.engine is not self.database.engine:
            raise ConfigurationError(
                f"{verb}() requires two DataFrames of the same database, not of {self.database!r} and"
                f" {other.database!r}.",
                suggestion="Copy one of them first: left.database.write(right).save_as_table(name), or read files and"
                " databases through one DuckDB.",
            )
        return other._state

    # -- what it is

    @property
    def statement(self) -> Select[Any]:
        """The frame as a SQLAlchemy SELECT."""
        return select_state.ordered(self._state)

    @property
    def bind(self) -> Engine | Connection:
        """Where `statement` runs: the engine, or the caller's connection."""
        return self.database.bind

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns."""
        return tuple(self._state.columns)

    @property
    def schema(self) -> dict[str, TypeEngine[Any]]:
        """The SQL types of the columns by name; the database is asked where SQLAlchemy does not know them."""
        known = {name: element.type for name, element in self._state.columns.items()}
        if self._state.source is not None and all(map(is_known, known.values())):
            return known
        return fetch.describe(self.database, self.statement)

    @property
    def write(self) -> Writable:
        """Write the rows: ``df.write.save_as_table("adults", mode="overwrite")``."""
        return self.database.write(self)

    @not_too_deep
    def to_sql(self, *, literals: bool = True) -> str:
        """The SQL of the statement, in the dialect of the database.

        Args:
            literals: Whether values are written as literals, for people to read and run; otherwise as parameters.
        """
        return explain.to_sql(self.database, self.statement, literals=literals)

    def explain(self, *, analyze: bool = False) -> str:
        """The query plan of the statement, as the database shows it.

        Args:
            analyze: Whether to run the statement and show what it took; not on SQLite.
        """
        return explain.explain(self.database, self.statement, analyze=analyze)

    # -- reading

    def collect(self, *, query_timeout: float | None = None) -> Records:
        """Read all rows into memory.

        Args:
            query_timeout: Time limit of the statement in seconds; by default that of `connect`.
        """
        return fetch.collect(self.database, self.statement, query_timeout=query_timeout)

    def iter_batches(self, rows: int = 10_000, *, query_timeout: float | None = None) -> Iterator[Records]:
        """Read the rows in batches, in memory that does not grow with their number.

        A connection is in use until the iterator is exhausted or closed.

        Args:
            rows: The most rows of a batch.
            query_timeout: Time limit of the statement in seconds, without the time between batches.
        """
        return fetch.iter_batches(self.database, self.statement, rows, query_timeout=query_timeout)

    def first(self) -> dict[str, Any] | None:
        """The first row; None if there are no rows."""
        return next(iter(self.limit(1).collect()), None)

    def count(self) -> int:
        """The number of rows, counted by the database."""
        return int(fetch.scalar(self.database, verbs.count(self._state)))

    def show(self, rows: int = 20) -> None:
        """Print the first rows as a table.

        Args:
            rows: The most rows to print.
        """
        display.show(self.limit(fetch.batch_size(rows) + 1).collect(), rows)

    def to_arrow(self, *, query_timeout: float | None = None) -> pa.Table:
        """All rows as an Arrow table, with the types of the columns also when there are no rows.

        Args:
            query_timeout: Time limit of the statement in seconds; None for that of the Database.

        Raises:
            MissingDependencyError: If pyarrow is not installed.
            SchemaMismatchError: If a value is none of its column's type.
        """
        return fetch.to_arrow(self.database, self.statement, self.schema, query_timeout=query_timeout)

    def to_arrow_batches(self, rows: int = 100_000, *, query_timeout: float | None = None) -> pa.RecordBatchReader:
        """The rows as a stream of Arrow batches, in memory that does not grow with their number.

        Args:
            rows: The most rows of a batch.
            query_timeout: Time limit of the statement in seconds, without the time between batches.
        """
        return fetch.to_arrow_batches(self.database, self.statement, rows, query_timeout=query_timeout)

    def to_pandas(self, *, query_timeout: float | None = None) -> pd.DataFrame:
        """All rows as a pandas DataFrame; integers and booleans with NULL get pandas' nullable types.

        Args:
            query_timeout: Time limit of the statement in seconds; None for that of the Database.

        Raises:
            MissingDependencyError: If pandas is not installed.
            SchemaMismatchError: If a value is none of its column's type.
        """
        return frames.arrow_to_pandas(self.to_arrow(query_timeout=query_timeout))

    def to_polars(self, *, query_timeout: float | None = None) -> pl.DataFrame:
        """All rows as a Polars DataFrame.

        Args:
            query_timeout: Time limit of the statement in seconds; None for that of the Database.

        Raises:
            MissingDependencyError: If Polars is not installed.
            SchemaMismatchError: If a value is none of its column's type.
        """
        return frames.arrow_to_polars(self.to_arrow(query_timeout=query_timeout))

    def __repr__(self) -> str:
        return (
            f"DataFrame({', '.join(self.columns[:20])}{', …' if len(self.columns) > 20 else ''}) of {self.database!r}"
        )
