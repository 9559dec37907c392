"""How far beyond the values of a sample those of the next one reach.

Order statistics alone say nothing about it: the greatest value of the next sample is the greater one in half of the
cases. What is assumed in addition is that the tail goes on as it does within the sample: the excesses over a high
threshold follow a generalised Pareto distribution (J. Pickands, "Statistical inference using extreme order statistics",
Annals of Statistics 3, 1975), which the tails of all common distributions approach. Its shape comes from the L-moments
of the greatest values (J. R. M. Hosking and J. R. Wallis, "Parameter and quantile estimation for the generalized Pareto
distribution", Technometrics 29, 1987), plus two of its standard errors, and at least -0.2: a reach that is too short
costs more than one that is too long. ``benchmarks/learned_suites.py`` and the tests measure how often it is too short.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["FEWEST", "MOST", "looked_at", "piles_up", "reach"]

#: The most values of a tail that are looked at, and the fewest that tell anything.
MOST = 200
FEWEST = 8
_ERRORS = 2.0
_HEAVIEST = 0.9
_SHORTEST = -0.2


def looked_at(count: int) -> int:
    """How many of the greatest values say how the tail of so many values goes on."""
    return min(MOST, round(3 * math.sqrt(count)), count // 3)


def piles_up(greatest: Sequence[float]) -> bool:
    """Whether all values beyond the threshold are one and the same: a scale, a flag, what was cut off."""
    return greatest[0] == greatest[-2]


def reach(greatest: Sequence[float], error: float, ratio: float = 1.0) -> float | None:
    """A bound that the next sample passes with about the probability ``error`` at most.

    Args:
        greatest: The greatest values of the sample, in descending order; the last one is the threshold of the others.
        error: How often the greatest value of the next sample may lie beyond the bound.
        ratio: How many times as many rows as this sample the next one has.

    Returns:
        The bound, not below the greatest value; None if the values are too few, or the tail so heavy that the bound is
        none.
    """
    count = len(greatest) - 1
    if count < FEWEST:
        return None
    top, threshold = greatest[0], greatest[-1]
    if piles_up(greatest):
        return top
    excesses = sorted(value - threshold for value in greatest[:-1])
    mean = math.fsum(excesses) / count
    spread = math.fsum((2 * place - count + 1) * one for place, one in enumerate(excesses)) / (count * (count - 1))
    fitted = min(2 - mean / spread, _HEAVIEST)
    # Tails that end within reach may have stragglers: airports end at the coast, and go on on islands.
    shape = max(_SHORTEST, fitted + _ERRORS * max(0.4, 1 + abs(fitted)) / math.sqrt(count))
    times = count * ratio / error
    try:
        beyond = mean * (1 - fitted) * ((times**shape - 1) / shape if abs(shape) > 1e-9 else math.log(times))
    except OverflowError:
        return None
    return max(top, threshold + beyond) if math.isfinite(beyond) else None
