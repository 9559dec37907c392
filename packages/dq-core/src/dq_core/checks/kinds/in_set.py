"""``in_set``: values are among those of a list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from ..base import ValuesCheck
from ..registry import register

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

    from ...relation.relation import Relation


@register("in_set")
@dataclass(frozen=True, kw_only=True)
class InSet(ValuesCheck):
    """Every value is in the list; an empty list allows nothing."""

    def violates(self, relation: Relation) -> ColumnElement[bool]:
        """The value is not in the list."""
        among: Any = relation.is_among(self.column, self.values)
        return sa.and_(relation[self.column].is_not(None), sa.not_(among))

    def sentence(self) -> str:
        """What is wrong with a failing row."""
        return f"are not in {self.listed}"
