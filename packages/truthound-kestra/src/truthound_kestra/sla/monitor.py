"""The evaluation of a run against an SLA."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dq_core.adapters import instance, plural, string
from truthound_kestra.errors import ConfigurationError
from truthound_kestra.keywords import known_arguments
from truthound_kestra.sla.config import SLAConfig
from truthound_kestra.sla.errors import SLAViolationError
from truthound_kestra.sla.hooks import hooks_of
from truthound_kestra.sla.metrics import SLAMetrics, SLAResult, SLAViolation, SLAViolationType
from truthound_kestra.sla.store import SQLStateStore, StateStore

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from truthound_kestra.sla.hooks import SLAHook

__all__ = ["SLAMonitor"]


@known_arguments
@dataclass(frozen=True)
class SLAMonitor:
    """Evaluates runs against an SLA, counts consecutive failures, and calls hooks.

    Args:
        config: The limits.
        hooks: Called after each evaluation, in order; a single hook is taken as well.
        name: Name of the SLA, which distinguishes two SLAs of the same task.
        store: Stores failed runs across executions; by default in a table of an embedded database.

    Raises:
        ConfigurationError: Values of other types; lists all of them.
    """

    config: SLAConfig = field(default_factory=SLAConfig)
    hooks: Sequence[SLAHook] = ()
    name: str | None = None
    store: StateStore = field(default_factory=SQLStateStore)

    def __post_init__(self) -> None:
        problems = [] if self.name is None else list(string("name", self.name))
        problems.extend(instance("config", self.config, SLAConfig, "an SLAConfig"))
        if not callable(getattr(self.store, "record", None)):
            problems.append(f"store must be a StateStore, such as SQLStateStore(), not {self.store!r}.")
        if problems:
            raise ConfigurationError(problems)
        object.__setattr__(self, "hooks", hooks_of(self.hooks))

    def evaluate(self, metrics: SLAMetrics, *, raise_on_violation: bool = False) -> SLAResult:
        """Evaluate a run.

        Args:
            metrics: Metrics of the run. With an ``execution_id``, an execution counts once, however often it is
                retried; without one, every evaluation is a run of its own.
            raise_on_violation: Whether to raise if a limit is violated, after the hooks were called.

        Returns:
            The result.

        Raises:
            SLAViolationError: A limit is violated, and ``raise_on_violation`` is set.
            ConfigurationError: They are no metrics.
        """
        problems = list(instance("metrics", metrics, SLAMetrics, "SLAMetrics"))
        if problems:
            raise ConfigurationError(
                problems,
                suggestion="Make them of the result of a script: SLAMetrics.from_result(result).",
            )
        now = metrics.measured_at or dt.datetime.now(dt.UTC)
        if not self.config.enabled:
            return SLAResult(is_compliant=True, violations=(), metrics=metrics, evaluated_at=now, name=self.name)
        violations = list(self._violations(metrics))
        consecutive = 0
        limit = self.config.max_consecutive_failures
        if limit is not None:
            failed = bool(violations) or (not self._limits_rates and metrics.failed_count > 0)
            run = metrics.execution_id or uuid.uuid4().hex
            consecutive = self.store.record(self._key(metrics), run, failed=failed)
            if consecutive >= limit:
                kind = SLAViolationType.CONSECUTIVE_FAILURES
                message = f"{consecutive} consecutive failed runs; the limit is {limit}"
                violations.append(_violation(kind, message, limit, consecutive))
        violations.sort(key=lambda violation: -violation.level.rank)
        result = SLAResult(
            is_compliant=not violations,
            violations=tuple(violations),
            metrics=metrics,
            consecutive_failures=consecutive,
            evaluated_at=now,
            name=self.name,
        )
        for hook in self.hooks:
            (hook.on_pass if result.is_compliant else hook.on_violation)(result)
        if violations and raise_on_violation:
            raise SLAViolationError(result)
        return result

    @property
    def _limits_rates(self) -> bool:
        return self.config.max_failure_rate is not None or self.config.min_pass_rate is not None

    def _key(self, metrics: SLAMetrics) -> str:
        parts = (metrics.namespace, metrics.flow_id, metrics.task_id, self.name)
        return "/".join("" if part is None else part.replace("/", "//") for part in parts)

    def _violations(self, metrics: SLAMetrics) -> Iterator[SLAViolation]:
        config = self.config
        if config.max_failure_rate is not None and metrics.failure_rate > config.max_failure_rate:
            message = f"{metrics.failure_rate:.2%} failed; the maximum is {config.max_failure_rate:.2%}"
            kind = SLAViolationType.FAILURE_RATE_EXCEEDED
            yield _violation(kind, message, config.max_failure_rate, metrics.failure_rate)
        if config.min_pass_rate is not None and metrics.pass_rate < config.min_pass_rate:
            message = f"{metrics.pass_rate:.2%} passed; the minimum is {config.min_pass_rate:.2%}"
            kind = SLAViolationType.PASS_RATE_BELOW_MINIMUM
            yield _violation(kind, message, config.min_pass_rate, metrics.pass_rate)
        seconds = config.max_execution_time_seconds
        if seconds is not None and metrics.execution_time_seconds > seconds:
            message = f"the run took {metrics.execution_time_seconds:g} s; the maximum is {seconds:g} s"
            kind = SLAViolationType.EXECUTION_TIME_EXCEEDED
            yield _violation(kind, message, seconds, metrics.execution_time_seconds)
        if config.min_row_count is not None and (metrics.row_count or 0) < config.min_row_count:
            message = f"{plural(metrics.row_count or 0, 'row')}; the minimum is {config.min_row_count:,}"
            kind = SLAViolationType.ROW_COUNT_BELOW_MINIMUM
            yield _violation(kind, message, config.min_row_count, metrics.row_count or 0)


def _violation(kind: SLAViolationType, message: str, limit: float, actual: float) -> SLAViolation:
    return SLAViolation(violation_type=kind, message=message, limit=limit, actual=actual, level=kind.level)
