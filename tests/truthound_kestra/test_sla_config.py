"""What an SLA may promise."""

from __future__ import annotations

from typing import Any

import pytest

from truthound_kestra.sla import (
    DEFAULT_SLA_CONFIG,
    LENIENT_SLA_CONFIG,
    PRODUCTION_SLA_CONFIG,
    STRICT_SLA_CONFIG,
    AlertLevel,
    SLAConfig,
    SLAMetrics,
    SLAViolationType,
)
from truthound_kestra.utils.exceptions import ConfigurationError, DataQualityError


def test_the_presets() -> None:
    limits = {
        name: (config.min_pass_rate, config.max_failure_rate, config.max_consecutive_failures)
        for name, config in {
            "default": DEFAULT_SLA_CONFIG,
            "strict": STRICT_SLA_CONFIG,
            "lenient": LENIENT_SLA_CONFIG,
            "production": PRODUCTION_SLA_CONFIG,
        }.items()
    }
    assert limits == {
        "default": (None, None, 3),
        "strict": (0.99, 0.01, 1),
        "lenient": (0.9, 0.1, 5),
        "production": (0.95, 0.05, 3),
    }


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("max_failure_rate", -0.1),
        ("max_failure_rate", 1.1),
        ("min_pass_rate", 95),
        ("min_pass_rate", float("nan")),
        ("min_pass_rate", True),
        ("max_execution_time_seconds", 0),
        ("min_row_count", -1),
        ("min_row_count", 1.5),
        ("max_consecutive_failures", 0),
    ],
)
def test_what_is_out_of_range(option: str, value: Any) -> None:
    with pytest.raises(ConfigurationError, match=option) as caught:
        SLAConfig(**{option: value})
    assert isinstance(caught.value, ValueError)
    assert isinstance(caught.value, DataQualityError)


def test_all_problems_at_once() -> None:
    with pytest.raises(ConfigurationError) as caught:
        SLAConfig(max_failure_rate=2, min_pass_rate=-1, min_row_count=-1)
    assert len(caught.value.problems) == 3


def test_changes_are_checked_too() -> None:
    assert PRODUCTION_SLA_CONFIG.with_changes(min_row_count=10).min_row_count == 10
    with pytest.raises(ConfigurationError):
        PRODUCTION_SLA_CONFIG.with_changes(min_pass_rate=2)


def test_levels_compare() -> None:
    assert AlertLevel.INFO < AlertLevel.WARNING < AlertLevel.ERROR < AlertLevel.CRITICAL
    assert AlertLevel.ERROR >= AlertLevel.ERROR
    assert max(kind.level for kind in SLAViolationType) is AlertLevel.CRITICAL
    assert sorted([AlertLevel.ERROR, AlertLevel.INFO]) == [AlertLevel.INFO, AlertLevel.ERROR]


def test_rates() -> None:
    metrics = SLAMetrics(passed_count=6, failed_count=3, warning_count=1, skipped_count=5)
    assert (metrics.total_count, metrics.pass_rate, metrics.failure_rate) == (10, 0.6, 0.3)


def test_of_nothing_nothing_passed() -> None:
    assert SLAMetrics().pass_rate == 0
    assert SLAMetrics().failure_rate == 0


def test_negative_metrics_are_refused() -> None:
    with pytest.raises(ConfigurationError) as caught:
        SLAMetrics(passed_count=-1, execution_time_seconds=-2)
    assert len(caught.value.problems) == 2
