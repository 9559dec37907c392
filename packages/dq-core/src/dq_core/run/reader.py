"""Reading an opened source statement by statement: counted, limited in time, errors translated."""

from __future__ import annotations

import time
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy.exc import DBAPIError

from ..checks import options
from ..errors import RuleError, SourceConnectionError, SourceError, ValidationTimeoutError
from ..relation.dialects.base import finish
from ..sources.opened import scrub

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    import sqlalchemy as sa
    from sqlalchemy.engine import Row

    from ..relation.dialects.base import Work
    from ..relation.relation import Relation
    from ..sources import Opened

K = TypeVar("K")

__all__ = ["Deadline", "Reader", "chosen_columns", "refuse", "whole_number"]


class Deadline:
    """A point in time after which work must stop; without seconds it never comes.

    Args:
        seconds: How long the whole work may take, from now; None for as long as it takes.
    """

    def __init__(self, seconds: float | None) -> None:
        self.seconds = seconds
        self.started = time.monotonic()

    @property
    def elapsed(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self.started

    def error(self) -> ValidationTimeoutError:
        """The error to raise when it has come."""
        return ValidationTimeoutError.after(self.seconds or 0)

    def left(self) -> float | None:
        """Seconds that are left, or None if there is no limit.

        Raises:
            ValidationTimeoutError: None are left.
        """
        if self.seconds is None:
            return None
        left = self.seconds - self.elapsed
        if left <= 0:
            raise self.error()
        return left


class Reader:
    """Runs SELECTs on an opened source.

    Args:
        opened: The source.
        deadline: When to stop; the database itself stops a statement that still runs then.

    Attributes:
        statements: How many were run.
    """

    def __init__(self, opened: Opened, deadline: Deadline) -> None:
        self.opened = opened
        self.deadline = deadline
        self.statements = 0

    def rows(self, statement: sa.Select[Any]) -> Sequence[Row[Any]]:
        """The rows of a statement.

        Raises:
            SourceError: The database refused it.
            SourceConnectionError: The connection broke.
            ValidationTimeoutError: The deadline came.
        """
        left = self.deadline.left()
        connection, dialect = self.opened.connection, self.opened.relation.dialect
        limit = nullcontext() if left is None else dialect.deadline(connection, left)
        self.statements += 1
        try:
            with limit, dialect.guard(connection, ours=self.opened.ours):
                return connection.execute(statement).all()
        except DBAPIError as error:
            if self.deadline.seconds is not None and dialect.timed_out(error):
                raise self.deadline.error() from None
            kind = SourceConnectionError if error.connection_invalidated else SourceError
            reason = scrub(str(error.orig).strip(), self.opened.secrets)
            raise kind(f"{self.opened.description} cannot be read: {reason}") from None

    def exists(self, statement: sa.Select[Any]) -> bool:
        """Whether the database understands a statement and it gives a value; not counted."""
        connection, dialect = self.opened.connection, self.opened.relation.dialect
        try:
            with dialect.guard(connection, ours=self.opened.ours):
                row = connection.execute(statement).first()
        except DBAPIError as error:
            if error.connection_invalidated:
                raise SourceConnectionError(f"The connection to {self.opened.description} broke.") from None
            return False
        return row is not None and row[0] is not None

    def work(self, work: Work) -> dict[str, Any]:
        """What a dialect's grouped work returns."""
        return finish(work, self.rows)

    def aggregates(
        self, relation: Relation, expressions: Mapping[K, sa.ColumnElement[Any]], *conditions: Any
    ) -> dict[K, Any]:
        """Aggregates over a relation by name, in as few statements as the database's widest SELECT allows."""
        names = list(expressions)
        found: dict[K, Any] = {}
        width = relation.dialect.widest_select
        for start in range(0, len(names), width):
            batch = names[start : start + width]
            statement = relation.select(*(expressions[name].label(f"m{place}") for place, name in enumerate(batch)))
            found.update(zip(batch, self.rows(statement.where(*conditions))[0], strict=True))
        return found


def whole_number(name: str, value: object, *, least: int = 0) -> Iterable[str]:
    """The sentence that says what is wrong with an argument that must be a whole number."""
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        yield f"{name} must be a whole number from {least}, not {value!r}."


def refuse(problems: Iterable[str]) -> None:
    """Raise one error for all problems, if there are any.

    Raises:
        RuleError: There are.
    """
    found = list(problems)
    if found:
        raise RuleError(found)


def chosen_columns(relation: Relation, chosen: Collection[str] | None, what: str = "columns") -> list[str]:
    """The names of columns that an argument chose, in the order of the relation; all of them if it chose none.

    Raises:
        RuleError: Some do not exist, or the argument is no list; lists all of them.
    """
    if chosen is None:
        return list(relation.columns)
    if isinstance(chosen, str) or not all(isinstance(name, str) for name in chosen):
        raise RuleError([f"{what} must be a list of column names, not {chosen!r}."])
    refuse(
        f"{what}: there is no column {name!r}.{options.question(name, relation.columns)}"
        for name in chosen
        if name not in relation.columns
    )
    return [name for name in relation.columns if name in chosen]
