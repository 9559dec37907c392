"""Everything that dq_core raises on purpose.

.. code-block:: text

    DataQualityError
    ├── RuleError (ValueError)                  the rules, or another argument, are wrong: .problems lists everything
    ├── SourceError                             the data cannot be opened or read
    │   ├── TableNotFoundError (LookupError)
    │   └── SourceConnectionError (ConnectionError)   retryable
    ├── ValidationTimeoutError (TimeoutError)   retryable
    ├── MissingDependencyError (ImportError)    an extra is not installed
    ├── EngineError                             an engine cannot do what a rule asks
    └── CheckFailedError                        .report says which checks failed

Every error is picklable and carries `message`, `suggestion`, `context` and `retryable`; none ever carries a password.
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

__all__ = [
    "CheckFailedError",
    "DataQualityError",
    "EngineError",
    "MissingDependencyError",
    "RuleError",
    "SourceConnectionError",
    "SourceError",
    "TableNotFoundError",
    "ValidationTimeoutError",
    "closest",
]


class DataQualityError(Exception):
    """The root of all errors of this package.

    Args:
        message: What was given and what is wrong with it.
        suggestion: What to do about it, in one sentence.
        context: Values that can be written as JSON and help to find the place; never secrets.

    Attributes:
        retryable: Whether the same call may succeed later without any change.
    """

    retryable: ClassVar[bool] = False

    def __init__(
        self, message: str, *, suggestion: str | None = None, context: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.suggestion = suggestion
        self.context: dict[str, Any] = dict(context or {})

    def __str__(self) -> str:
        return self.message if self.suggestion is None else f"{self.message}\nHint: {self.suggestion}"

    def __reduce__(self) -> tuple[Callable[..., DataQualityError], tuple[Any, ...]]:
        return _rebuild, (type(self), dict(self.__dict__))


def _rebuild(kind: type[DataQualityError], state: dict[str, Any]) -> DataQualityError:
    """Unpickling without calling the constructors of the leaves, whose arguments differ."""
    error = kind.__new__(kind, state["message"])
    error.args = (state["message"],)
    error.__dict__.update(state)
    return error


class RuleError(DataQualityError, ValueError):
    """Rules (or other arguments of a validation) that are wrong; nothing was scanned.

    Args:
        problems: Every problem that was found, each a sentence of its own.
    """

    def __init__(self, problems: Iterable[str], *, suggestion: str | None = None) -> None:
        self.problems = tuple(problems)
        if len(self.problems) == 1:
            message = self.problems[0]
        else:
            lines = "".join(f"\n  - {problem}" for problem in self.problems)
            message = f"{len(self.problems)} problems:{lines}"
        super().__init__(message, suggestion=suggestion, context={"problems": list(self.problems)})


class SourceError(DataQualityError):
    """The data cannot be opened or read."""


class TableNotFoundError(SourceError, LookupError):
    """The database has no such table or view."""

    @classmethod
    def missing(cls, name: str, known: Iterable[str]) -> TableNotFoundError:
        """The error for a table that does not exist, with the closest of those that do."""
        names = sorted(known)
        hint = did_you_mean(name, names) or (f"The tables are: {', '.join(names[:20])}." if names else None)
        return cls(f"There is no table or view {name!r}.", suggestion=hint, context={"table": name})


class SourceConnectionError(SourceError, ConnectionError):
    """The database or the storage cannot be reached, or the connection broke."""

    retryable = True


class ValidationTimeoutError(DataQualityError, TimeoutError):
    """The validation took longer than it was allowed to."""

    retryable = True

    @classmethod
    def after(cls, seconds: float) -> ValidationTimeoutError:
        """The error for a validation that was stopped after so many seconds."""
        return cls(
            f"The validation was stopped after {seconds:g} seconds (timeout_seconds).",
            suggestion="Allow more time, check fewer rows with `where`, or check a sample through query=.",
            context={"timeout_seconds": seconds},
        )


class MissingDependencyError(DataQualityError, ImportError):
    """Something that comes with an extra is not installed."""

    @classmethod
    def extra(cls, module: str, extra: str) -> MissingDependencyError:
        """The error for a module that one of our extras brings."""
        return cls(
            f"This needs {module}, which is not installed.",
            suggestion=f'pip install "dq-core[{extra}]"',
            context={"module": module, "extra": extra},
        )


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


def closest(name: object, known: Iterable[str]) -> str | None:
    """The known name that is most like the given one, or None if none is near.

    Args:
        name: What was given; anything but text has no closest name.
        known: The names that exist.
    """
    if not isinstance(name, str):
        return None
    by_fold = {candidate.casefold(): candidate for candidate in known}
    found = difflib.get_close_matches(name.casefold(), by_fold, n=1, cutoff=0.6)
    return by_fold[found[0]] if found else None


def did_you_mean(name: object, known: Iterable[str]) -> str | None:
    """A question with the closest known name, or None."""
    found = closest(name, known)
    return None if found is None else f"Did you mean {found!r}?"
