"""The errors of dq_core.

.. code-block:: text

    DataQualityError
    ├── RuleError (ValueError)                  the rules, or another argument, are wrong: .problems lists everything
    ├── SourceError                             the data cannot be opened or read
    │   ├── TableNotFoundError (LookupError)
    │   └── SourceConnectionError (ConnectionError)   retryable
    │       └── SourceAccessError                     a password, a user, a database, a file: a retry cannot help
    ├── ValidationTimeoutError (TimeoutError)   retryable
    ├── MissingDependencyError (ImportError)    an extra is not installed
    ├── EngineError                             an engine cannot do what a rule asks
    └── CheckFailedError                        .report says which checks failed

Every error is picklable and carries `message`, `suggestion`, `context` and `retryable`; none ever carries a password.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar

from ._shared.problems import MissingPackageError, ProblemError, UnknownDatabaseError, UnreadableFileError
from ._shared.wording import (
    closest,
    did_you_mean,
    listing,
    missing_package,
    plain_context,
    plain_message,
    plain_problem,
    question,
    repr_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

__all__ = [
    "CheckFailedError",
    "DataQualityError",
    "EngineError",
    "MissingDependencyError",
    "RuleError",
    "SourceAccessError",
    "SourceConnectionError",
    "SourceError",
    "TableNotFoundError",
    "UnknownColumnError",
    "ValidationTimeoutError",
    "closest",
    "naming",
    "reading_document",
    "translated",
]


class DataQualityError(Exception):
    """The root of all errors of this package.

    Args:
        message: What was given and what is wrong with it.
        suggestion: What to do about it, in one sentence.
        context: JSON values that help to find the cause; never secrets.

    Attributes:
        retryable: Whether the same call may succeed later without any change.
    """

    retryable: ClassVar[bool] = False

    def __init__(
        self, message: str, *, suggestion: str | None = None, context: Mapping[str, Any] | None = None
    ) -> None:
        message = plain_message(message)
        super().__init__(message)
        self.message = message
        self.suggestion = None if suggestion is None else plain_message(suggestion)
        self.context: dict[str, Any] = plain_context(context)

    def __str__(self) -> str:
        return self.message if self.suggestion is None else f"{self.message}\nHint: {self.suggestion}"

    def __reduce__(self) -> tuple[Callable[..., DataQualityError], tuple[Any, ...]]:
        return _rebuild, (type(self), dict(self.__dict__))


@contextmanager
def reading_document(what: str, data: object) -> Iterator[None]:
    """A block that reads what a `to_dict` wrote.

    Args:
        what: What is read, for the error: ``Report.from_dict``.
        data: What was given.

    Raises:
        RuleError: It is no mapping, or lacks something, or has something of another type.
    """
    if not isinstance(data, Mapping):
        raise RuleError([f"{what} requires a mapping as to_dict() gives it, not {repr_of(data, 80)}."])
    try:
        yield
    except KeyError as error:
        raise RuleError([f"{what} requires a mapping as to_dict() gives it: it has no {error}."]) from error
    except (TypeError, AttributeError) as error:
        raise RuleError([f"{what} requires a mapping as to_dict() gives it: {error}."]) from error


@contextmanager
def naming(argument: str) -> Iterator[None]:
    """A block whose errors are about one of several arguments of the same kind, and begin with its name.

    Args:
        argument: The argument: ``right``.
    """
    try:
        yield
    except DataQualityError as error:
        state = dict(error.__dict__)
        if isinstance(error, RuleError):
            named = RuleError([f"{argument}: {problem}" for problem in error.problems])
            state |= {name: getattr(named, name) for name in ("problems", "message", "context")}
        else:
            state["message"] = f"{argument}: {error.message}"
        raise _rebuild(type(error), state) from error.__cause__


def _rebuild(kind: type[DataQualityError], state: dict[str, Any]) -> DataQualityError:
    """Unpickle without calling the constructors, whose arguments differ."""
    error = kind.__new__(kind, state["message"])
    error.args = (state["message"],)
    error.__dict__.update(state)
    return error


#: Characters of the problems that a message lists: a stranger's rules must not fill a screen.
_LONGEST_LIST = 1600

MOST_PROBLEMS = 1000
"""How many problems are told; further ones would cost a stranger's rules minutes and tell nobody more."""


class RuleError(DataQualityError, ValueError):
    """Rules (or other arguments of a validation) that are wrong; nothing was scanned.

    Args:
        problems: Every problem that was found, each a sentence of its own. The message lists as many as fit on a
            screen; the attribute ``problems`` has each once, and no further ones behind 1000.
    """

    def __init__(self, problems: Iterable[str], *, suggestion: str | None = None) -> None:
        # One more says that there are more.
        self.problems = tuple(map(plain_problem, itertools.islice(_each_once(problems), MOST_PROBLEMS + 1)))
        if len(self.problems) == 1:
            message = self.problems[0]
        else:
            number = f"More than {MOST_PROBLEMS}" if len(self.problems) > MOST_PROBLEMS else len(self.problems)
            message = f"{number} problems:{_listed(self.problems)}"
        super().__init__(message, suggestion=suggestion, context={"problems": list(self.problems)})


