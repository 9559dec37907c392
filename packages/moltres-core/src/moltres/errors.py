"""Every error that moltres raises on purpose.

::

    MoltresError
    ├── ConfigurationError          (ValueError)       an argument is not valid
    ├── MissingDependencyError      (ImportError)      an extra or a driver is not installed
    ├── DatabaseConnectionError     (ConnectionError)  no connection, or a lost one; retryable
    │   └── DatabaseAccessError                        refused: password, user, database, file
    ├── QueryError                                     the database refused a query, or it cannot run
    │   ├── QueryTimeoutError       (TimeoutError)     the time limit was reached; retryable
    │   ├── QueryCancelledError                        cancel() or an administrator stopped it
    │   │   └── TaskStoppedError                       the task that it belongs to was stopped; retryable
    │   ├── TransientQueryError                        deadlock, serialization failure, lock; retryable
    │   ├── TableNotFoundError      (LookupError)      the table does not exist; lists those that do
    │   └── ColumnNotFoundError     (LookupError)      the column does not exist; lists those that do
    ├── TableExistsError                               the table already exists
    ├── SchemaMismatchError         (TypeError)        columns do not fit; lists every mismatch
    ├── WriteError                                     rows could not be written
    │   └── ReceiptError                               what landed is not what was read; lists the columns
    ├── HandoffError                                   rows cannot be handed over, or no longer exist
    └── QualityGateError                               checks failed; nothing was loaded

Whether trying again can help is a matter of the class: ``error.retryable``. Errors pickle, so that an orchestrator can
carry them from a worker, and hold no bind value and no password.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar, Self

from ._shared import wording
from ._shared.problems import MissingPackageError, ProblemError
from ._shared.wording import closest, listing, plural, repr_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

__all__ = [
    "ColumnNotFoundError",
    "ConfigurationError",
    "DatabaseAccessError",
    "DatabaseConnectionError",
    "HandoffError",
    "MissingDependencyError",
    "MoltresError",
    "QualityGateError",
    "QueryCancelledError",
    "QueryError",
    "QueryTimeoutError",
    "ReceiptError",
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
    """Whether the same call can succeed on a retry, without a change."""

    message: str
    suggestion: str | None
    context: dict[str, Any]

    def __init__(
        self, message: str, *, suggestion: str | None = None, context: Mapping[str, Any] | None = None
    ) -> None:
        message = wording.plain_message(message)
        super().__init__(message)
        self.message = message
        self.suggestion = None if suggestion is None else wording.plain_message(suggestion)
        self.context = wording.plain_context(context)

    def __str__(self) -> str:
        return self.message if self.suggestion is None else f"{self.message}\nHint: {self.suggestion}"

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, (type(self), dict(self.__dict__))


class ConfigurationError(MoltresError, ValueError):
    """An argument is not valid; nothing was done."""

    @classmethod
    def choice(cls, what: str, given: object, allowed: Iterable[str]) -> Self:
        """A value that is not one of the allowed names."""
        names = list(allowed)
        match = closest(given, names) if isinstance(given, str) else None
        return cls(
            f"{what} is {repr_of(given)}; allowed: {listing(names)}.",
            suggestion=None if match is None else f"Did you mean {match!r}?",
            context={"given": given if isinstance(given, str) else repr_of(given), "allowed": names},
        )


class MissingDependencyError(MoltresError, ImportError):
    """An optional package is not installed."""

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
    """The database cannot be reached, refused the connection, or closed it."""

    retryable = True


class DatabaseAccessError(DatabaseConnectionError):
    """The database refuses the connection as it was asked for: a password, a user, a database, a file."""

    retryable = False


class QueryError(MoltresError):
    """A query cannot run: the database refused it, or a name does not exist.

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
    """A statement reached its time limit, and the database stopped it."""

    retryable = True


class QueryCancelledError(QueryError):
    """``Database.cancel()`` or an administrator stopped a statement."""


class TaskStoppedError(QueryCancelledError):
    """The task was stopped from outside, and sends no further statement; another try can succeed."""

    retryable = True


class TransientQueryError(QueryError):
    """A statement conflicts with another transaction: deadlock, serialization failure, locked database."""

    retryable = True


class TableNotFoundError(QueryError, LookupError):
    """A table or view does not exist."""

    @classmethod
    def of(cls, name: str, existing: Iterable[str]) -> Self:
        """A table that does not exist, and the existing ones."""
        names = sorted(existing)
        return cls(
            f"The table or view {name!r} does not exist. Existing: {listing(names)}.",
            suggestion=wording.corrections([name], names),
            context={"table": name, "existing": names[:_LISTED]},
        )


