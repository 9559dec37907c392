"""Comparing what a run measured with what was promised."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from truthound_kestra.sla.config import SLAConfig
from truthound_kestra.sla.errors import SLAViolationError
from truthound_kestra.sla.metrics import SLAMetrics, SLAResult, SLAViolation, SLAViolationType
from truthound_kestra.sla.store import SQLStateStore, StateStore

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from truthound_kestra.sla.hooks import SLAHook

__all__ = ["SLAMonitor"]


@dataclass(frozen=True)
class SLAMonitor:
    """Evaluates runs against an SLA, remembers failures in a row, and calls hooks.

    Args:
        config: What must hold.
        hooks: Called after each evaluation, in order.
        name: Of the SLA: tells two SLAs of one task apart.
        store: Remembers failed runs across executions; by default a table in an embedded database.
    """

    config: SLAConfig = field(default_factory=SLAConfig)
    hooks: Sequence[SLAHook] = ()
    name: str | None = None
    store: StateStore = field(default_factory=SQLStateStore)

    def evaluate(self, metrics: SLAMetrics, *, raise_on_violation: bool = False) -> SLAResult:
        """Compare a run with the SLA.

        Args:
            metrics: What the run measured. With an ``execution_id`` the same execution counts once, however often it
                is retried; without, every evaluation is a run of its own.
            raise_on_violation: Raise instead of returning a result that is not compliant, after the hooks were called.

        Returns:
            The result.

        Raises:
            SLAViolationError: A limit is broken, and ``raise_on_violation``.
        """
        now = metrics.measured_at or dt.datetime.now(dt.UTC)
        if not self.config.enabled:
            return SLAResult(is_compliant=True, violations=(), metrics=metrics, evaluated_at=now, name=self.name)
        violations = list(self._violations(metrics))
        in_a_row = 0
        limit = self.config.max_consecutive_failures
        if limit is not None:
            failed = bool(violations) or (not self._limits_rates and metrics.failed_count > 0)
            run = metrics.execution_id or uuid.uuid4().hex
            in_a_row = self.store.record(self._key(metrics), run, failed=failed)
            if in_a_row >= limit:
                kind = SLAViolationType.CONSECUTIVE_FAILURES
                message = f"{in_a_row} failed runs in a row (limit {limit})"
                violations.append(_violation(kind, message, limit, in_a_row))
        violations.sort(key=lambda violation: -violation.level.rank)
        result = SLAResult(
            is_compliant=not violations,
            violations=tuple(violations),
            metrics=metrics,
            consecutive_failures=in_a_row,
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
            message = f"{metrics.failure_rate:.2%} failed, at most {config.max_failure_rate:.2%} may"
            kind = SLAViolationType.FAILURE_RATE_EXCEEDED
            yield _violation(kind, message, config.max_failure_rate, metrics.failure_rate)
        if config.min_pass_rate is not None and metrics.pass_rate < config.min_pass_rate:
            message = f"{metrics.pass_rate:.2%} passed, at least {config.min_pass_rate:.2%} must"
            kind = SLAViolationType.PASS_RATE_BELOW_MINIMUM
            yield _violation(kind, message, config.min_pass_rate, metrics.pass_rate)
        seconds = config.max_execution_time_seconds
        if seconds is not None and metrics.execution_time_seconds > seconds:
            message = f"the run took {metrics.execution_time_seconds:g} s, at most {seconds:g} s are allowed"
            kind = SLAViolationType.EXECUTION_TIME_EXCEEDED
            yield _violation(kind, message, seconds, metrics.execution_time_seconds)
        if config.min_row_count is not None and (metrics.row_count or 0) < config.min_row_count:
            message = f"{metrics.row_count or 0} rows, at least {config.min_row_count} are expected"
            kind = SLAViolationType.ROW_COUNT_BELOW_MINIMUM
            yield _violation(kind, message, config.min_row_count, metrics.row_count or 0)


def _violation(kind: SLAViolationType, message: str, limit: float, actual: float) -> SLAViolation:
    return SLAViolation(violation_type=kind, message=message, limit=limit, actual=actual, level=kind.level)
