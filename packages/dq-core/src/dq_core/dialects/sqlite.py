"""SQLite."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from dq_core.dialects.base import Dialect, interrupt_after

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from sqlalchemy import ColumnElement, Connection
    from sqlalchemy.exc import DBAPIError

    from dq_core.patterns import Pattern

__all__ = ["SQLite"]


class SQLite(Dialect):
    """SQLite through Python's own driver, for which SQLAlchemy brings a REGEXP function."""

    name = "sqlite"

    @contextlib.contextmanager
    def snapshot(self, connection: Connection) -> Iterator[None]:
        """The driver itself begins no transaction for a SELECT."""
        with connection.begin() as transaction:
            connection.exec_driver_sql("BEGIN")
            yield
            transaction.rollback()

    def deadline(self, connection: Connection, seconds: float) -> AbstractContextManager[None]:
        """A timer interrupts whatever runs."""
        return interrupt_after(connection, seconds)

    def timed_out(self, error: DBAPIError) -> bool:
        """Whether the statement was interrupted."""
        return getattr(error.orig, "sqlite_errorname", None) == "SQLITE_INTERRUPT"

    def matches(self, text: ColumnElement[Any], pattern: Pattern) -> ColumnElement[bool]:
        """REGEXP is Python's own search; values that are no text are searched as text."""
        return sa.cast(text, sa.Text()).regexp_match(pattern.for_python())

    def length(self, text: ColumnElement[Any]) -> ColumnElement[int]:
        """The number of code points."""
        return sa.func.length(text, type_=sa.Integer())
