"""``row_count``: the number of rows is between two bounds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..._shared.wording import plural
from .. import options
from ..base import Aggregate, MetricCheck, Outcome, expectation, outside, rows_where
from ..registry import register

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ...relation.relation import Relation


@register("row_count")
@dataclass(frozen=True, kw_only=True)
class RowCount(MetricCheck):
    """The number of rows is between min and max.

    Args:
        min: The least number of rows.
        max: The greatest number of rows.
    """

    compares = False

    min: int | None = None
    max: int | None = None

    def problems(self) -> Iterator[str]:
        """What is wrong with the options."""
        yield from options.count_bounds(self.label, self.min, self.max)

    def aggregates(self, relation: Relation) -> dict[str, Aggregate]:
        """The number of rows."""
        del relation
        return {"rows": rows_where(self.where)}

    def outcome(self, relation: Relation, measured: Mapping[str, Any]) -> Outcome:
        """Passed if the number is within the bounds."""
        del relation
        rows = int(measured["rows"])
        passed = not outside(rows, self.min, self.max)
        return Outcome(passed, f"{plural(rows, 'row')}; expected {expectation(self)}.", None, rows, rows)
