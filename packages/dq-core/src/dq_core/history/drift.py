"""Comparing a new report with the history of its suite."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .._shared.json_values import non_finite
from ..checks.names import numbered
from ..report.jsonable import plain
from ..report.report import CheckResult, Report
from .series import Measured

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .bounds import Bounds

__all__ = ["COUNTS", "TOTAL_ROWS", "Drift", "measured_of", "metrics_of", "with_drift"]

#: The one metric that every report has.
TOTAL_ROWS = "total_rows"
#: What a statistic that is not finite is in a report.
_NOT_FINITE = tuple(map(non_finite, (math.inf, -math.inf, math.nan)))


@dataclass(frozen=True)
class Drift:
    """One metric of a report and its expected range.

    Attributes:
        metric: ``"total_rows"`` or the name of a check.
        value: The metric's value in this report: rows, the share of failing rows, or what the check observed; with a
            ``lag``, the difference from the value ``lag`` runs earlier.
        bounds: The expected range; None if the history is too short, or the value never varied, so that no bounds
            keep the rate yet.
        observations: How many earlier values there are.
    """

    metric: str
    value: float
    bounds: Bounds | None
    observations: int

    @property
    def drifted(self) -> bool:
        """Whether the value is outside of its bounds."""
        return self.bounds is not None and self.value not in self.bounds

    @property
    def message(self) -> str:
        """One sentence for readers."""
        now = f"{self.metric} is {self.value:g}"
        if self.bounds is None:
            return f"{now}; {self.observations} earlier values are too few or too alike for bounds that keep the rate."
        place = "outside of" if self.drifted else "within"
        return (
            f"{now}, {place} {self.bounds.low:g} to {self.bounds.high:g} "
            f"(from {self.observations} earlier values; at most {self.bounds.false_alarm_rate:.3%} false alarms)."
        )


#: Checks that observe a number of rows or values.
COUNTS = frozenset({"row_count", "distinct_count"})


def measured_of(result: CheckResult | None, value: float) -> Measured:
    """A metric's value with what it counts; ``total_rows`` has no result."""
    if result is None:
        return Measured(value, counts=True)
    if result.failed_rows is not None and result.considered_rows:
        return Measured(value, result.failed_rows, result.considered_rows)
    return Measured(value, counts=result.type in COUNTS)


def metrics_of(report: Report) -> Iterator[tuple[str, CheckResult | None, float | None]]:
    """The metrics of a report: name, result, value.

    A check of rows has the share of its failing rows, None where it considers none; another one the number that it
    observed, which may be infinite or NaN. A value that is not a number, or that could not be evaluated, is None.
    Checks of the same name are numbered: ``#2``, ``#3``.
    """
    yield TOTAL_ROWS, None, float(report.total_rows)
    _, *names = numbered([TOTAL_ROWS, *(result.check_name for result in report.results)])
    for name, result in zip(names, report.results, strict=True):
        yield name, result, _value(result)


def _value(result: CheckResult) -> float | None:
    if result.failed_rows is not None and result.considered_rows is not None:
        return result.failed_rows / result.considered_rows if result.considered_rows else None
    if result.observed in _NOT_FINITE:
        return float(result.observed)
    if isinstance(result.observed, int | float) and not isinstance(result.observed, bool):
        return float(result.observed)
    return None


def with_drift(report: Report, drifts: tuple[Drift, ...], severity: str) -> Report:
    """The report with one more result for each metric, of type ``drift``."""
    return dataclasses.replace(report, results=(*report.results, *(_result(drift, severity) for drift in drifts)))


def _result(drift: Drift, severity: str) -> CheckResult:
    status = "skipped" if drift.bounds is None else "failed" if drift.drifted else "passed"
    return CheckResult(
        check_name=f"drift_{drift.metric}",
        type="drift",
        column=None,
        severity=severity,
        status=status,
        passed=status == "passed",
        message=drift.message,
        observed=plain(drift.value),
        details={} if drift.bounds is None else dataclasses.asdict(drift.bounds),
    )
