"""The values of a metric over the runs, and where the next one is expected: shares and counts are not any numbers.

A share of failing rows has a sampling error of its own, which is known: of a rare fault most runs have none, and then
one has one, without any change. Its bounds contain the exact limits for the number of failing rows of the next run (see
`dq_core.profiling.prediction`), and the bounds of its values, since shares may also vary from run to run. A count that
never varied, or a small one, has at least the spread of Poisson's distribution; so has one that always changed alike.
"""

from __future__ import annotations

import dataclasses
import math
import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..profiling.prediction import least_events, least_failures, most_events, most_failures
from .bounds import FEWEST, Bounds, bounds_of

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Measured", "expected_range"]

#: Below this, counts are so few that they have no less spread than Poisson's.
_FEW = 30


@dataclass(frozen=True)
class Measured:
    """One value of a metric.

    Attributes:
        value: The share of failing rows, the count or the number.
        failed: The failing rows, for a share.
        considered: The rows that it is a share of; None for anything else.
        counts: Whether it counts rows or values.
    """

    value: float
    failed: int = 0
    considered: int | None = None
    counts: bool = False


def expected_range(
    earlier: Sequence[Measured], new: Measured, *, false_alarm_rate: float, method: str, lag: int = 0
) -> Bounds | None:
    """The bounds for a new value.

    Args:
        earlier: The values of the runs before, oldest first; with a lag, at least so many.
        new: The new one, for how many rows it is a share of.
        false_alarm_rate: The highest rate of false alarms.
        method: As for `bounds_of`.
        lag: 0 for bounds of the value; another number for bounds of its change from the value so many runs before.
    """
    values = [one.value for one in earlier]
    before = values[-lag] if lag else 0.0
    if lag:
        values = [late - early for early, late in zip(values, values[lag:], strict=False)]
    found = bounds_of(values, false_alarm_rate=false_alarm_rate, method=method)
    if len(values) < FEWEST or (found is None and method == "order"):
        return found
    exact = _exact(earlier, new, false_alarm_rate / 2, lag)
    if exact is not None:
        low, high = exact[0] - before, exact[1] - before
        found = found or Bounds(low, high, false_alarm_rate, "envelope", len(values))
        found = dataclasses.replace(found, low=min(found.low, low), high=max(found.high, high))
    if found is None or not (new.counts or new.considered):
        return found
    highest = 1.0 if new.considered else math.inf
    return dataclasses.replace(found, low=max(0.0 - before, found.low), high=min(highest - before, found.high))


def _exact(earlier: Sequence[Measured], new: Measured, error: float, lag: int) -> tuple[float, float] | None:
    """The limits that follow from counting alone; None where it is not known that the value counts anything."""
    if new.considered is not None:
        shares = [one for one in earlier if one.considered]
        failed, rows = sum(one.failed for one in shares), sum(one.considered or 0 for one in shares)
        most = most_failures(failed, rows, new.considered, error)
        # One row is never a change of a share.
        most = max(most, 1) if failed == 0 else most
        return least_failures(failed, rows, new.considered, error) / new.considered, most / new.considered
    if not new.counts:
        return None
    counts = [round(one.value) for one in earlier]
    events, samples = sum(counts), len(counts)
    varied = [late - early for early, late in zip(counts, counts[lag:], strict=False)] if lag else counts
    if len(set(varied)) > 1 and events >= _FEW * samples:
        return None
    if lag:
        # What is expected follows from one count, the one so many runs before, and from how much counts change.
        events, samples = max(0, counts[-lag] + round(statistics.median(varied))), 1
    return float(least_events(events, samples, error)), float(most_events(events, samples, error))
