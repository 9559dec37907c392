"""Every error that moltres raises on purpose.

::

    MoltresError
    ├── ConfigurationError          (ValueError)       an argument that cannot work
    ├── MissingDependencyError      (ImportError)      an extra or a driver is not installed
    ├── DatabaseConnectionError     (ConnectionError)  no connection, or it was lost; retryable
    ├── QueryError                                     a query that cannot run, or that the database refused
    │   ├── QueryTimeoutError       (TimeoutError)     the time limit was reached; retryable
    │   ├── QueryCancelledError                        somebody stopped it
    │   │   └── TaskStoppedError                       the task that it belongs to was stopped; retryable
    │   ├── TransientQueryError                        deadlock, serialization failure, lock; retryable
    │   ├── TableNotFoundError      (LookupError)      no such table; lists those that exist
    │   └── ColumnNotFoundError     (LookupError)      no such column; lists those that exist
    ├── TableExistsError                               the table is there already
    ├── SchemaMismatchError         (TypeError)        source and target do not fit; names every mismatch
    ├── WriteError                                     rows could not be written
    ├── HandoffError                                   a value between two tasks cannot be passed on or found
    └── QualityGateError                               checks failed, nothing was published

Whether trying again can help is a matter of the class: ``error.retryable``. Errors pickle, so that an orchestrator can
carry them from a worker, and hold no bind value and no password.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar, Self

from ._shared import wording
from ._shared.problems import MissingPackageError, ProblemError
from ._shared.wording import closest, listing

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

__all__ = [
    "ColumnNotFoundError",
    "ConfigurationError",
    "DatabaseConnectionError",
    "HandoffError",
    "MissingDependencyError",
    "MoltresError",
    "QualityGateError",
    "QueryCancelledError",
    "QueryError",
    "QueryTimeoutError",
    "SchemaMismatchError",
    "TableExistsError",
    "TableNotFoundError",
    "TaskStoppedError",
    "TransientQueryError",
    "WriteError",
    "closest",
    "listing",
    "refuse",
]

_LISTED = 20
"""How many names a context holds."""


def _restore(kind: type[MoltresError], state: dict[str, Any]) -> MoltresError:
    error = kind.__new__(kind)
    Exception.__init__(error, state["message"])
    error.__dict__.update(state)
    return error


class MoltresError(Exception):
    """The root of all errors of moltres.

    Args:
        message: What went wrong: what was given and what is allowed.
        suggestion: One thing to try.
        context: Plain, JSON-able facts for logs and reports. Never a secret.
    """

    retryable: ClassVar[bool] = False
    """Whether the same call can succeed later without anybody changing anything."""

    message: str
    suggestion: str | None
    context: dict[str, Any]

    def __init__(
        self, message: str, *, suggestion: str | None = None, context: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.suggestion = suggestion
        self.context = dict(context or {})

    def __str__(self) -> str:
        return self.message if self.suggestion is None else f"{self.message}\nHint: {self.suggestion}"

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, (type(self), dict(self.__dict__))


class ConfigurationError(MoltresError, ValueError):
    """An argument that cannot work, found before anything was done."""

    @classmethod
    def choice(cls, what: str, given: object, allowed: Iterable[str]) -> Self:
        """A value outside a fixed set of names."""
        names = list(allowed)
        match = closest(given, names) if isinstance(given, str) else None
        return cls(
            f"{what} is {given!r}; allowed: {listing(names)}.",
            suggestion=None if match is None else f"Did you mean {match!r}?",
            context={"given": str(given), "allowed": names},
        )


class MissingDependencyError(MoltresError, ImportError):
    """A package that only some uses need is not installed."""

    @classmethod
    def extra(cls, package: str, extra: str, purpose: str) -> Self:
        """A package that comes with one of our extras.

        Args:
            package: The distribution that is missing, as pip calls it.
            extra: The extra of moltres-core which brings it.
            purpose: What it is needed for, as in "to_polars()".
        """
        problem = wording.missing_package(package, purpose, core="moltres-core", extra=extra)
        return cls(problem.message, suggestion=problem.suggestion, context=problem.context)


class DatabaseConnectionError(MoltresError, ConnectionError):
    """The database could not be reached, refused us, or went away."""

    retryable = True


class QueryError(MoltresError):
    """A query that cannot run: the database refused it, or what it names does not exist.

    Args:
        message: What went wrong.
        sql: The statement, with placeholders instead of values; None if it was never sent.
        driver_message: What the driver said.
        suggestion: One thing to try.
        context: Plain facts.
    """

    sql: str | None
    driver_message: str | None

    def __init__(
        self,
        message: str,
        *,
        sql: str | None = None,
        driver_message: str | None = None,
        suggestion: str | None = None,
        context: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message, suggestion=suggestion, context=context)
        self.sql = sql
        self.driver_message = driver_message


class QueryTimeoutError(QueryError, TimeoutError):
    """A statement ran into its time limit and was stopped in the database."""

    retryable = True


class QueryCancelledError(QueryError):
    """A statement was stopped in the database by ``Database.cancel()`` or by an administrator."""


class TaskStoppedError(QueryCancelledError):
    """The task was stopped from outside, and sends no further statement; another try can succeed."""

    retryable = True


class TransientQueryError(QueryError):
    """A statement lost against another transaction: deadlock, serialization failure, locked database."""

    retryable = True


class TableNotFoundError(QueryError, LookupError):
    """There is no table or view of that name."""

    @classmethod
    def of(cls, name: str, existing: Iterable[str]) -> Self:
        """A table that is not there, with those that are."""
        names = sorted(existing)
        return cls(
            f"There is no table or view {name!r}; there are: {listing(names)}.",
            suggestion=wording.corrections([name], names),
            context={"table": name, "existing": names[:_LISTED]},
        )


class ColumnNotFoundError(QueryError, LookupError):
    """One or more columns that do not exist, all named at once."""

    @classmethod
    def of(cls, missing: Iterable[str], existing: Iterable[str], *, where: str = "the frame") -> Self:
        """Columns that are not there, with those that are.

        Args:
            missing: The names asked for in vain.
            existing: The names that could have been asked for.
            where: What was searched, for the message.
        """
        absent, names = list(dict.fromkeys(missing)), list(existing)
        noun = "column" if len(absent) == 1 else "columns"
        return cls(
            f"No {noun} {listing(absent)} in {where}; it has: {listing(names)}.",
            suggestion=wording.corrections(absent, names),
            context={"missing": absent, "existing": names[:_LISTED]},
        )


class TableExistsError(MoltresError):
    """The table is already there, and the mode does not allow that."""


class SchemaMismatchError(MoltresError, TypeError):
    """Source and target columns do not fit.

    Args:
        message: The heading.
        mismatches: One sentence for every column that does not fit.
        suggestion: One thing to try.
        context: Plain facts.
    """

    mismatches: tuple[str, ...]

    def __init__(
        self,
        message: str,
        *,
        mismatches: Iterable[str] = (),
        suggestion: str | None = None,
        context: Mapping[str, Any] | None = None,
    ) -> None:
        self.mismatches = tuple(mismatches)
        lines = "".join(f"\n- {mismatch}" for mismatch in self.mismatches)
        super().__init__(
            f"{message}{lines}",
            suggestion=suggestion,
            context={**(context or {}), "mismatches": list(self.mismatches)},
        )


class WriteError(MoltresError):
    """Rows could not be written; the target is as it was before."""


class HandoffError(MoltresError):
    """A value cannot be handed to another task, or what it refers to is gone."""


class QualityGateError(MoltresError):
    """Checks failed, so nothing was published.

    Args:
        message: What failed.
        report: The report of the checks, as the checker returned it.
        suggestion: One thing to try.
        context: Plain facts.
    """

    report: Any

    def __init__(
        self,
        message: str,
        *,
        report: object = None,
        suggestion: str | None = None,
        context: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message, suggestion=suggestion, context=context)
        self.report = report


@contextmanager
def problems_translated() -> Iterator[None]:
    """Let what the shared modules raise leave the block as errors of ours."""
    try:
        yield
    except MissingPackageError as problem:
        raise MissingDependencyError(
            problem.message, suggestion=problem.suggestion, context=problem.context
        ) from problem.__cause__
    except ProblemError as problem:
        raise ConfigurationError(
            problem.message, suggestion=problem.suggestion, context=problem.context
        ) from problem.__cause__


def refuse(problems: Iterable[str], heading: str = "These arguments are not valid") -> None:
    """Raise one error for all problems of a call, if there are any.

    Args:
        problems: A sentence for each.
        heading: What stands before several of them, without a full stop.

    Raises:
        ConfigurationError: With every problem in its message and its context.
    """
    found = list(problems)
    if found:
        lines = "".join(f"\n- {problem}" for problem in found)
        message = found[0] if len(found) == 1 else f"{heading}:{lines}"
        raise ConfigurationError(message, context={"problems": found})