class ColumnNotFoundError(QueryError, LookupError):
    """One or more columns do not exist; the error lists all of them."""

    @classmethod
    def of(cls, missing: Iterable[Any], existing: Iterable[str], *, where: str = "the frame") -> Self:
        """Columns that do not exist, and the existing ones.

        Args:
            missing: The names that do not exist.
            existing: The names that exist.
            where: What was searched, for the message.
        """
        # By what they look like: what is no string may have no hash.
        by_form = {repr_of(name): name for name in missing}
        absent, names = list(by_form.values()), list(existing)
        noun = "column" if len(absent) == 1 else "columns"
        return cls(
            f"No {noun} {listing(absent)} in {where}. Existing: {listing(names)}.",
            suggestion=wording.corrections(absent, names),
            context={
                "missing": [name if isinstance(name, str) else form for form, name in by_form.items()],
                "existing": names[:_LISTED],
            },
        )


class TableExistsError(MoltresError):
    """The table already exists, and the mode does not allow that."""


class SchemaMismatchError(MoltresError, TypeError):
    """The columns of the rows do not fit those of the table.

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
        self.mismatches = tuple(map(wording.plain_problem, mismatches))
        lines = "".join(f"\n- {mismatch}" for mismatch in self.mismatches)
        super().__init__(
            f"{message}{lines}",
            suggestion=suggestion,
            context={**(context or {}), "mismatches": list(self.mismatches)},
        )


class WriteError(MoltresError):
    """Rows cannot be written; the table is unchanged."""


class ReceiptError(WriteError):
    """What landed in the table is not what was read; the load was rolled back.

    Args:
        message: What differs.
        columns: The columns that differ; None if that is not known.
        suggestion: One thing to try.
        context: Plain facts.
    """

    columns: tuple[str, ...] | None

    def __init__(
        self,
        message: str,
        *,
        columns: Iterable[str] | None = None,
        suggestion: str | None = None,
        context: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message, suggestion=suggestion, context=context)
        self.columns = None if columns is None else tuple(columns)

    @classmethod
    def of(cls, table: str, columns: Iterable[str] | None, read: Any, landed: Any) -> Self:
        """A load whose rows are others in the table.

        Args:
            table: The table.
            columns: The columns that differ; None if that is not known.
            read: The fingerprint of the rows that were read.
            landed: That of the rows in the table.
        """
        names = None if columns is None else list(columns)
        if read.rows != landed.rows:
            fault = f"{read.rows:,} rows were read, and {landed.rows:,} landed"
        elif names is None:
            fault = f"of {plural(read.rows, 'row')} some values differ"
        elif names:
            fault = f"of {plural(read.rows, 'row')} values differ in {listing(names)}"
        else:
            fault = f"of {plural(read.rows, 'row')} values have changed places between rows"
        return cls(
            f"What landed in the table {table!r} is not what was read: {fault}. The load was rolled back.",
            columns=names,
            suggestion="A trigger, a setting of the session, a type or a driver changes values. If that is meant, pass"
            " verify=False.",
            context={"table": table, "columns": names, "read": str(read), "landed": str(landed)},
        )


class HandoffError(MoltresError):
    """Rows cannot be handed over to another task, or no longer exist."""


class QualityGateError(MoltresError):
    """Checks failed; nothing was loaded.

    Args:
        message: What failed.
        report: The report of the checks.
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
    """Raise the errors of the shared modules as errors of moltres."""
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


def refuse(
    problems: Iterable[str], heading: str = "These arguments are not valid", *, always_headed: bool = False
) -> None:
    """Raise one error for all problems of a call, if there are any.

    Args:
        problems: A sentence for each.
        heading: The text before several of them, without a full stop.
        always_headed: Whether it stands before a single one as well, because it says whose arguments they are.

    Raises:
        ConfigurationError: With every problem in its message and its context.
    """
    found = [*map(wording.plain_problem, problems)]
    if found:
        lines = "".join(f"\n- {problem}" for problem in found)
        message = found[0] if len(found) == 1 and not always_headed else f"{heading}:{lines}"
        raise ConfigurationError(message, context={"problems": found})


def of_parent() -> ConfigurationError:
    """The error of a connection that a process has inherited."""
    return ConfigurationError(
        "This connection was open when this process was forked, and belongs to the process that opened it: each"
        " would get answers of the other.",
        suggestion="Connect anew in the child: connect() with the URL or the engine.",
    )
