"""Everything that this package raises on purpose.

.. code-block:: text

    DataQualityError (dq_core's root)
    ├── ConfigurationError (ValueError)     options that make no sense: .problems lists everything
    ├── FlowError (ValueError)              a flow that Kestra would refuse: .problems lists everything
    ├── ScriptError                         a script cannot do its work: data, engine options, Kestra's variables
    ├── CheckFailedError                    the data failed its checks: .result and .report
    ├── SLAViolationError                   an SLA is broken: .violations and .result
    ├── OutputError                         a value cannot be sent to Kestra, or stored
    ├── EngineError                         an engine cannot do what a rule asks, or is not installed
    └── RuleError, SourceError, …           dq_core's own

Each carries `message`, `suggestion`, `context` and `retryable`, can be pickled, and never holds a password.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dq_core.errors import CheckFailedError as _CheckFailedError
from dq_core.errors import DataQualityError, EngineError, MissingDependencyError, RuleError, SourceError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from dq_core.report import Report
    from truthound_kestra.results import CheckScriptResult
    from truthound_kestra.sla.metrics import SLAResult, SLAViolation

__all__ = [
    "CheckFailedError",
    "ConfigurationError",
    "DataQualityError",
    "EngineError",
    "FlowError",
    "MissingDependencyError",
    "OutputError",
    "RuleError",
    "SLAViolationError",
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


class CheckFailedError(_CheckFailedError):
    """The data failed its checks.

    Args:
        result: What the script found.
        report: The engine's report.
    """

    def __init__(self, result: CheckScriptResult, report: Report) -> None:
        super().__init__(report)
        self.result = result


class SLAViolationError(DataQualityError):
    """An SLA is broken.

    Args:
        result: The evaluation, with its violations.
    """

    def __init__(self, result: SLAResult) -> None:
        self.result = result
        reasons = "; ".join(violation.message for violation in result.violations)
        super().__init__(
            f"SLA {result.name or result.metrics.flow_id or 'unnamed'} is broken: {reasons}",
            context={"violations": [violation.violation_type.value for violation in result.violations]},
        )

    @property
    def violations(self) -> tuple[SLAViolation, ...]:
        """What is broken, worst first."""
        return self.result.violations
