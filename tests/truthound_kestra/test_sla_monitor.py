"""Comparing runs with what was promised."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING

import pytest

from truthound_kestra.sla import (
    AlertLevel,
    CallbackSLAHook,
    SLAConfig,
    SLAMetrics,
    SLAMonitor,
    SLAResult,
    SLAViolationType,
    SQLStateStore,
)
from truthound_kestra.utils.exceptions import ConfigurationError, DataQualityError, SLAViolationError

if TYPE_CHECKING:
    from pathlib import Path

GOOD = SLAMetrics(passed_count=10, execution_time_seconds=1.0, row_count=100)


def evaluate(config: SLAConfig, metrics: SLAMetrics) -> list[str]:
    return [violation.violation_type.value for violation in SLAMonitor(config).evaluate(metrics).violations]


@pytest.mark.parametrize(
    ("config", "metrics", "expected"),
    [
        (SLAConfig(max_failure_rate=0.05), SLAMetrics(passed_count=95, failed_count=5), []),
        (SLAConfig(max_failure_rate=0.05), SLAMetrics(passed_count=94, failed_count=6), ["failure_rate_exceeded"]),
        (SLAConfig(min_pass_rate=0.95), SLAMetrics(passed_count=950, failed_count=50), []),
        (SLAConfig(min_pass_rate=0.95), SLAMetrics(passed_count=949, failed_count=51), ["pass_rate_below_minimum"]),
        (SLAConfig(min_pass_rate=0.5), SLAMetrics(), ["pass_rate_below_minimum"]),
        (SLAConfig(min_pass_rate=0.9), SLAMetrics(passed_count=8, warning_count=2), ["pass_rate_below_minimum"]),
        (SLAConfig(max_failure_rate=0.0), SLAMetrics(passed_count=8, warning_count=2), []),
        (SLAConfig(max_execution_time_seconds=10), SLAMetrics(execution_time_seconds=10), []),
        (
            SLAConfig(max_execution_time_seconds=10),
            SLAMetrics(execution_time_seconds=10.1),
            ["execution_time_exceeded"],
        ),
        (SLAConfig(min_row_count=10), SLAMetrics(row_count=10), []),
        (SLAConfig(min_row_count=10), SLAMetrics(row_count=9), ["row_count_below_minimum"]),
        (SLAConfig(min_row_count=10), SLAMetrics(), ["row_count_below_minimum"]),
        (SLAConfig(enabled=False, min_row_count=10), SLAMetrics(), []),
    ],
)
def test_each_limit(config: SLAConfig, metrics: SLAMetrics, expected: list[str]) -> None:
    assert evaluate(config, metrics) == expected


def test_the_worst_comes_first() -> None:
    config = SLAConfig(max_execution_time_seconds=1, min_row_count=10, max_consecutive_failures=1)
    result = SLAMonitor(config).evaluate(SLAMetrics(execution_time_seconds=2, row_count=1))
    assert [violation.level for violation in result.violations] == [
        AlertLevel.CRITICAL,
        AlertLevel.ERROR,
        AlertLevel.WARNING,
    ]
    assert result.level is AlertLevel.CRITICAL


def bad(execution: str | None = None, *, task: str = "check") -> SLAMetrics:
    return SLAMetrics(passed_count=1, failed_count=1, flow_id="users", task_id=task, execution_id=execution)


def test_failures_in_a_row_are_counted_across_monitors() -> None:
    config = SLAConfig(max_consecutive_failures=3)
    results = [SLAMonitor(config).evaluate(bad(f"e{n}")) for n in range(4)]
    assert [result.consecutive_failures for result in results] == [1, 2, 3, 4]
    assert [result.is_compliant for result in results] == [True, True, False, False]
    assert results[2].violations[0].violation_type is SLAViolationType.CONSECUTIVE_FAILURES


def test_a_good_run_ends_the_row() -> None:
    monitor = SLAMonitor(SLAConfig())
    counts = [
        monitor.evaluate(metrics).consecutive_failures
        for metrics in (bad("e1"), bad("e2"), SLAMetrics(passed_count=1, flow_id="users", task_id="check"), bad("e3"))
    ]
    assert counts == [1, 2, 0, 1]


def test_a_retry_of_an_execution_counts_once() -> None:
    monitor = SLAMonitor(SLAConfig())
    assert [monitor.evaluate(bad(name)).consecutive_failures for name in ("e1", "e1", "e1", "e2")] == [1, 1, 1, 2]


def test_a_retry_that_succeeds_takes_the_failure_back() -> None:
    monitor = SLAMonitor(SLAConfig())
    monitor.evaluate(bad("e1"))
    monitor.evaluate(bad("e2"))
    good = SLAMetrics(passed_count=1, flow_id="users", task_id="check", execution_id="e2")
    assert monitor.evaluate(good).consecutive_failures == 0
    assert monitor.evaluate(bad("e3")).consecutive_failures == 1


def test_tasks_flows_and_names_are_counted_apart() -> None:
    assert SLAMonitor(SLAConfig()).evaluate(bad("e1")).consecutive_failures == 1
    assert SLAMonitor(SLAConfig()).evaluate(bad("e2", task="other")).consecutive_failures == 1
    assert SLAMonitor(SLAConfig(), name="b").evaluate(bad("e3")).consecutive_failures == 1
    assert SLAMonitor(SLAConfig()).evaluate(bad("e4")).consecutive_failures == 2


def test_with_rates_only_broken_limits_make_a_run_fail() -> None:
    monitor = SLAMonitor(SLAConfig(min_pass_rate=0.4))
    assert monitor.evaluate(bad()).consecutive_failures == 0


def test_the_state_is_kept_in_a_database_of_choice(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'sla.sqlite'}"
    for expected in (1, 2):
        store = SQLStateStore(url)
        assert SLAMonitor(SLAConfig(), store=store).evaluate(bad()).consecutive_failures == expected
        store.close()
    assert url not in repr(store)


def test_one_hook_is_one() -> None:
    seen: list[SLAResult] = []
    monitor = SLAMonitor(SLAConfig(min_pass_rate=0.9), hooks=CallbackSLAHook(on_violation=seen.append))  # type: ignore[arg-type]
    assert monitor.evaluate(SLAMetrics(failed_count=1)).violations
    assert len(seen) == 1
    with pytest.raises(ConfigurationError, match="hook"):
        SLAMonitor(SLAConfig(min_pass_rate=0.9), hooks=3)  # type: ignore[arg-type]


def test_a_violation_is_raised_on_request_after_the_hooks() -> None:
    seen: list[SLAResult] = []
    monitor = SLAMonitor(SLAConfig(min_row_count=10), [CallbackSLAHook(on_violation=seen.append)], name="rows")
    with pytest.raises(SLAViolationError, match="SLA rows is violated: 0 rows; the minimum is 10") as caught:
        monitor.evaluate(SLAMetrics(), raise_on_violation=True)
    assert isinstance(caught.value, DataQualityError)
    assert seen == [caught.value.result]
    copy = pickle.loads(pickle.dumps(caught.value))
    assert copy.violations == caught.value.violations
    assert copy.result == caught.value.result


def test_a_disabled_sla_is_silent() -> None:
    seen: list[SLAResult] = []
    hook = CallbackSLAHook(on_pass=seen.append, on_violation=seen.append)
    assert SLAMonitor(SLAConfig(enabled=False, min_row_count=1), [hook]).evaluate(SLAMetrics()).is_compliant
    assert seen == []
