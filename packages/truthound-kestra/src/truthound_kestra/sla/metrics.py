"""What an evaluation looks at and what it finds."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Protocol

from truthound_kestra.errors import ConfigurationError

__all__ = ["AlertLevel", "SLAMetrics", "SLAResult", "SLAViolation", "SLAViolationType"]


class AlertLevel(Enum):
    """How loud to be; levels compare: ``AlertLevel.INFO < AlertLevel.CRITICAL``."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """0 for info to 3 for critical."""
        return list(AlertLevel).index(self)

    def __lt__(self, other: AlertLevel) -> bool:
        return self.rank < other.rank

    def __le__(self, other: AlertLevel) -> bool:
        return self.rank <= other.rank

    def __gt__(self, other: AlertLevel) -> bool:
        return self.rank > other.rank

    def __ge__(self, other: AlertLevel) -> bool:
        return self.rank >= other.rank


class SLAViolationType(Enum):
    """Which limit is broken."""

    FAILURE_RATE_EXCEEDED = "failure_rate_exceeded"
    PASS_RATE_BELOW_MINIMUM = "pass_rate_below_minimum"  # noqa: S105 - a rate, no password
    EXECUTION_TIME_EXCEEDED = "execution_time_exceeded"
    ROW_COUNT_BELOW_MINIMUM = "row_count_below_minimum"
    CONSECUTIVE_FAILURES = "consecutive_failures"

    @property
    def level(self) -> AlertLevel:
        """How loud to be about it: slow is a warning, wrong an error, wrong again and again critical."""
        if self is SLAViolationType.EXECUTION_TIME_EXCEEDED:
            return AlertLevel.WARNING
        return AlertLevel.CRITICAL if self is SLAViolationType.CONSECUTIVE_FAILURES else AlertLevel.ERROR


class RunCounts(Protocol):
    """What an SLA reads off the result of a run."""

    @property
    def passed_count(self) -> int:
        """Checks that passed."""
        ...

    @property
    def failed_count(self) -> int:
        """Checks that failed."""
        ...

    @property
    def error_count(self) -> int:
        """Checks that could not be evaluated."""
        ...

    @property
    def warning_count(self) -> int:
        """Checks that failed and only warn."""
        ...

    @property
    def skipped_count(self) -> int:
        """Checks that were not run."""
        ...

    @property
    def execution_time_seconds(self) -> float:
        """How long the run took."""
        ...

    @property
    def row_count(self) -> int:
        """How many rows there are."""
        ...


@dataclass(frozen=True, kw_only=True)
class SLAMetrics:
    """What one run measured. Counts are of checks or of rows: only their shares matter.

    Args:
        passed_count: How many passed.
        failed_count: How many failed.
        warning_count: How many failed with a severity that only warns.
        skipped_count: How many were not run; not part of the total.
        execution_time_seconds: How long the run took.
        row_count: Rows that were looked at, if known.
        flow_id: The flow, for the memory of failures in a row.
        task_id: The task, likewise.
        namespace: The flow's namespace, likewise.
        execution_id: The execution: evaluating it again (a retry) replaces its own entry in that memory.
        measured_at: When, with zone; None for the moment of evaluation.

    Raises:
        ConfigurationError: Negative counts or times.
    """

    passed_count: int = 0
    failed_count: int = 0
    warning_count: int = 0
    skipped_count: int = 0
    execution_time_seconds: float = 0.0
    row_count: int | None = None
    flow_id: str | None = None
    task_id: str | None = None
    namespace: str | None = None
    execution_id: str | None = None
    measured_at: dt.datetime | None = None

    def __post_init__(self) -> None:
        names = (
            "passed_count",
            "failed_count",
            "warning_count",
            "skipped_count",
            "execution_time_seconds",
            "row_count",
        )
        values = {name: getattr(self, name) for name in names}
        problems = [
            f"{name} must be a number from 0, not {value!r}."
            for name, value in values.items()
            if value is not None and not (isinstance(value, int | float) and value >= 0)
        ]
        if problems:
            raise ConfigurationError(problems)

    @property
    def total_count(self) -> int:
        """Passed, failed and warned."""
        return self.passed_count + self.failed_count + self.warning_count

    @property
    def failure_rate(self) -> float:
        """Share of failed in the total; 0 if nothing was counted."""
        return self.failed_count / self.total_count if self.total_count else 0.0

    @property
    def pass_rate(self) -> float:
        """Share of passed in the total; 0 if nothing was counted, for nothing passed."""
        return self.passed_count / self.total_count if self.total_count else 0.0

    @classmethod
    def from_result(cls, result: RunCounts, **context: Any) -> SLAMetrics:
        """The metrics of a run.

        Args:
            result: What the check script found, or anything with the same counts.
            **context: Further fields: flow_id, task_id, namespace, execution_id.
        """
        return cls(
            passed_count=result.passed_count,
            failed_count=result.failed_count + result.error_count,
            warning_count=result.warning_count,
            skipped_count=result.skipped_count,
            execution_time_seconds=result.execution_time_seconds,
            row_count=result.row_count,
            **context,
        )


@dataclass(frozen=True, kw_only=True)
class SLAViolation:
    """One broken limit.

    Attributes:
        violation_type: Which limit.
        message: One sentence for people.
        limit: What was promised.
        actual: What was measured.
        level: How loud to be about it.
    """

    violation_type: SLAViolationType
    message: str
    limit: float
    actual: float
    level: AlertLevel


@dataclass(frozen=True, kw_only=True)
class SLAResult:
    """What an evaluation found.

    Attributes:
        is_compliant: Whether no limit is broken.
        violations: The broken limits, worst first.
        metrics: What was looked at.
        consecutive_failures: Failed runs in a row, this one included; 0 if it did not fail, or none are counted.
        evaluated_at: When, in UTC.
        name: Of the SLA, if it has one.
    """

    is_compliant: bool
    violations: tuple[SLAViolation, ...]
    metrics: SLAMetrics
    consecutive_failures: int = 0
    evaluated_at: dt.datetime = field(default_factory=lambda: dt.datetime.now(dt.UTC))
    name: str | None = None

    def outputs(self) -> dict[str, Any]:
        """The evaluation as outputs of Kestra's, by name."""
        return {
            "sla_compliant": self.is_compliant,
            "sla_violations": list(self.violations),
            "sla_consecutive_failures": self.consecutive_failures,
        }

    @property
    def level(self) -> AlertLevel:
        """The loudest level of the violations; info if there are none."""
        return max((violation.level for violation in self.violations), default=AlertLevel.INFO)
