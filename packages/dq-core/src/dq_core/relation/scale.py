"""Numbers as shares of what lies between the least and the greatest, so that squares lose no digits.

The squares of doubles are 0 or infinite beyond half of their exponents, and the digits that all numbers have in common
leave few for what tells them apart. The standard deviation of the shares, times the factor, is that of the numbers.
"""

from __future__ import annotations

import decimal
import fractions
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

    from .relation import Relation

__all__ = ["Scale", "scale_of"]

#: A range that is a smaller part of the numbers leaves the squares too few digits.
_CLOSE = fractions.Fraction(1, 10**6)
#: Between these the squares of doubles are doubles.
_LEAST, _GREATEST = 1e-140, 1e140
_LEAST_MIDDLE = 1e-6


@dataclass(frozen=True)
class Scale:
    """How numbers become shares.

    Attributes:
        origin: What is taken away from each number; None for nothing.
        factor: What a share of 1 stands for.
        range: The difference of the greatest and the least.
    """

    origin: Any
    factor: float
    range: fractions.Fraction

    def of(self, number: ColumnElement[Any], relation: Relation, column: str) -> ColumnElement[Any]:
        """The shares of a column's numbers, which are at most 1 and at least -1: doubles.

        Args:
            number: The numbers.
            relation: What the column belongs to.
            column: The column.
        """
        if self.origin is not None:
            number = relation.dialect.difference(number, self.origin, relation.columns[column])
        return relation.dialect.double(number) / sa.literal(self.factor, sa.Double())

    @property
    def keeps_squares(self) -> bool:
        """Whether the squares of the numbers themselves keep enough digits, too."""
        close = self.origin is not None and 0 < self.range < abs(fractions.Fraction(self.origin)) * _CLOSE
        return not close and (self.range == 0 or _LEAST < self.factor < _GREATEST)

    def middle(self, mean: Any) -> float:
        """A share that is near that of the mean, and so far from 0 that no square of a distance is below a double."""
        if not isinstance(mean, int | float | decimal.Decimal) or not math.isfinite(mean):
            return 0.5
        distance = fractions.Fraction(mean) - fractions.Fraction(self.origin or 0)
        share = float(distance / fractions.Fraction(self.factor))
        return max(-1.0, min(1.0, share)) if abs(share) > _LEAST_MIDDLE else 0.5

    def deviation(self, count: int, total: float, squares: float) -> float:
        """The sample standard deviation of numbers, from the distances of their shares to any one share.

        The corrected two-pass algorithm (Chan, Golub and LeVeque, The American Statistician 37, 1983).

        Args:
            count: How many numbers; at least two.
            total: The sum of the distances.
            squares: The sum of their squares.
        """
        variance = (float(squares) - float(total) ** 2 / count) / (count - 1)
        return math.sqrt(max(variance, 0.0)) * self.factor


def scale_of(least: Any, greatest: Any) -> Scale | None:
    """The scale of numbers between two of them; None where there is none, or one of them is not finite."""
    try:
        if not all(isinstance(one, int | float | decimal.Decimal) and math.isfinite(one) for one in (least, greatest)):
            return None
    except OverflowError:  # an integer beyond all floats
        return None
    low, high = fractions.Fraction(least), fractions.Fraction(greatest)
    if low < 0 < high:
        # No digits that both have in common, and a difference that might be beyond their type.
        return Scale(None, float(max(-low, high)), high - low)
    return Scale(least, float(high - low) or 1.0, high - low)
