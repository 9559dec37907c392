"""``in_range``: values are between two bounds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from ...relation.type_family import NUMBERS
from .. import options
from ..base import ColumnCheck, expectation
from ..registry import register

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import ColumnElement

    from ...relation.relation import Relation


@register("in_range", "range", "between")
@dataclass(frozen=True, kw_only=True)
class InRange(ColumnCheck):
    """Every value is between min and max: numbers, dates, strings. NaN is out of range.

    Args:
        min: The least value allowed.
        max: The greatest value allowed.
        strict_min: Whether min itself is not allowed.
        strict_max: Whether max itself is not allowed.
    """

    min: Any = None
    max: Any = None
    strict_min: bool = False
    strict_max: bool = False

    def problems(self) -> Iterator[str]:
        """What is wrong with the options."""
        yield from super().problems()
        yield from options.bounds(
            self.label, self.min, self.max, strict_min=self.strict_min, strict_max=self.strict_max
        )

    def misfits(self, relation: Relation) -> Iterator[str]:
        """Bounds that cannot be compared with the column."""
        for name, bound in (("min", self.min), ("max", self.max)):
            if bound is not None:
                yield from options.misfit(self.label, name, relation.columns[self.column], bound)

    def violates(self, relation: Relation) -> ColumnElement[bool]:
        """The value is below min or above max, or NaN, or of a type that cannot be compared with them."""
        column = relation.columns[self.column]
        wanted = relation.family_for(self.column, self.max if self.min is None else self.min)
        value, other = relation.of_family(self.column, wanted)
        family = column.family
        if column.untyped is not None:
            family = "float" if wanted in NUMBERS and column.untyped.number == "DOUBLE" else wanted
        value = relation.dialect.ordered(value, family)
        conditions = [] if other is None else [other]
        if self.min is not None:
            low, strict = relation.bound(self.column, self.min, strict=self.strict_min, up=True)
            conditions.append(value <= low if strict else value < low)
        if self.max is not None:
            high, strict = relation.bound(self.column, self.max, strict=self.strict_max, up=False)
            conditions.append(value >= high if strict else value > high)
        if (nan := relation.dialect.is_nan(value, family)) is not None:
            # NaN is greater than everything in comparisons, but the statistics of Parquet files leave it out.
            conditions.append(nan)
        return sa.or_(*conditions)

    def sentence(self) -> str:
        """What is wrong with a failing row."""
        return f"are out of range: expected {expectation(self)}"
