"""``not_null``: a column has no NULL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..base import NullCheck
from ..registry import register

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

    from ...relation.relation import Relation


@register("not_null")
@dataclass(frozen=True, kw_only=True)
class NotNull(NullCheck):
    """No value of the column is NULL."""

    def violates(self, relation: Relation) -> ColumnElement[bool]:
        """The value is NULL."""
        return relation[self.column].is_(None)

    def sentence(self) -> str:
        """What is wrong with a failing row."""
        return "are NULL"
