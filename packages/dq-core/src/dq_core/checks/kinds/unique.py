"""``unique``: no value, or combination of values, occurs in two rows."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from .. import options
from ..base import Aggregate, Check, Outcome, count_where, share_outcome
from ..registry import register

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sqlalchemy import ColumnElement

    from ...relation.relation import Relation
    from ...relation.selection import FollowUp


@register("unique")
@dataclass(frozen=True, kw_only=True)
class Unique(Check):
    """No value (or combination) is repeated; all rows of a repeated one fail. Rows with all keys NULL are left out.

    Args:
        column: The column.
        columns: The columns of a composite key, instead of column.
    """

    windowed = True

    column: str | None = None
    columns: tuple[str, ...] | None = None

    def problems(self) -> Iterator[str]:
        """What is wrong with the options."""
        object.__setattr__(self, "columns", options.frozen(self.columns))
        yield from options.column_or_columns(self.label, self.column, self.columns)

    @property
    def targets(self) -> tuple[str, ...]:
        """The key columns."""
        return options.targets(self.column, self.columns)

    def _considered(self, relation: Relation) -> list[ColumnElement[bool]]:
        known = sa.or_(*(relation[key].is_not(None) for key in self.targets))
        return relation.among([known], self.where)

    def failing(self, relation: Relation) -> ColumnElement[bool]:
        """The row's key occurs in another considered row as well."""
        conditions = self._considered(relation)
        keys = [part for key in self.targets for part in relation.groups(key)]
        return sa.and_(*conditions, count_where(*conditions).over(partition_by=keys) > 1)

    def aggregates(self, relation: Relation) -> dict[str, Aggregate]:
        """The considered rows, and what the dialect requires for counting."""
        considered = (("any", *self.targets, self.where), count_where(*self._considered(relation)))
        return {"considered_rows": considered, **relation.dialect.key_bounds(relation, self.targets, self.where)}

    def follow_up(self, relation: Relation, measured: Mapping[str, Any]) -> FollowUp | None:
        """The rows with repeated keys, in the way that is fastest in the database."""
        if measured["considered_rows"] < 2 or "failed_rows" in measured:
            return None
        return relation.dialect.repeated(relation, self.targets, self.where, measured)

    def outcome(self, relation: Relation, measured: Mapping[str, Any]) -> Outcome:
        """Passed if the share of rows with a unique key reaches the threshold."""
        del relation
        considered, failed = int(measured["considered_rows"]), int(measured.get("failed_rows", 0))
        outcome = share_outcome(self, considered, failed, "have the same key as another row")
        return dataclasses.replace(outcome, narrow=measured.get("narrow"))
