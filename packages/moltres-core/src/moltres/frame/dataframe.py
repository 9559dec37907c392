"""The lazy DataFrame: a database, and a SELECT that the verbs add to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from ..errors import ConfigurationError
from ..read import display, explain, fetch
from ..types import frames
from ..types.logical import is_known
from . import joins, select_state, set_operations, verbs

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
class DataFrame:
    """Rows that a database would return, and has not been asked for yet.

    Frames come from a `Database`: `table()`, `sql()`, `from_select()`, `read_parquet()` and their like. Each verb
    returns another frame and leaves this one as it is; a chain of verbs reads like steps that follow each other, and
    is one statement. Rows move only in `collect` and the methods below it, and in `write`.

    Names in positional arguments and in `col()` are exact. A verb refuses names that do not exist, all at once and with
    the closest one that does.

    Attributes:
        database: Where the statement runs.
    """

    database: Source
    _state: SelectState

    @classmethod
    def all_of(cls, database: Source, rows: FromClause) -> DataFrame:
        """The frame of all columns and rows of a table, view or subquery.

        Args:
            database: Where it is.
            rows: The table, view or subquery.
        """
        return cls(database, select_state.all_of(rows, database.dialect.capabilities))

    def _with(self, state: SelectState) -> DataFrame:
        return DataFrame(self.database, state)

    # -- columns

    def select(self, *columns: Any, **expressions: Any) -> DataFrame:
        """Choose and compute columns.

        As in SQL, `where` and `order_by` still know the columns that are left out, until the frame has to become a
        subquery (after limit, distinct, group_by, a window or a set operation).

        Args:
            *columns: Names, ``"*"`` for all, or expressions that have a name (`col`, a function, `.label(…)`).
            **expressions: Expressions by the name that the column shall have.

        Returns:
            A frame of these columns, in this order; without arguments, of all.

        Raises:
            ColumnNotFoundError: If a name is unknown.
            ConfigurationError: If an expression has no name or a name stands twice.
        """
        return self._with(verbs.select(self._state, columns, expressions))

    def with_columns(self, *columns: Any, **expressions: Any) -> DataFrame:
        """Add computed columns at the end, or replace those of the same name where they are.

        Args:
            *columns: Expressions that have a name.
            **expressions: Expressions by the name that the column shall have. All see the columns as they were before.
        """
        return self._with(verbs.with_columns(self._state, columns, expressions))

    def rename(self, names: Mapping[str, str] | None = None, /, **more: str) -> DataFrame:
        """Give columns other names, in place.

        Args:
            names: New names by old name.
            **more: The same, as keywords.
        """
        return self._with(verbs.rename(self._state, {**(names or {}), **more}))

    def drop(self, *names: str) -> DataFrame:
        """Leave columns out."""
        return self._with(verbs.drop(self._state, names))

    # -- rows

    def where(self, *predicates: Any) -> DataFrame:
        """Keep the rows for which every predicate is true (neither false nor NULL).

        Args:
            *predicates: Boolean expressions, as in ``where(col("active") == True, col("age") > 25)``.
        """
        return self._with(verbs.where(self._state, predicates))

    filter = where

    def order_by(
        self, *keys: Any, descending: bool | Sequence[bool] = False, nulls: Literal["first", "last"] = "last"
    ) -> DataFrame:
        """Sort the rows; an earlier order is forgotten.

        The order lasts through further verbs until group_by, a set operation, or a column that is no longer there when
        the frame has to become a subquery (after limit, say).

        Args:
            *keys: Names or expressions; ``col("age").desc()`` and ``.nulls_first()`` win over the arguments below.
            descending: Whether the largest comes first; one value, or one for each key.
            nulls: Where NULL goes, in either direction and on every database.
        """
        return self._with(verbs.order_by(self._state, keys, descending=descending, nulls=nulls))

    def limit(self, rows: int) -> DataFrame:
        """Keep so many rows, from the first on."""
        return self._with(verbs.limit(self._state, rows))

    def offset(self, rows: int) -> DataFrame:
        """Leave so many rows out, from the first on. ``offset(20).limit(10)`` is the third page of ten."""
        return self._with(verbs.offset(self._state, rows))

    def distinct(self) -> DataFrame:
        """Keep one of each set of rows that are equal in all columns; NULL is equal to NULL here."""
        return self._with(verbs.distinct(self._state))

    # -- groups

    def group_by(self, *keys: Any, **expressions: Any) -> GroupBy:
        """Make groups of the rows with the same keys; `.agg(…)` then computes one row for each.

        Args:
            *keys: Names, or expressions that have a name.
            **expressions: Expressions by the name that the key shall have.
        """
        return GroupBy(self.database, self._state, verbs.keys_of(self._state, keys, expressions))

    def agg(self, *columns: Any, **expressions: Any) -> DataFrame:
        """One row of aggregates over the whole frame: ``df.agg(total=func.sum(col("amount")))``."""
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
        """Put the columns of two frames of the same database side by side.

        Args:
            other: The right frame.
            on: A name or a list of names that both have (they become one column); pairs ``(left, right)`` in a list; or
                a condition, in which names of the right frame that the left has too carry the suffix.
            how: Which rows: those with a partner ("inner"), also those of one side or both without ("left", "right",
                "full"), every combination ("cross"), or the rows and columns of the left alone, if they have a partner
                ("semi") or none ("anti"). NULL has no partner.
            suffix: What a right column gets behind its name when the left frame has one of that name.

        Raises:
            ColumnNotFoundError: If a key is missing, on either side.
            ConfigurationError: If the frames are of two databases, or two columns would still have the same name.
        """
        return self._with(joins.join(self._state, self._other(other, "join"), on=on, how=how, suffix=suffix))

    def union(self, other: DataFrame) -> DataFrame:
        """The distinct rows of both frames. Columns are matched by name, here and in the other set operations."""
        return self._combined(other, "union")

    def union_all(self, other: DataFrame) -> DataFrame:
        """The rows of both frames, with repetitions."""
        return self._combined(other, "union_all")

    def intersect(self, other: DataFrame) -> DataFrame:
        """The distinct rows that both frames have."""
        return self._combined(other, "intersect")

    def except_(self, other: DataFrame) -> DataFrame:
        """The distinct rows that the other frame does not have."""
        return self._combined(other, "except_")

    def _combined(self, other: DataFrame, operation: str) -> DataFrame:
        return self._with(set_operations.combine(self._state, self._other(other, operation), operation))

    def _other(self, other: DataFrame, verb: str) -> SelectState:
        """What a second frame of the same database selects."""
        if not isinstance(other, DataFrame):
            raise ConfigurationError(f"{verb}() requires another DataFrame, not a {type(other).__name__}.")
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
        """The frame as a SQLAlchemy SELECT, to be used wherever one is."""
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
        """The SQL types of the columns by name; the database is asked only where SQLAlchemy does not know."""
        known = {name: element.type for name, element in self._state.columns.items()}
        if self._state.source is not None and all(map(is_known, known.values())):
            return known
        return fetch.describe(self.database, self.statement)

    @property
    def write(self) -> Writable:
        """What to do with the rows: ``df.write.save_as_table("adults", mode="overwrite")``."""
        return self.database.write(self)

    def to_sql(self, *, literals: bool = True) -> str:
        """The statement as text, in the dialect of the database.

        Args:
            literals: Write values into the text, for people to read and try. False leaves their placeholders.
        """
        return explain.to_sql(self.database, self.statement, literals=literals)

    def explain(self, *, analyze: bool = False) -> str:
        """How the database would run the statement, in its own words.

        Args:
            analyze: Run it, and say how it went. SQLite cannot.
        """
        return explain.explain(self.database, self.statement, analyze=analyze)

    # -- reading

    def collect(self, *, query_timeout: float | None = None) -> Records:
        """Read all rows into memory.

        Args:
            query_timeout: Seconds that the statement may take in the database; by default what `connect` was given.
        """
        return fetch.collect(self.database, self.statement, query_timeout=query_timeout)

    def iter_batches(self, rows: int = 10_000, *, query_timeout: float | None = None) -> Iterator[Records]:
        """Read the rows piece by piece, in memory that does not grow with their number.

        A connection is in use until the iterator is exhausted or closed.

        Args:
            rows: The most rows of a batch.
            query_timeout: Seconds that the statement may take in the database, the time between batches left out.
        """
        return fetch.iter_batches(self.database, self.statement, rows, query_timeout=query_timeout)

    def first(self) -> dict[str, Any] | None:
        """The first row, or None if there is none."""
        return next(iter(self.limit(1).collect()), None)

    def count(self) -> int:
        """The number of rows; counted in the database."""
        return int(fetch.scalar(self.database, verbs.count(self._state)))

    def show(self, rows: int = 20) -> None:
        """Print the first rows as a table.

        Args:
            rows: The most rows to print.
        """
        display.show(self.limit(fetch.batch_size(rows) + 1).collect(), rows)

    def to_arrow(self, *, query_timeout: float | None = None) -> pa.Table:
        """All rows as an Arrow table. Types are those of the columns, also when there are no rows."""
        return fetch.to_arrow(self.database, self.statement, self.schema, query_timeout=query_timeout)

    def to_arrow_batches(self, rows: int = 100_000, *, query_timeout: float | None = None) -> pa.RecordBatchReader:
        """The rows as a stream of Arrow batches, in memory that does not grow with their number.

        Args:
            rows: The most rows of a batch.
            query_timeout: Seconds that the statement may take in the database, the time between batches left out.
        """
        return fetch.to_arrow_batches(self.database, self.statement, rows, query_timeout=query_timeout)

    def to_pandas(self, *, query_timeout: float | None = None) -> pd.DataFrame:
        """All rows as a pandas DataFrame; integers and booleans with NULL get pandas' nullable types."""
        return frames.arrow_to_pandas(self.to_arrow(query_timeout=query_timeout))

    def to_polars(self, *, query_timeout: float | None = None) -> pl.DataFrame:
        """All rows as a Polars DataFrame."""
        return frames.arrow_to_polars(self.to_arrow(query_timeout=query_timeout))

    def __repr__(self) -> str:
        return (
            f"DataFrame({', '.join(self.columns[:20])}{', …' if len(self.columns) > 20 else ''}) of {self.database!r}"
        )


@dataclass(frozen=True, eq=False, repr=False)
class GroupBy:
    """The groups of a frame, waiting for what to compute of each. Made by `DataFrame.group_by`."""

    _database: Source
    _state: SelectState
    _keys: Mapping[str, Any]

    def agg(self, *columns: Any, **expressions: Any) -> DataFrame:
        """Compute one row per group: its keys and these aggregates.

        Args:
            *columns: Aggregates with a name of their own, as `func.sum(col("x")).label("total")`.
            **expressions: Aggregates by name.

        Returns:
            A frame of the keys, then the aggregates. Without keys it has exactly one row.

        Examples:
            >>> from moltres import col, connect, func
            >>> db = connect()
            >>> df = db.sql("SELECT * FROM (VALUES ('a', 1), ('a', 2), ('b', 5)) AS t(kind, n)")
            >>> df.group_by("kind").agg(total=func.sum(col("n"))).order_by("kind").collect().rows
            [('a', 3), ('b', 5)]
            >>> db.close()
        """
        return DataFrame(self._database, verbs.aggregate(self._state, self._keys, columns, expressions))

    def __repr__(self) -> str:
        return f"GroupBy({', '.join(self._keys)}) of {self._database!r}"
