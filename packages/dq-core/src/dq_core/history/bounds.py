"""Bounds for the next value of a series, with the rate at which a value of an unchanged process is outside of them.

Two ways, each with its assumption:

- *Order statistics* assume only that the next value is exchangeable with those before (the process has not changed;
  any distribution). Of ``n`` values in order, the next one is below the ``r``-th smallest with probability at most
  ``r / (n + 1)``, and above the ``r``-th largest likewise, so that ``2 r / (n + 1)`` is the rate of false alarms: exact
  for continuous values, smaller with ties (S. S. Wilks, "Determination of sample sizes for setting tolerance limits",
  Annals of Mathematical Statistics 12, 1941; G. J. Hahn and W. Q. Meeker, "Statistical Intervals", 1991, section 5).
  A rate below ``2 / (n + 1)`` cannot be reached this way from ``n`` values.
- The *normal* prediction interval assumes independent normal values with unknown mean and variance, and then has
  exactly the rate that was asked for, however few values there are:
  ``mean ± t(1 - rate / 2; n - 1) · s · √(1 + 1 / n)`` (Hahn and Meeker, section 4).

- The *envelope* is what ``"auto"`` takes until there are enough values for order statistics: the widest of the normal
  interval, the extremes with twice as much room as they are apart (less from 20 values on), and, for values that are
  not negative, the same of their logarithms with half as much room. It keeps the rate for normal and log-normal values
  and for what is between them: exponential, gamma, Weibull, Poisson, negative binomial. With heavier tails (Student's t
  of 3 degrees of freedom, Pareto) it keeps 1 % from about 20 values on; from five values the rate is up to four times
  as high. ``method="order"`` gives no bounds until it can keep its rate for any distribution.
  ``benchmarks/drift_bounds.py`` measures the rates.

What never varied says nothing about how much it may vary, and gets no bounds before order statistics can give them.

All rates are those of the whole procedure: over all histories that the process might have had, not given this one.

The idea to derive a pipeline's checks from its own history under a bound on false alarms is that of Tu and others,
"Auto-Validate by History", KDD 2023.
"""

from __future__ import annotations

import functools
import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .._shared.arguments import is_fraction, is_number
from .._shared.wording import question, repr_of
from ..errors import RuleError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["FEWEST", "METHODS", "Bounds", "bounds_of", "wrong_arguments"]

#: Fewer values than this do not show how much a series varies.
FEWEST = 5
#: The greatest logarithm of a float.
_GREATEST = 709.0
METHODS = ("auto", "order", "normal")


@dataclass(frozen=True)
class Bounds:
    """The expected range of the next value of a series.

    Attributes:
        low: The smallest value that raises no alarm.
        high: The greatest one.
        false_alarm_rate: The probability, at most, that a value of the unchanged process is outside.
        method: ``"order"``, ``"normal"`` or ``"envelope"``; see the module for what each assumes.
        observations: How many values they were derived from.
    """

    low: float
    high: float
    false_alarm_rate: float
    method: str
    observations: int

    def __contains__(self, value: float) -> bool:
        """Whether the value raises no alarm; NaN always does."""
        return self.low <= value <= self.high


def bounds_of(values: Sequence[float], *, false_alarm_rate: float = 0.01, method: str = "auto") -> Bounds | None:
    """The bounds for the next value of a series.

    Args:
        values: The values so far, of an unchanged process; their order does not matter.
        false_alarm_rate: The highest rate of false alarms, between 0 and 1.
        method: ``"order"`` (no assumption about the distribution, needs ``2 / false_alarm_rate - 1`` values),
            ``"normal"``, or ``"auto"``: order as soon as there are enough values, the envelope until then.

    Returns:
        The bounds; None if there are not enough values yet, or if they never varied.

    Raises:
        RuleError: An argument is out of its range.
    """
    problems = [*wrong_arguments(false_alarm_rate, method)]
    given: object = values
    if not isinstance(given, Sequence) or not all(map(is_number, values)):
        problems.append("The values must be a sequence of finite numbers.")
    if problems:
        raise RuleError(problems)
    if len(values) < FEWEST:
        return None
    ordered = _by_order(sorted(values), false_alarm_rate) if method != "normal" else None
    if ordered is not None or method == "order" or min(values) == max(values):
        return ordered
    return _by_normal(values, false_alarm_rate) if method == "normal" else _by_envelope(values, false_alarm_rate)


def wrong_arguments(false_alarm_rate: Any, method: object) -> Iterator[str]:
    """Every argument of `bounds_of` that is out of its range."""
    if not is_fraction(false_alarm_rate) or not 0 < false_alarm_rate < 1:
        yield f"false_alarm_rate must be between 0 and 1, not {repr_of(false_alarm_rate)}."
    if not isinstance(method, str) or method not in METHODS:
        yield f"method must be one of {', '.join(METHODS)}, not {repr_of(method)}.{question(method, METHODS)}"


def _by_order(ordered: Sequence[float], rate: float) -> Bounds | None:
    count = len(ordered)
    # The tolerance is for rates such as 2 / 41 that binary fractions do not represent exactly.
    rank = math.floor(rate * (count + 1) / 2 + 1e-9)
    if rank == 0:
        return None
    return Bounds(ordered[rank - 1], ordered[count - rank], 2 * rank / (count + 1), "order", count)


def _by_normal(values: Sequence[float], rate: float) -> Bounds:
    count, mean = len(values), statistics.fmean(values)
    reach = _t_two_sided(rate, count - 1) * statistics.stdev(values) * math.sqrt(1 + 1 / count)
    return Bounds(mean - reach, mean + reach, rate, "normal", count)


def _by_envelope(values: Sequence[float], rate: float) -> Bounds:
    # The extremes of few values say little about how far the next one may be beyond them.
    room = min(2.0, 40 / len(values))
    low, high = _widest(values, rate, room)
    if min(values) >= 0:
        # Half of the smallest value keeps zeros apart from it, as 0.5 does for counts.
        shift = min(value for value in values if value > 0) / 2 if min(values) == 0 else 0.0
        lowest, highest = _widest([math.log(value + shift) for value in values], rate, room / 2)
        low, high = min(low, math.exp(lowest) - shift), max(high, math.exp(min(highest, _GREATEST)) - shift)
    return Bounds(low, high, rate, "envelope", len(values))


def _widest(values: Sequence[float], rate: float, room: float) -> tuple[float, float]:
    """The normal interval or the extremes with room beyond them, whichever is wider."""
    normal, least, greatest = _by_normal(values, rate), min(values), max(values)
    apart = room * (greatest - least)
    return min(normal.low, least - apart), max(normal.high, greatest + apart)


@functools.lru_cache(maxsize=1024)
def _t_two_sided(rate: float, freedom: int) -> float:
    """The value that Student's t exceeds in size with this probability, by bisection on its angle."""
    low, high = 0.0, math.pi / 2
    for _ in range(200):
        middle = (low + high) / 2
        if _t_within(middle, freedom) < 1 - rate:
            low = middle
        else:
            high = middle
    return math.sqrt(freedom) * math.tan(low)


def _t_within(angle: float, freedom: int) -> float:
    """``P(|T| <= sqrt(freedom) tan(angle))`` (Abramowitz and Stegun, 26.7.3 and 26.7.4)."""
    sine, cosine = math.sin(angle), math.cos(angle)
    even = freedom % 2 == 0
    term = 1.0 if even else cosine
    total = term if freedom > 1 else 0.0
    for step in range(2 if even else 3, freedom - 1, 2):
        term *= cosine * cosine * (step - 1) / step
        total += term
    return sine * total if even else (angle + sine * total) * 2 / math.pi
