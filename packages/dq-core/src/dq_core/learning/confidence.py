"""The confidence of a learned rule.

Confidence is the one-sided lower 95 % limit of Clopper and Pearson ("The use of confidence or fiducial limits
illustrated in the case of the binomial", Biometrika 26, 1934) for the share of rows that obey the rule, by rows that
the rule was not learned from: whatever the true share is, the limit is above it in at most 5 % of the cases. With no
exception among ``n`` rows it is ``0.05 ** (1 / n)``: 14 rows give 0.81, 100 give 0.97, 1000 give 0.997.
"""

from __future__ import annotations

import math

__all__ = ["ALPHA", "lower_limit", "unique_limit"]

#: The share of cases in which the limit may be above the true share.
ALPHA = 0.05


def lower_limit(rows: int, exceptions: int, alpha: float = ALPHA) -> float:
    """The lower limit for the share of rows that obey a rule.

    Args:
        rows: Rows that the rule was tried on and not learned from.
        exceptions: Those that break it.
        alpha: How often the limit may be above the true share.

    Returns:
        A share from 0 to 1: the ``alpha`` quantile of the Beta distribution with parameters ``rows - exceptions`` and
        ``exceptions + 1``; 0 without rows.
    """
    successes = rows - exceptions
    if successes <= 0:
        return 0.0
    if exceptions == 0:
        return float(alpha ** (1 / rows))
    low, high = 0.0, successes / rows
    for _ in range(60):
        middle = (low + high) / 2
        if _beta_distribution(middle, successes, exceptions + 1) < alpha:
            low = middle
        else:
            high = middle
    return low


def unique_limit(rows: int, alpha: float = ALPHA) -> float:
    """The lower limit for the share of new rows whose value none of the known rows has, when no two of them share one.

    Exceptions to uniqueness come in pairs: n rows without one rule out, at this level, that two random rows agree with
    more than probability ``-2 ln(alpha) / n**2``; a new row meets n others, which leaves ``-2 ln(alpha) / n``. That is
    the limit of half as many rows.
    """
    return lower_limit(rows // 2, 0, alpha)


def _beta_distribution(x: float, a: float, b: float) -> float:
    """The distribution function of the Beta distribution, by its continued fraction (DLMF 8.17.22)."""
    if x > (a + 1) / (a + b + 2):
        return 1 - _beta_distribution(1 - x, b, a)
    front = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    return math.exp(front) / a / _continued_fraction(x, a, b)


def _continued_fraction(x: float, a: float, b: float) -> float:
    """1 + d1/(1 + d2/(1 + ...)), forwards by the method of Lentz."""
    tiny = 1e-300
    value, c, d = 1.0, 1.0, 0.0
    for step in range(1, 100_000):
        m = step // 2
        if step % 2:
            term = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        else:
            term = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        d = 1 / (1 + term * d or tiny)
        c = 1 + term / c or tiny
        value *= c * d
        if abs(c * d - 1) < 1e-14:
            break
    return value
