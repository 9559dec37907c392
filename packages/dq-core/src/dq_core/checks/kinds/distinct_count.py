"""``distinct_count``: the number of distinct values of a column is between two bounds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..._shared.wording import plural
from .. import options
from ..base import ColumnMetricCheck, Outcome, expectation, outside
from ..registry import register

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ...relation.relation import Relation
    from ...relation.selection import FollowUp


@register("distinct_count")
@dataclass(frozen=True, kw_only=True)
class DistinctCount(ColumnMetricCheck):
    """The number of distinct values (without NULL) is between min and max.

    Args:
        min: The least number of values.
        max: The greatest number of values.
    """

    min: int | None = None
    max: int | None = None

    def problems(self) -> Iterator[str]:
        """What is wrong with the options."""
        yield from super().problems()
        yield from options.count_bounds(self.label, self.min, self.max)

    def follow_up(self, relation: Relation, measured: Mapping[str, Any]) -> FollowUp:
        """The number of distinct values."""
        del measured
        return relation.dialect.distinct(relation, self.column, self.where)

    def outcome(self, relation: Relation, measured: Mapping[str, Any]) -> Outcome:
        """Passed if the number is within the bounds."""
        del relation
        found = int(measured["value"])
        message = f"{plural(found, 'distinct value')}; expected {expectation(self)}."
        return Outcome(not outside(found, self.min, self.max), message, None, int(measured["considered_rows"]), found)
