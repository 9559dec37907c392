"""What one sample says about the next one of the same process: limits for the number of rows that fail.

The process is not known; only that the rows of both samples are exchangeable. Of ``rows`` rows ``failed`` fail. Given
how many fail in both samples together, each way to deal them out is as likely as any other, so that the hypergeometric
distribution says how often so many of them, or more, are in the next sample. A limit that is exceeded with probability
``error`` at most for every total is passed with that probability at most whatever the share is (A. R. Thatcher,
"Relationships between Bayesian and confidence limits for predictions", Journal of the Royal Statistical Society B 26,
1964; the test is that of R. A. Fisher, "Statistical Methods for Research Workers", section 21.02).

The same numbers hold for values beyond order statistics: the next values outside of the ``r``-th smallest and the
``r``-th greatest of ``n`` continuous ones are as many as failures after ``2 r - 1`` of ``n`` (S. S. Wilks, "Statistical
prediction with special reference to the problem of tolerance limits", Annals of Mathematical Statistics 13, 1942), and
fewer with ties.
"""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "least_events", "least_failures", "most_events", "most_failures", "most_unknown", "none_again", "passing_share",
    "tail",
]  # fmt: skip


def most_failures(failed: int, rows: int, further: int, error: float) -> int:
    """The greatest number of failing rows in the next sample that is no surprise.

    Args:
        failed: Rows that fail in the sample at hand.
        rows: Its rows.
        further: The rows of the next sample.
        error: The probability, at most, that more rows than this fail in the next sample although both are alike;
            between 0 and 1.

    Returns:
        A number from 0 to ``further``; ``further`` itself says that no number is a surprise.
    """
    # What is expected is no surprise.
    low, high = failed * further // rows if error < 0.25 else 0, further
    while low < high:
        middle = (low + high) // 2
        if tail(middle + 1, failed, rows, further) <= error:
            high = middle
        else:
            low = middle + 1
    return low


def least_failures(failed: int, rows: int, further: int, error: float) -> int:
    """The smallest number of failing rows in the next sample that is no surprise; see `most_failures`."""
    low, high = 0, min(failed * further // rows, further)
    while low < high:
        middle = (low + high) // 2
        # The same deal, seen from the other side: that so many or more fall into the sample at hand.
        if tail(failed, middle, further, rows) > error:
            high = middle
        else:
            low = middle + 1
    return low


def most_unknown(met: Sequence[int], rows: int, further: int, error: float) -> int:
    """The greatest number of rows of the next sample with a value that this one has not, which is no surprise.

    Let ``t`` be ``further / rows``. As many rows are expected as ``t`` times the values that were met once (I. J. Good,
    "The population frequencies of species and the estimation of population parameters", Biometrika 40, 1953). A value
    brings all its rows or none: for values that come as Poisson's events do, the variance of the difference between
    both numbers is the expectation of ``t (1 + t)`` for each value that was met once and ``2 t^2`` for each that was
    met twice. Rows that fail one by one, of which ``r`` fail here, have the variance ``t (1 + t) r``: the limit is that
    for the ``r`` of the same variance, moved by the difference of what is expected. The third moment of the batches,
    ``6 t^2`` for each value met twice and ``6 t^3`` for each met three times, moves the limit by a quarter of the term
    of Cornish and Fisher; the rest is within the limit for ``r``, as simulation shows.

    Args:
        met: How many values one row of the sample at hand has, how many two rows have, and how many three.
        rows: The rows of the sample at hand.
        further: The rows of the next sample.
        error: The probability, about, that more rows than this have an unknown value although both are alike.
    """
    once, twice, thrice = met
    t = further / rows
    more = 2 * t / (1 + t) * twice
    variance = t * (1 + t) * once + 2 * t * t * twice
    z = NormalDist().inv_cdf(1 - min(error, 0.5))
    skewed = max(0.0, z * z - 1) / 4 * t * t * (twice + t * thrice) / max(variance, t * (1 + t))
    limit = most_failures(min(rows, once + math.ceil(more)), rows, further, error)
    return min(further, max(0, limit - math.floor(t * more)) + round(skewed))


def most_events(events: int, samples: int, error: float) -> int:
    """The greatest count in the next sample that is no surprise if counts are Poisson's.

    Given how many events there are in all samples, each falls into the next one with the same chance (J. Przyborowski
    and H. Wilenski, "Homogeneity of results in testing samples from Poisson series", Biometrika 31, 1940).

    Args:
        events: The events of all samples at hand.
        samples: How many samples these are.
        error: The probability, at most, that the next sample has more, below 1/2.
    """
    low = events // samples
    step = 1
    while _upper(low + step, events, samples) > error:
        low, step = low + step, 2 * step
    high = low + step
    while low < high - 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _upper(middle, events, samples) > error else (low, middle)
    return low


def least_events(events: int, samples: int, error: float) -> int:
    """The smallest count in the next sample that is no surprise if counts are Poisson's; see `most_events`."""
    low, high = 0, events // samples
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if _lower(middle, events, samples) > error else (middle + 1, high)
    return low


def _upper(more: int, events: int, samples: int) -> float:
    """The probability that so many or more of all events fall into the next sample, each with 1/(samples + 1)."""
    total = events + more
    term = math.exp(_choose(total, more) + events * math.log(samples) - total * math.log(samples + 1))
    found = term
    for there in range(more + 1, total + 1):
        term *= (total - there + 1) / there / samples
        found += term
        if term < found * 1e-12:
            break
    return min(1.0, found)


def _lower(fewer: int, events: int, samples: int) -> float:
    """The probability that so many or fewer fall into the next sample."""
    total = events + fewer
    term = math.exp(_choose(total, fewer) + events * math.log(samples) - total * math.log(samples + 1))
    found = term
    for there in range(fewer, 0, -1):
        term *= there / (total - there + 1) * samples
        found += term
        if term < found * 1e-12:
            break
    return min(1.0, found)


def tail(more: int, failed: int, rows: int, further: int) -> float:
    """The probability that of ``failed + more`` failing rows at least ``more`` fall into the next sample.

    Args:
        more: Failing rows of the next sample.
        failed: Those of the sample at hand.
        rows: Rows of the sample at hand.
        further: Rows of the next sample.
    """
    if more > further:
        return 0.0
    total = failed + more
    log = _choose(further, more) + _choose(rows, failed) - _choose(rows + further, total)
    term = math.exp(log)
    found = term
    # One failing row after the other moves from the sample at hand to the next one.
    for here in range(failed, 0, -1):
        there = total - here
        term *= (further - there) / (there + 1) * here / (rows - here + 1)
        found += term
        if term < found * 1e-12 or there >= further:
            break
    return min(1.0, found)


def none_again(ratio: float) -> float:
    """The probability, at least, that no row fails in this sample and the next one, or that one does in this sample.

    A share of failing rows of which this sample has none with probability ``Q`` lets the next one, of ``ratio`` times
    as many rows, have some with probability ``1 - Q ** ratio``. The worst share makes ``Q (1 - Q ** ratio)`` greatest:
    a quarter for samples of one size.
    """
    return float(1 - (1 + ratio) ** (-1 / ratio) * ratio / (1 + ratio))


def passing_share(failures: int, rows: int) -> float:
    """The share of rows that must pass if so many may fail, as the shortest decimal number that lets them.

    With as many digits as ``rows`` has, one failure more is too many.
    """
    digits = len(str(rows))
    scale: int = 10**digits
    return (rows - failures) * scale // rows / scale


def _choose(n: int, k: int) -> float:
    """The logarithm of the binomial coefficient."""
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
