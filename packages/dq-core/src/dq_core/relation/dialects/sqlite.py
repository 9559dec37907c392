"""SQLite."""

from __future__ import annotations

import contextlib
import decimal
import re
import sqlite3
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from ..._shared.sqlite import begin_immediate, busy_timeout
from ..._shared.statements import driver_connection, interrupted_after
from ..linear import regexp, remember
from .base import Dialect

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from sqlalchemy import ColumnElement, Connection
    from sqlalchemy.exc import DBAPIError

    from ..column import Column
    from ..pattern import Pattern
    from ..selection import FollowUp, Selection

__all__ = ["SQLite"]

_STORAGE = {
    "integer": ("integer",), "float": ("real", "integer"), "decimal": ("real", "integer", "text"),
    "boolean": ("integer",), "text": ("text",), "date": ("text",), "datetime": ("text",), "time": ("text",),
    "binary": ("blob",), "uuid": ("text", "blob"), "json": ("text",),
}  # fmt: skip


class SQLite(Dialect):
    """SQLite through Python's own driver, for which SQLAlchemy brings a REGEXP function."""

    name = "sqlite"
    conforms = True
    dates_are_text = True
    types_by_value = True

    def names_of(self, connection: Connection, query: str, names: list[str]) -> list[str]:
        """A subquery has ``id:1`` for a second ``id``; only then is the query itself run, to its first row."""
        if not any(re.fullmatch(r".+:\d+", name, re.DOTALL) for name in names):
            return names
        result = connection.exec_driver_sql(query)
        own = [str(column[0]) for column in result.cursor.description]
        result.close()
        return own

    @contextlib.contextmanager
    def snapshot(self, connection: Connection) -> Iterator[None]:
        """Begin explicitly: the driver begins no transaction for a SELECT."""
        with connection.begin() as transaction:
            connection.exec_driver_sql("BEGIN")
            yield
            transaction.rollback()

    def begin_writing(self, connection: Connection) -> None:
        """Python's driver runs CREATE TABLE outside of a transaction unless one is open."""
        begin_immediate(connection)

    @contextlib.contextmanager
    def deadline(self, connection: Connection, seconds: float) -> Iterator[None]:
        """A timer interrupts the running statement; a wait for a lock, which cannot be interrupted, is cut short."""
        with busy_timeout(connection, seconds), interrupted_after(connection, seconds):
            yield

    def timed_out(self, error: DBAPIError) -> bool:
        """Whether the statement was interrupted."""
        return getattr(error.orig, "sqlite_errorname", None) == "SQLITE_INTERRUPT"

    def prepare(self, connection: Connection) -> None:
        """REGEXP in a time that has a limit; it means the same as SQLAlchemy's, which backtracks."""
        # A connection of the caller with a statement that still runs keeps the function that it has.
        with contextlib.suppress(sqlite3.OperationalError):
            driver_connection(connection).create_function("regexp", 2, regexp, deterministic=True)

    def matches(self, text: ColumnElement[Any], pattern: Pattern) -> ColumnElement[bool]:
        """REGEXP is Python's ``re.search``, or RE2 where that could take long; other values are cast to strings."""
        return sa.cast(text, sa.Text()).regexp_match(remember(pattern))

    def length(self, text: ColumnElement[Any]) -> ColumnElement[int]:
        """The number of code points."""
        return sa.func.length(text, type_=sa.Integer())

    def value(self, value: Any, column: Column) -> ColumnElement[Any]:
        """SQLite has no decimals, and its integers have 64 bits."""
        if isinstance(value, decimal.Decimal) or (isinstance(value, int) and not -(2**63) <= value < 2**63):
            value = float(value)
        return super().value(value, column)

    def stored_otherwise(self, value: ColumnElement[Any], families: frozenset[str]) -> ColumnElement[bool] | None:
        """Each value has a storage class of its own, whatever type the column declares."""
        classes = {one for family in families for one in _STORAGE.get(family, ())}
        if not classes:
            return None
        otherwise = sa.func.typeof(value).not_in(["null", *sorted(classes)])
        return sa.or_(otherwise, value.not_in([0, 1])) if families == {"boolean"} else otherwise

    def deviation(self, number: ColumnElement[Any]) -> None:
        """SQLite has no such aggregate."""
        del number

    def row_address(self, columns: Collection[str]) -> ColumnElement[int] | None:
        """The ``rowid``: a covering index may change the order in which rows are read, but not the ``rowid``."""
        return None if "rowid" in {name.lower() for name in columns} else sa.literal_column("rowid")

    def absent(
        self, keys: Sequence[ColumnElement[Any]], referenced: Sequence[ColumnElement[Any]]
    ) -> ColumnElement[bool]:
        """NOT IN builds an index of the other table once; NOT EXISTS reads the table for every row."""
        there = sa.select(*referenced).where(*(column.is_not(None) for column in referenced))
        if len(keys) == 1:
            return keys[0].not_in(there)
        return sa.tuple_(*keys).not_in(there)

    def variance(self, relation: Selection, column: str, where: str | None) -> FollowUp:
        """SQLite has no such aggregate; two passes (mean, then squared distances) lose no digits."""
        value = sa.cast(relation[column], sa.Float())
        conditions = relation.among([value.is_not(None)], where)
        rows = yield relation.select(sa.func.avg(value), sa.func.count()).where(*conditions)
        mean, count = list(rows[0])
        if count < 2:
            return {"value": None}
        distance = value - sa.literal(mean, sa.Double())
        rows = yield relation.select(sa.func.sum(distance * distance)).where(*conditions)
        return {"value": rows[0][0] / (count - 1)}
