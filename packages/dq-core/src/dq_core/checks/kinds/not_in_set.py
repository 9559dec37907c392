"""``not_in_set``: values are not among those of a list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..base import ValuesCheck
from ..registry import register

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

    from ...relation.relation import Relation


@register("not_in_set")
@dataclass(frozen=True, kw_only=True)
class NotInSet(ValuesCheck):
    """No value is in the list."""

    def violates(self, relation: Relation) -> ColumnElement[bool]:
        """The value is in the list."""
        return relation.is_among(self.column, self.values)

    def sentence(self) -> str:
        """What is wrong with a failing row."""
        return f"are in {self.listed}, which is forbidden"
