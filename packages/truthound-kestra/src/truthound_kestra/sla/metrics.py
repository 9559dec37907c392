"""The metrics that an SLA is evaluated on, and the result of the evaluation."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any, ClassVar, Final, Protocol

from dq_core.adapters import choice, flag, instance, number, string, whole
from truthound_kestra.documents import Document
from truthound_kestra.errors import ConfigurationError
from truthound_kestra.keywords import known_arguments
from truthound_kestra.plain_numbers import with_plain_numbers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

__all__ = ["AlertLevel", "SLAMetrics", "SLAResult", "SLAViolation", "SLAViolationType"]


class AlertLevel(Enum):
    """Severity of an alert. Levels can be compared: ``AlertLevel.INFO < AlertLevel.CRITICAL``."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """0 for info to 3 for critical."""
        return list(AlertLevel).index(self)

    def __lt__(self, other: object) -> bool:
        return self.rank < other.rank if isinstance(other, AlertLevel) else NotImplemented

    def __le__(self, other: object) -> bool:
        return self.rank <= other.rank if isinstance(other, AlertLevel) else NotImplemented

    def __gt__(self, other: object) -> bool:
        return self.rank > other.rank if isinstance(other, AlertLevel) else NotImplemented

    def __ge__(self, other: object) -> bool:
        return self.rank >= other.rank if isinstance(other, AlertLevel) else NotImplemented


class SLAViolationType(Enum):
    """The limit that is violated."""

    FAILURE_RATE_EXCEEDED = "failure_rate_exceeded"
    PASS_RATE_BELOW_MINIMUM = "pass_rate_below_minimum"  # noqa: S105 - a rate, not a password
    EXECUTION_TIME_EXCEEDED = "execution_time_exceeded"
    ROW_COUNT_BELOW_MINIMUM = "row_count_below_minimum"
    CONSECUTIVE_FAILURES = "consecutive_failures"

    @property
    def level(self) -> AlertLevel:
        """Severity of such a violation: slow is a warning, failed an error, consecutively failed critical."""
        if self is SLAViolationType.EXECUTION_TIME_EXCEEDED:
            return AlertLevel.WARNING
        return AlertLevel.CRITICAL if self is SLAViolationType.CONSECUTIVE_FAILURES else AlertLevel.ERROR


class RunCounts(Protocol):
    """The counts that an SLA reads from the result of a run."""

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
        """Failed checks of severity info or warning."""
        ...

    @property
    def skipped_count(self) -> int:
        """Checks that were not run."""
        ...

    @property
    def execution_time_seconds(self) -> float:
        """Duration of the run, in seconds."""
        ...

    @property
    def row_count(self) -> int:
        """Number of rows."""
        ...


_COUNTS: Final = (
    "passed_count", "failed_count", "error_count", "warning_count", "skipped_count", "execution_time_seconds",
    "row_count",
)  # fmt: skip


@known_arguments
@dataclass(frozen=True, kw_only=True)
class SLAMetrics(Document):
    """Metrics of a run. Counts may be of checks or of rows: only their shares matter.

    Args:
        passed_count: How many passed.
        failed_count: How many failed.
        warning_count: How many failed with severity info or warning.
        skipped_count: How many were not run; not part of the total.
        execution_time_seconds: Duration of the run, in seconds.
        row_count: Number of rows, if known.
        flow_id: The flow; consecutive failures are counted by flow, task and namespace.
        task_id: The task.
        namespace: The namespace of the flow.
        execution_id: The execution; evaluating it again (a retry) replaces its earlier evaluation.
        measured_at: Time of the run, with time zone; None for the time of the evaluation.

    Raises:
        ConfigurationError: Negative counts or durations, or values of other types; lists all of them.
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
        problems = list(self._problems())
        if problems:
            raise ConfigurationError(problems)
        with_plain_numbers(self)

    def _problems(self) -> Iterator[str]:
        for name in ("passed_count", "failed_count", "warning_count", "skipped_count", "execution_time_seconds"):
            yield from number(name, getattr(self, name), least=0)
        if self.row_count is not None:
            yield from number("row_count", self.row_count, least=0)
        for name in ("flow_id", "task_id", "namespace", "execution_id"):
            if getattr(self, name) is not None:
                yield from string(name, getattr(self, name), empty=True)
        moment: object = self.measured_at
        if moment is not None:
            yield from instance("measured_at", moment, dt.datetime, "a datetime")
        if isinstance(moment, dt.datetime) and moment.tzinfo is None:
            yield f"measured_at must have a time zone, not {moment.isoformat()}."

    @property
    def total_count(self) -> int:
        """The sum of passed, failed and warning counts."""
        return self.passed_count + self.failed_count + self.warning_count

    @property
    def failure_rate(self) -> float:
        """The share of failed in the total; 0 if the total is 0."""
        return self.failed_count / self.total_count if self.total_count else 0.0

    @property
    def pass_rate(self) -> float:
        """The share of passed in the total; 0 if the total is 0."""
        return self.passed_count / self.total_count if self.total_count else 0.0

    @classmethod
    def from_result(cls, result: RunCounts, **context: Any) -> SLAMetrics:
        """The metrics of a run.

        Args:
            result: The result of the check script, or anything with the same counts.
            **context: Further fields: flow_id, task_id, namespace, execution_id.

        Raises:
            ConfigurationError: The result has no counts.
        """
        missing = [name for name in _COUNTS if not hasattr(result, name)]
        if missing:
            raise ConfigurationError(
                f"The metrics of a run come from its result; a {type(result).__name__} has no {', '.join(missing)}."
            )
        return cls(
            passed_count=result.passed_count,
            failed_count=result.failed_count + result.error_count,
            warning_count=result.warning_count,
            skipped_count=result.skipped_count,
            execution_time_seconds=result.execution_time_seconds,
            row_count=result.row_count,
            **context,
        )


