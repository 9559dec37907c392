"""What differs between databases: the portable way, which subclasses override."""

from __future__ import annotations

import contextlib
import datetime as dt
import decimal
import math
from functools import reduce
from typing import TYPE_CHECKING, Any, ClassVar

import sqlalchemy as sa

from ..._shared.databases.tables import locate
from ...errors import RuleError
from ..column import Column
from ..questions import Answers
from ..repeated_keys import count_repeated_keys
from ..selection import OneValue, literal_sql
from ..sql_text import Lexis
from . import fragments
from .exact_bytes import ExactBytes
from .handed_over import HandedOver

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

    from sqlalchemy import ColumnElement, Connection, FromClause, TextClause
    from sqlalchemy.exc import DBAPIError

    from ..._shared.iceberg.snapshots import AsOf
    from ..pattern import Pattern
    from ..questions import Named, Questions
    from ..selection import Aggregate, FollowUp, Selection
    from .memory import ScanMemory

__all__ = ["Dialect"]


class Dialect(HandedOver):
    """The portable way; stateless."""

    name = "default"
    #: How many aggregates one SELECT may contain.
    widest_select = 500
    #: How many columns a SELECT may have, and how many conditions one OR of it.
    most_columns = 1000
    most_flags = 200
    #: How many SELECTs one statement may consist of, and how many columns all of them together.
    most_union_parts = 50
    most_union_columns = 20_000
    #: Whether dates and timestamps are stored as strings.
    dates_are_text = False
    #: Whether the columns of a query have only the types of their values.
    types_by_value = False
    #: How many digits an exact number has at most, where one with more is an error.
    most_digits: int | None = None
    #: Whether its driver returns results as Arrow.
    returns_arrow = False
    #: Whether it writes Parquet files (``COPY … TO``).
    writes_parquet = False
    #: Whether the conformance suite of checks runs on it, so that text means there what it means everywhere.
    conforms = False
    #: The character NUL as an expression; None if it stands in a string as any other does, or not at all.
    nul: str | None = None
    #: Infinity as a double, behind its sign.
    infinity = "CAST('{}Infinity' AS DOUBLE PRECISION)"
    #: Whether CREATE TABLE commits the open transaction.
    ddl_commits = False
    #: Whether another thread than the one that opened a connection may use it.
    any_thread = True
    #: Whether every statement that writes commits, so that several cannot be one transaction.
    writes_commit = False
    #: Whether tables have primary keys and indexes.
    has_keys = True
    #: Whether `absent` of one key is a semi-join that an aggregate of the shared scan may hold.
    semi_joins = False
    #: Whether what `compile_fragments` accepts is known to be boolean, on columns that exist.
    compiles_types = False
    #: Lets scans take little memory, if the database is in this process.
    scan_memory: ScanMemory | None = None
    #: Execution options of a connection that reads and writes one snapshot.
    snapshot_options: ClassVar[Mapping[str, Any]] = {}

    # Reading what is there

    def locate(self, connection: Connection, name: str, schema: str | None) -> tuple[str | None, str] | None:
        """The schema and the table or view that a name stands for; None if there is none.

        Args:
            connection: Where to look.
            name: ``table``, ``schema.table``, or a name with a dot.
            schema: The schema for names without one; the database's default if None.
        """
        return locate(connection, name, schema, self.can_name)

    def look_up(
        self, connection: Connection, name: str, schema: str | None, *, owns_transaction: bool
    ) -> tuple[str | None, str, list[Column]] | None:
        """What `locate` finds, with its columns.

        Args:
            connection: Where to look.
            name: As in `locate`.
            schema: As in `locate`.
            owns_transaction: Whether the transaction was begun by this package, so that an error may end it.
        """
        del owns_transaction
        place = self.locate(connection, name, schema)
        return None if place is None else (*place, self.describe(connection, sa.table(place[1], schema=place[0])))

    def ask(self, connection: Connection, named: Named, questions: Questions, *, owns_transaction: bool) -> Answers:
        """What the database answers at once about a table and its checks, where that is sooner than one by one."""
        del connection, named, questions, owns_transaction
        return Answers()

    def can_name(self, name: str) -> bool:  # noqa: ARG002
        """Whether a table or schema can have a name, so that the database can be asked for it."""
        return True

    def version(self, connection: Connection, name: str, schema: str | None, as_of: AsOf) -> str:  # noqa: ARG002
        """The name that a snapshot of a table has in statements.

        Args:
            connection: Where the table is.
            name: The table.
            schema: Its schema; None for the default.
            as_of: Which snapshot.

        Raises:
            RuleError: This database has no snapshots that can be read.
        """
        raise RuleError(
            [f"as_of= goes with an Iceberg table, and this is {connection.dialect.name}."],
            suggestion="Give the URL of its catalog: iceberg+sqlite:///catalog.db?warehouse=file:///folder.",
        )

    def describe(self, connection: Connection, from_: FromClause | TextClause) -> list[Column]:
        """The columns of a query or table, with their types as far as the database gives them."""
        if isinstance(from_, sa.TableClause):
            reflected = sa.inspect(connection).get_columns(from_.name, schema=from_.schema)
            return [Column.typed(one["name"], one["type"]) for one in reflected]
        names = connection.execute(sa.select(sa.text("*")).select_from(from_).where(sa.false())).keys()
        typed = {column.name: column.type for column in getattr(from_, "c", ())}
        return [Column.typed(name, typed.get(name)) for name in names]

    def names_of(self, connection: Connection, query: str, names: list[str]) -> list[str]:
        """The names of a query's columns as the query gives them; a subquery may give others to repeated ones.

        Args:
            connection: What runs statements.
            query: One SELECT.
            names: The names of the columns of the query as a subquery.
        """
        del connection, query
        return names

    # Running

    def reach(self, connection: Connection, *, begins: bool) -> None:
        """Find out whether the server can be reached, where a connection alone does not say.

        Args:
            connection: The connection.
            begins: Whether `snapshot` comes next, which may find its transaction begun.

        Raises:
            DBAPIError: It cannot.
        """
        del connection, begins

    def prepare(self, connection: Connection) -> None:
        """Make a connection ready for reading, before anything is read."""
        del connection

    def session(self, connection: Connection) -> AbstractContextManager[Any]:
        """A block in which the settings of the session are those that the expressions need."""
        del connection
        return contextlib.nullcontext()

    def comparing(
        self, connection: Connection, from_: FromClause, columns: Iterable[Column]
    ) -> AbstractContextManager[Any]:
        """A block in which the values of a table, view or query are compared as this database compares its own."""
        del connection, from_, columns
        return contextlib.nullcontext()

    @contextlib.contextmanager
    def snapshot(self, connection: Connection) -> Iterator[None]:
        """A read-only transaction in which all statements see the same rows, if the database supports one."""
        with connection.begin() as transaction:
            yield
            transaction.rollback()

    def begin_writing(self, connection: Connection) -> None:
        """Begin the transaction if the driver itself begins it only with the first write."""
        del connection

    def guard(self, connection: Connection, *, owns_transaction: bool) -> AbstractContextManager[Any]:
        """A block whose statement may fail without ending the transaction.

        Args:
            connection: What runs the statement.
            owns_transaction: Whether the transaction was begun by this package, not by the caller.
        """
        del connection, owns_transaction
        return contextlib.nullcontext()

    def refuse_warnings(self, connection: Connection) -> None:
        """Raise if the last statement gave a wrong result and only warned."""
        del connection

    def deadline(self, connection: Connection, seconds: float) -> AbstractContextManager[None]:
        """Stop statements once the time is over; if the database cannot, the next statement is not started."""
        del connection, seconds
        return contextlib.nullcontext()

    def message(self, error: BaseException | None) -> str:
        """What the driver says of an error."""
        return str(error)

    def timed_out(self, error: DBAPIError) -> bool:
        """Whether a statement was stopped: by `deadline`, or by somebody."""
        del error
        return False

    def declared(self, connection: Connection, column: str) -> str:  # noqa: ARG002 - for those that have something to say
        """What lets a column that CREATE TABLE … AS makes of NULL hold strings of any length: columns for its head."""
        return ""

    # Fragments of SQL in rules

    def refused(self, connection: Connection, relation: Selection, sqls: Sequence[str]) -> dict[str, str]:
        """Which fragments of SQL are not one expression that only computes, and why; nothing is evaluated.

        A fragment runs no other statement, reads and writes no file, and calls no function with effects.

        Args:
            connection: What knows the functions and tables of the database.
            relation: What the fragments are about.
            sqls: The fragments.

        Returns:
            The reasons, by fragment, of those that are refused; `compile` says about the others whether they are one
            expression.
        """
        del connection, relation
        return fragments.refused_by_list(sqls, Lexis(), fragments.COMPUTING, marks="\\$#@?{}[]", in_strings="\\`")

    def compile(self, connection: Connection, statement: str) -> None:
        """Let the database parse a statement without running it, where it can; its refusal is a DBAPIError."""
        del connection, statement

    def compile_fragments(self, connection: Connection, relation: Selection, sqls: Sequence[str]) -> None:
        """Let the database parse fragments, alone and within parentheses: what passes both is one expression.

        Args:
            connection: What parses.
            relation: What the fragments are about.
            sqls: The fragments, none of which `refused` refuses.

        Raises:
            DBAPIError: The database refuses one of them.
        """
        select = literal_sql(relation.select(sa.literal_column("1")), connection)
        for sql in sqls:
            self.compile(connection, f"{select} WHERE ({sql}\n)")
            self.compile(connection, f"{select} WHERE {sql}\n")

    # Expressions

    def value(self, value: Any, column: Column) -> ColumnElement[Any]:
        """A value from a rule as an expression to compare a column with."""
        del column
        if isinstance(value, int) and not isinstance(value, bool) and not -(2**31) <= value < 2**31:
            return sa.literal(value, sa.BigInteger() if -(2**63) <= value < 2**63 else sa.Numeric(asdecimal=True))
        if isinstance(value, float | decimal.Decimal) and abs(value) == math.inf:
            return sa.literal_column(self.infinity.format("-" if value < 0 else ""), sa.Double())
        if isinstance(value, float | decimal.Decimal):
            return sa.literal(value, sa.Double() if isinstance(value, float) else sa.Numeric(asdecimal=True))
        if isinstance(value, dt.datetime | dt.time):
            kind = sa.DateTime if isinstance(value, dt.datetime) else sa.Time
            return sa.literal(value, kind(timezone=value.tzinfo is not None))
        return self._string(value) if isinstance(value, str | bytes) else sa.literal(value)

    def _string(self, value: str | bytes) -> ColumnElement[Any]:
        """Characters or bytes, so that SQL that is written out holds exactly them."""
        if isinstance(value, bytes):
            return sa.literal(value, ExactBytes())
        if "\0" not in value or self.nul is None:
            return sa.literal(value)
        # No SQL that is written out holds the character itself.
        parts = [sa.literal(part, sa.Text()) for part in value.split("\0")]
        nul: ColumnElement[Any] = sa.literal_column(self.nul, sa.Text())
        return reduce(lambda text, part: text + nul + part, parts)

    def matches(self, text: ColumnElement[Any], pattern: Pattern) -> ColumnElement[bool]:
        """Whether the pattern is found anywhere in the string."""
        return sa.func.regexp_like(text, sa.literal(pattern.for_re2()), type_=sa.Boolean())

    def length(self, text: ColumnElement[Any]) -> ColumnElement[int]:
        """The number of characters (code points, not bytes)."""
        return sa.func.char_length(text, type_=sa.Integer())

    def is_nan(self, number: ColumnElement[Any], family: str) -> ColumnElement[bool] | None:
        """Whether a number is NaN; None where there is no NaN."""
        del number, family
        return None

    def ordered(self, value: ColumnElement[Any], family: str) -> ColumnElement[Any]:
        """The value in a form whose ``<`` orders strings by code points."""
        del family
        return value

    def stored_otherwise(self, value: ColumnElement[Any], families: frozenset[str]) -> ColumnElement[bool] | None:
        """Whether a value is of none of these families; None if the column's type decides."""
        del value, families
        return None

    def stored_as(
        self, value: ColumnElement[Any], column: Column, family: str
    ) -> tuple[ColumnElement[Any], ColumnElement[bool] | None]:
        """A column's values as one family, NULL where they are of another, and whether they are; or None."""
        del column, family
        return value, None

    def member(self, value: ColumnElement[Any]) -> ColumnElement[str]:
        """The family of a value in a column of family "mixed"."""
        raise NotImplementedError(f"{self.name} has no columns of mixed types: {value}")

    def member_value(self, value: ColumnElement[Any], family: str) -> ColumnElement[Any]:
        """A value in a column of family "mixed" if it is of this family, else NULL."""
        raise NotImplementedError(f"{self.name} has no columns of mixed types: {value}, {family}")

    def mean(self, number: ColumnElement[Any], column: Column) -> ColumnElement[Any]:
        """The mean of a column's numbers as an aggregate."""
        del column
        return sa.func.avg(number)

    def total(self, number: ColumnElement[Any], column: Column) -> ColumnElement[Any]:
        """The sum of a column's numbers as an aggregate."""
        del column
        return sa.func.sum(number)

    def deviation(self, number: ColumnElement[Any]) -> ColumnElement[Any] | None:
        """The sample standard deviation as an aggregate; None where there is none."""
        return sa.func.stddev_samp(number)

    def quantiles(self, number: ColumnElement[Any], shares: Sequence[float]) -> ColumnElement[Any] | None:
        """Interpolated quantiles as one aggregate that returns a list; None where there is none."""
        del number, shares
        return None

    def row_address(self, columns: Collection[str]) -> ColumnElement[int] | None:
        """A number that identifies a row of a table in every statement; NULL or an error for a view.

        Args:
            columns: The names of the table's columns, which hide system columns of the same name.
        """
        del columns
        return None

    def row_number(self, relation: Selection) -> ColumnElement[int]:
        """A number for each row of a query that is the same in every statement.

        Args:
            relation: The rows; a database whose workers read them in any order numbers them by their content.
        """
        del relation
        return sa.func.row_number().over()

    def absent(
        self, keys: Sequence[ColumnElement[Any]], referenced: Sequence[ColumnElement[Any]]
    ) -> ColumnElement[bool]:
        """Whether no row of the referenced table has these keys, none of which is NULL."""
        pairs = zip(referenced, keys, strict=True)
        return sa.not_(sa.exists().where(*(other == own for other, own in pairs)))

    # Statements after the shared scan

    def key_bounds(self, relation: Selection, keys: Sequence[str], where: str | None) -> dict[str, Aggregate]:
        """The aggregates that `repeated` requires from the shared scan; with ``failed_rows`` it is not asked."""
        del relation, keys, where
        return {}

    def repeated(
        self, relation: Selection, keys: Sequence[str], where: str | None, measured: Mapping[str, Any]
    ) -> FollowUp:
        """Count the rows whose key occurs in more than one row; rows in which all keys are NULL are left out.

        Args:
            relation: The relation.
            keys: The key columns.
            where: Only these rows.
            measured: ``considered_rows``, and what `key_bounds` asked for.

        Returns:
            ``{"failed_rows": n}``, and as ``narrow`` a condition that all failing rows meet, if one is known that
            makes them cheap to find.
        """
        del measured
        failed = yield OneValue(count_repeated_keys(relation, keys, where))
        return {"failed_rows": int(failed)}

    def distinct(self, relation: Selection, column: str, where: str | None) -> FollowUp:
        """Count the distinct values of a column: ``{"value": n}``."""
        conditions = relation.among([relation[column].is_not(None)], where)
        value = relation.groups(column)[-1]  # equal values have the same last part
        count = yield OneValue(relation.select(sa.func.count(sa.distinct(value))).where(*conditions))
        return {"value": int(count)}

    def double(self, number: ColumnElement[Any]) -> ColumnElement[Any]:
        """A number as a double."""
        return sa.cast(number, sa.Double())

    def difference(self, number: ColumnElement[Any], other: Any, column: Column) -> ColumnElement[Any]:
        """A column's numbers less one of them, without rounding; all have the sign of the other, or are 0.

        Args:
            number: The numbers.
            other: The one nearest to 0, or farthest from it.
            column: The column.
        """
        return number - self.value(other, column)

    def variance(self, relation: Selection, number: ColumnElement[Any], where: str | None) -> FollowUp:
        """The sample variance of numbers: ``{"value": v}``, None for fewer than two."""
        conditions = relation.among([number.is_not(None)], where)
        return {"value": (yield OneValue(relation.select(sa.func.var_samp(number)).where(*conditions)))}

    def median(self, relation: Selection, column: str, where: str | None) -> FollowUp:
        """The median of a column, the mean of the two middle values if their number is even: ``{"value": v}``."""
        value = relation[column]
        ranked = (
            relation.select(
                value.label("value"),
                sa.func.row_number().over(order_by=value).label("place"),
                sa.func.count().over().label("total"),
            )
            .where(*relation.among([value.is_not(None)], where))
            .subquery("ranked")
        )
        middle = (ranked.c.place * 2).between(ranked.c.total, ranked.c.total + 2)
        # Not sum/2: two middle values near the end of their type's range must not overflow.
        mean = self.mean(ranked.c.value, relation.columns[column])
        return {"value": (yield OneValue(sa.select(mean).where(middle)))}
