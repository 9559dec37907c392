"""DuckDB."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from dq_core.dialects.base import Dialect, interrupt_after
from dq_core.relation import Column

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from sqlalchemy import ColumnElement, Connection, FromClause
    from sqlalchemy.exc import DBAPIError

    from dq_core.patterns import Pattern

__all__ = ["DuckDB"]


class DuckDB(Dialect):
    """DuckDB, for its own tables as well as for files and frames."""

    name = "duckdb"

    def describe(self, connection: Connection, from_: FromClause) -> list[Column]:
        """The columns by DESCRIBE, which binds the query without running it."""
        query = sa.select(sa.text("*")).select_from(from_)
        compiled = query.compile(connection, compile_kwargs={"literal_binds": True})
        rows = connection.exec_driver_sql(f"DESCRIBE {compiled}").all()
        return [Column.of(row[0], row[1]) for row in rows]

    def deadline(self, connection: Connection, seconds: float) -> AbstractContextManager[None]:
        """A timer interrupts whatever runs."""
        return interrupt_after(connection, seconds)

    def timed_out(self, error: DBAPIError) -> bool:
        """Whether the statement was interrupted."""
        return type(error.orig).__name__ == "InterruptException"

    def matches(self, text: ColumnElement[Any], pattern: Pattern) -> ColumnElement[bool]:
        """``regexp_matches`` searches in every version; ``~`` matched in full until 1.5."""
        return sa.func.regexp_matches(text, sa.literal(pattern.for_re2()), type_=sa.Boolean())

    def length(self, text: ColumnElement[Any]) -> ColumnElement[int]:
        """The number of code points."""
        return sa.func.length(text, type_=sa.Integer())

    def is_nan(self, number: ColumnElement[Any], family: str) -> ColumnElement[bool] | None:
        """NaN is a value, and greater than all others."""
        return sa.func.isnan(number, type_=sa.Boolean()) if family == "float" else None