@known_arguments
@dataclass(frozen=True, kw_only=True)
class SLAViolation(Document):
    """A violation of one limit.

    Attributes:
        violation_type: The limit.
        message: A description of the violation.
        limit: The value of the limit.
        actual: The measured value.
        level: Severity of the violation.

    Raises:
        ConfigurationError: Values of other types; lists all of them.
    """

    _readers: ClassVar[Mapping[str, Callable[[Any], Any]]] = {"violation_type": SLAViolationType, "level": AlertLevel}

    violation_type: SLAViolationType
    message: str
    limit: float
    actual: float
    level: AlertLevel

    def __post_init__(self) -> None:
        problems = [
            *_member_problems("violation_type", self.violation_type, SLAViolationType),
            *string("message", self.message),
            *number("limit", self.limit),
            *number("actual", self.actual),
            *_member_problems("level", self.level, AlertLevel),
        ]
        if problems:
            raise ConfigurationError(problems)


def _member_problems(name: str, given: object, kind: type[Enum]) -> Iterator[str]:
    if not isinstance(given, kind):
        near = [member.name for member in kind if isinstance(given, str) and member.value == given]
        if near:
            yield f"{name} must be {kind.__name__}.{near[0]}, not {given!r}."
        else:
            yield from choice(name, given, [f"{kind.__name__}.{member.name}" for member in kind])


def _violations(stored: Any) -> tuple[SLAViolation, ...]:
    return tuple(SLAViolation.from_dict(item) for item in stored)


@known_arguments
@dataclass(frozen=True, kw_only=True)
class SLAResult(Document):
    """The result of an evaluation.

    Attributes:
        is_compliant: Whether all limits are met.
        violations: The violations, most severe first.
        metrics: The metrics that were evaluated.
        consecutive_failures: Consecutive failed runs, this one included; 0 if it did not fail or is not counted.
        evaluated_at: Time of the evaluation, in UTC.
        name: Name of the SLA, if any.

    Raises:
        ConfigurationError: Values of other types; lists all of them.
    """

    _readers: ClassVar[Mapping[str, Callable[[Any], Any]]] = {
        "violations": _violations,
        "metrics": SLAMetrics.from_dict,
    }

    is_compliant: bool
    violations: tuple[SLAViolation, ...]
    metrics: SLAMetrics
    consecutive_failures: int = 0
    evaluated_at: dt.datetime = field(default_factory=lambda: dt.datetime.now(dt.UTC))
    name: str | None = None

    def __post_init__(self) -> None:
        problems = [
            *flag("is_compliant", self.is_compliant),
            *whole("consecutive_failures", self.consecutive_failures),
            *(() if self.name is None else string("name", self.name)),
        ]
        given: object = self.violations
        if not isinstance(given, tuple) or not all(isinstance(item, SLAViolation) for item in given):
            problems.append(f"violations must be a tuple of SLAViolation, not {given!r}.")
        problems.extend(instance("metrics", self.metrics, SLAMetrics, "SLAMetrics"))
        problems.extend(instance("evaluated_at", self.evaluated_at, dt.datetime, "a datetime"))
        if problems:
            raise ConfigurationError(problems)

    def outputs(self) -> dict[str, Any]:
        """The evaluation as Kestra outputs, by name."""
        return {
            "sla_compliant": self.is_compliant,
            "sla_violations": list(self.violations),
            "sla_consecutive_failures": self.consecutive_failures,
        }

    @property
    def level(self) -> AlertLevel:
        """The highest level of the violations; info if there are none."""
        return max((violation.level for violation in self.violations), default=AlertLevel.INFO)
