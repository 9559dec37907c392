"""The errors of this package; the public names are in `truthound_kestra.utils.exceptions`.

The errors of failed checks and violated SLAs are next to the results that they carry.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dq_core.adapters import plain_problem
from dq_core.errors import DataQualityError, EngineError, MissingDependencyError, RuleError, SourceError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = [
    "ConfigurationError",
    "DataQualityError",
    "EngineError",
    "FlowError",
    "MissingDependencyError",
    "OutputError",
    "RuleError",
    "ScriptError",
    "SourceError",
    "refuse",
]


class _ProblemsError(DataQualityError, ValueError):
    """An error that lists several problems."""

    def __init__(
        self,
        problems: str | Iterable[str],
        *,
        suggestion: str | None = None,
        context: Mapping[str, Any] | None = None,
    ) -> None:
        self.problems: tuple[str, ...] = tuple(
            map(plain_problem, [problems] if isinstance(problems, str) else problems)
        )
        lines = "".join(f"\n  - {problem}" for problem in self.problems)
        message = self.problems[0] if len(self.problems) == 1 else f"{len(self.problems)} problems:{lines}"
        super().__init__(message, suggestion=suggestion, context=context)


class ConfigurationError(_ProblemsError):
    """Invalid options; nothing was done.

    Args:
        problems: All problems, one sentence each.
    """


def refuse(problems: Iterable[str], *, suggestion: str | None = None) -> None:
    """Raise if there are problems.

    Args:
        problems: One sentence each.
        suggestion: How to solve them.

    Raises:
        ConfigurationError: There are problems; lists all of them.
    """
    found = tuple(problems)
    if found:
        raise ConfigurationError(found, suggestion=suggestion)


class FlowError(_ProblemsError):
    """A flow that Kestra would refuse or that could not run; nothing was written.

    Args:
        problems: All problems, one sentence each.
    """


class ScriptError(DataQualityError):
    """A script cannot run."""


class OutputError(DataQualityError):
    """A value cannot be sent to Kestra or stored."""
