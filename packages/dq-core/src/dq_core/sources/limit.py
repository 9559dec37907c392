"""Time limits: a deadline, and how opening files, frames and rows ends at it, before any statement of a check."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, TypeVar

import sqlalchemy as sa

from .._shared import statements
from .._shared.statements import interrupted_after
from ..errors import DataQualityError, ValidationTimeoutError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["Deadline", "limited", "stating", "until"]

T = TypeVar("T")


class Deadline(statements.Deadline):
    """A point in time after which work must stop; without seconds it never comes.

    Args:
        seconds: How long the whole work may take, from now; None for as long as it takes.
    """

    def error(self) -> ValidationTimeoutError:
        """The error to raise when it has passed."""
        return ValidationTimeoutError.after(self.seconds or 0)

    def left(self) -> float | None:
        """Seconds that are left, or None if there is no limit.

        Raises:
            ValidationTimeoutError: None are left.
        """
        if self.passed:
            raise self.error()
        return self.remaining


@contextlib.contextmanager
def limited(connection: sa.Connection, deadline: Deadline | None) -> Iterator[None]:
    """A block whose statements DuckDB ends at the deadline, in the thread of the caller.

    A thread that nobody waits for any longer would not do: a process that ends while DuckDB works in one is aborted.

    Raises:
        ValidationTimeoutError: The deadline has passed.
    """
    left = None if deadline is None else deadline.remaining
    if deadline is None or left is None:
        yield
        return
    import duckdb

    try:
        with interrupted_after(connection, left):
            yield
    except (DataQualityError, sa.exc.SQLAlchemyError, duckdb.Error) as error:
        if deadline.passed and _is_caused_by(error, duckdb.InterruptException):
            raise deadline.error() from None
        raise
    if deadline.passed:
        raise deadline.error()


@contextlib.contextmanager
def stating(deadline: Deadline) -> Iterator[None]:
    """A block that has what is left as its limit; an error about the limit states the whole."""
    try:
        yield
    except ValidationTimeoutError:
        raise deadline.error() from None


def until(deadline: Deadline | None, items: Iterable[T]) -> Iterable[T]:
    """The items, until the deadline.

    Raises:
        ValidationTimeoutError: The deadline has passed.
    """
    return items if deadline is None or deadline.seconds is None else _until(deadline, items)


def _until(deadline: Deadline, items: Iterable[T]) -> Iterator[T]:
    for item in items:
        if deadline.passed:
            raise deadline.error()
        yield item


def _is_caused_by(error: BaseException | None, kind: type[BaseException]) -> bool:
    while error is not None:
        if isinstance(error, kind):
            return True
        error = error.__cause__ or error.__context__
    return False
