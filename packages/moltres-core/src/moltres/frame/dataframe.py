"""The lazy DataFrame: a database and a SELECT which the verbs add to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from ..read import fetch
from . import joins, select_state, verbs
from .select_state import Order, Seal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pandas as pd
    import polars as pl
    import pyarrow as pa
    from sqlalchemy import ColumnElement, Connection, Engine, FromClause, Select
    from sqlalchemy.types import TypeEngine

    from ..database import Database
    from ..types.records import Records
    from ..write.writer import Writer

__all__ = ["DataFrame"]


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
        query: The SELECT without its ORDER BY; `statement` has it all.
        sealed: What in the SELECT keeps further verbs from being added to it.
        order: The keys it is sorted by.
        source: The table or subquery that this frame is all of, if it is that and nothing else.
        parts: The operands of the set operation that this frame is all of, likewise.
        hidden: Columns that `select` has left out, which the SELECT can still filter and sort by.
    """

    database: Database
    query: Select[Any]
    sealed: Seal = Seal.OPEN
    order: tuple[Order, ...] = ()
    source: FromClause | None = None
    parts: tuple[str, tuple[Select[Any], ...]] | None = None
    hidden: Mapping[str, ColumnElement[Any]] = field(default_factory=dict)

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
        return verbs.select(self, columns, expressions)

    def with_columns(self, *columns: Any, **expressions: Any) -> DataFrame:
        """Add computed columns at the end, or replace those of the same name where they are.

        Args:
            *columns: Expressions that have a name.
            **expressions: Expressions by the name that the column shall have. All see the columns as they were before.
        """
        return verbs.with_columns(self, columns, expressions)

    def rename(self, names: Mapping[str, str] | None = None, /, **more: str) -> DataFrame:
        """Give columns other names, in place.

        Args:
            names: New names by old name.
            **more: The same, as keywords.
        """
        return verbs.rename(self, {**(names or {}), **more})

    def drop(self, *names: str) -> DataFrame:
        """Leave columns out."""
        return verbs.drop(self, names)

    # -- rows

    def where(self, *predicates: Any) -> DataFrame:
        """Keep the rows for which every predicate is true (neither false nor NULL).

        Args:
            *predicates: Boolean expressions, as in ``where(col("active") == True, col("age") > 25)``.
        """
        return verbs.where(self, predicates)

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
        return verbs.order_by(self, keys, descending=descending, nulls=nulls)

    def limit(self, rows: int) -> DataFrame:
        """Keep so many rows, from the first on."""
        return verbs.limit(self, rows)

    def offset(self, rows: int) -> DataFrame:
        """Leave so many rows out, from the first on. ``offset(20).limit(10)`` is the third page of ten."""
        return verbs.offset(self, rows)

    def distinct(self) -> DataFrame:
        """Keep one of each set of rows that are equal in all columns; NULL is equal to NULL here."""
        return verbs.distinct(self)

    # -- groups

    def group_by(self, *keys: Any, **expressions: Any) -> verbs.GroupBy:
        """Make groups of the rows with the same keys; `.agg(…)` then computes one row for each.

        Args:
            *keys: Names, or expressions that have a name.
            **expressions: Expressions by the name that the key shall have.
        """
        return verbs.group_by(self, keys, expressions)

    def agg(self, *columns: Any, **expressions: Any) -> DataFrame:
        """One row of aggregates over the whole frame: ``df.agg(total=func.sum(col("amount")))``."""
        return verbs.group_by(self, (), {}).agg(*columns, **expressions)

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
        return joins.join(self, other, on=on, how=how, suffix=suffix)

    def union(self, other: DataFrame) -> DataFrame:
        """The distinct rows of both frames. Columns are matched by name, here and in the other set operations."""
        return joins.combine(self, other, "union")

    def union_all(self, other: DataFrame) -> DataFrame:
        """The rows of both frames, with repetitions."""
        return joins.combine(self, other, "union_all")

    def intersect(self, other: DataFrame) -> DataFrame:
        """The distinct rows that both frames have."""
        return joins.combine(self, other, "intersect")

    def except_(self, other: DataFrame) -> DataFrame:
        """The distinct rows that the other frame does not have."""
        return joins.combine(self, other, "except_")

    # -- what it is

    @property
    def statement(self) -> Select[Any]:
        """The frame as a SQLAlchemy SELECT, to be used wherever one is."""
        return select_state.ordered(self)

    @property
    def bind(self) -> Engine | Connection:
        """Where `statement` runs: the engine, or the caller's connection."""
        return self.database.bind

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns."""
        return tuple(select_state.exported(self.query))

    @property
    def schema(self) -> dict[str, TypeEngine[Any]]:
        """The SQL types of the columns by name; the database is asked only where SQLAlchemy does not know."""
        return fetch.schema(self)

    @property
    def write(self) -> Writer:
        """What to do with the rows: ``df.write.save_as_table("adults", mode="overwrite")``."""
        return self.database.write(self)

    def to_sql(self, *, literals: bool = True) -> str:
        """The statement as text, in the dialect of the database.

        Args:
            literals: Write values into the text, for people to read and try. False leaves their placeholders.
        """
        return fetch.to_sql(self, literals=literals)

    def explain(self, *, analyze: bool = False) -> str:
        """How the database would run the statement, in its own words.

        Args:
            analyze: Run it, and say how it went. SQLite cannot.
        """
        return fetch.explain(self, analyze=analyze)

    # -- reading

    def collect(self, *, query_timeout: float | None = None) -> Records:
        """Read all rows into memory.

        Args:
            query_timeout: Seconds that the statement may take in the database; by default what `connect` was given.
        """
        return fetch.collect(self, query_timeout=query_timeout)

    def iter_batches(self, rows: int = 10_000, *, query_timeout: float | None = None) -> Iterator[Records]:
        """Read the rows piece by piece, in memory that does not grow with their number.

        A connection is in use until the iterator is exhausted or closed.

        Args:
            rows: The most rows of a batch.
            query_timeout: Seconds that the statement may take in the database, the time between batches left out.
        """
        return fetch.iter_batches(self, rows, query_timeout=query_timeout)

    def first(self) -> dict[str, Any] | None:
        """The first row, or None if there is none."""
        return next(iter(self.limit(1).collect()), None)

    def count(self) -> int:
        """The number of rows; counted in the database."""
        return fetch.count(self)

    def show(self, rows: int = 20) -> None:
        """Print the first rows as a table.

        Args:
            rows: The most rows to print.
        """
        fetch.show(self, rows)

    def to_arrow(self, *, query_timeout: float | None = None) -> pa.Table:
        """All rows as an Arrow table. Types are those of the columns, also when there are no rows."""
        return fetch.to_arrow(self, query_timeout=query_timeout)

    def to_arrow_batches(self, rows: int = 100_000, *, query_timeout: float | None = None) -> pa.RecordBatchReader:
        """The rows as a stream of Arrow batches, in memory that does not grow with their number.

        Args:
            rows: The most rows of a batch.
            query_timeout: Seconds that the statement may take in the database, the time between batches left out.
        """
        return fetch.to_arrow_batches(self, rows, query_timeout=query_timeout)

    def to_pandas(self, *, query_timeout: float | None = None) -> pd.DataFrame:
        """All rows as a pandas DataFrame; integers and booleans with NULL get pandas' nullable types."""
        return fetch.to_pandas(self, query_timeout=query_timeout)

    def to_polars(self, *, query_timeout: float | None = None) -> pl.DataFrame:
        """All rows as a Polars DataFrame."""
        return fetch.to_polars(self, query_timeout=query_timeout)

    def __repr__(self) -> str:
        return (
            f"DataFrame({', '.join(self.columns[:20])}{', …' if len(self.columns) > 20 else ''}) of {self.database!r}"
        )
