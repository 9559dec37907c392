"""``completeness``: enough values of a column are not NULL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..base import NullCheck
from ..registry import register

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

    from ...relation.relation import Relation


@register("completeness")
@dataclass(frozen=True, kw_only=True)
class Completeness(NullCheck):
    """The share of rows that are not NULL reaches the threshold."""

    def violates(self, relation: Relation) -> ColumnElement[bool]:
        """The value is NULL."""
        return relation[self.column].is_(None)

    def sentence(self) -> str:
        """What is wrong with a failing row."""
        return "are incomplete"