def _each_once(problems: Iterable[str]) -> Iterator[str]:
    told: set[str] = set()
    for problem in problems:
        if problem not in told:
            told.add(problem)
            yield problem


def _listed(problems: Sequence[str]) -> str:
    lines: list[str] = []
    for problem in problems:
        if lines and sum(map(len, lines)) + len(problem) > _LONGEST_LIST:
            lines.append(f"\n  and {len(problems) - len(lines)} more")
            break
        lines.append(f"\n  - {problem}")
    return "".join(lines)


class UnknownColumnError(RuleError, KeyError):
    """A column that a profile does not have.

    Args:
        name: What was asked for.
        known: The columns that there are.
    """

    def __init__(self, name: object, known: Sequence[str]) -> None:
        super().__init__([f"The column {repr_of(name)} was not profiled.{question(name, known)}"])


class SourceError(DataQualityError):
    """The data cannot be opened or read."""


class TableNotFoundError(SourceError, LookupError):
    """The database has no such table or view."""

    @classmethod
    def missing(cls, name: str, known: Iterable[str]) -> TableNotFoundError:
        """The error for a table that does not exist, with the closest of those that do."""
        names = sorted(known)
        hint = did_you_mean(name, names) or (f"The tables are: {listing(names)}." if names else None)
        return cls(f"The table or view {name!r} does not exist.", suggestion=hint, context={"table": name})


class SourceConnectionError(SourceError, ConnectionError):
    """The database or the storage cannot be reached, the connection was lost, or another is in the way.

    Such as one that holds a lock, or writes the files that are read.
    """

    retryable = True


class SourceAccessError(SourceConnectionError):
    """The database refuses the connection as it was asked for: a password, a user, a database, a file."""

    retryable = False


class ValidationTimeoutError(DataQualityError, TimeoutError):
    """The validation exceeded its time limit."""

    retryable = True

    @classmethod
    def after(cls, seconds: float) -> ValidationTimeoutError:
        """The error for a validation that was stopped after this many seconds."""
        return cls(
            f"The validation was stopped after {seconds:g} seconds (timeout_seconds).",
            suggestion="Allow more time, check fewer rows with `where`, or check a sample through query=.",
            context={"timeout_seconds": seconds},
        )


class MissingDependencyError(DataQualityError, ImportError):
    """A package that an extra brings is not installed."""

    @classmethod
    def extra(cls, package: str, extra: str, purpose: str) -> MissingDependencyError:
        """The error for a package that an extra of dq-core brings.

        Args:
            package: The package.
            extra: The extra.
            purpose: What requires it, as the subject of a sentence.
        """
        problem = missing_package(package, purpose, core="dq-core", extra=extra)
        return cls(problem.message, suggestion=problem.suggestion, context=problem.context)


class EngineError(DataQualityError):
    """An engine cannot do what a rule asks, or failed while doing it."""


class CheckFailedError(DataQualityError):
    """The data did not pass its checks.

    Args:
        report: The `dq_core.report.Report`, with every check's result.
    """

    def __init__(self, report: Any) -> None:
        self.report = report
        bad = [
            result.check_name
            for result in report.results
            if result.status == "error" or (result.status == "failed" and result.blocking)
        ]
        names = ", ".join(bad[:10]) + (f" and {len(bad) - 10} more" if len(bad) > 10 else "")
        super().__init__(
            f"{len(bad)} of {report.total_checks} checks did not pass: {names}.",
            context={"checks": bad, "source": report.source},
        )


class ComparisonFailedError(DataQualityError):
    """Both sides of a comparison are not equal.

    Args:
        comparison: The `dq_core.Comparison`, with what differs.
        verdict: What it says, in one sentence.
    """

    def __init__(self, comparison: Any, verdict: str) -> None:
        self.comparison = comparison
        super().__init__(f"{verdict}.", context={"left": comparison.left, "right": comparison.right})


@contextmanager
def translated() -> Iterator[None]:
    """Translate the errors of the shared modules into those of this package."""
    try:
        yield
    except ProblemError as problem:
        raise _translation(problem) from problem.__cause__


def _translation(problem: ProblemError) -> DataQualityError:
    match problem:
        case MissingPackageError():
            kind: type[DataQualityError] = MissingDependencyError
        case UnknownDatabaseError() | UnreadableFileError():
            kind = SourceError
        case _:
            return RuleError([problem.message], suggestion=problem.suggestion)
    return kind(problem.message, suggestion=problem.suggestion, context=problem.context)
