"""The errors that every room of this package raises; `truthound_kestra.utils.exceptions` is their public door.

Failed checks and broken SLAs have theirs beside the results that they carry.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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
]


class _ProblemsError(DataQualityError, ValueError):
    """Several things that are wrong, told at once."""

    def __init__(
        self,
        problems: str | Iterable[str],
        *,
        suggestion: str | None = None,
        context: Mapping[str, Any] | None = None,
    ) -> None:
        self.problems: tuple[str, ...] = (problems,) if isinstance(problems, str) else tuple(problems)
        lines = "".join(f"\n  - {problem}" for problem in self.problems)
        message = self.problems[0] if len(self.problems) == 1 else f"{len(self.problems)} problems:{lines}"
        super().__init__(message, suggestion=suggestion, context=context)


class ConfigurationError(_ProblemsError):
    """Options that make no sense; nothing was done.

    Args:
        problems: Every problem that was found, each a sentence of its own.
    """


class FlowError(_ProblemsError):
    """A flow that Kestra would refuse or that could not run; nothing was written.

    Args:
        problems: Every problem that was found, each a sentence of its own.
    """


class ScriptError(DataQualityError):
    """A script cannot do its work."""


class OutputError(DataQualityError):
    """A value cannot be sent to Kestra or stored."""
