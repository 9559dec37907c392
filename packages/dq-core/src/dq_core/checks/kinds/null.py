"""``null``: all values of a column are NULL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..base import NullCheck
from ..registry import register

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

    from ...relation.relation import Relation


@register("null")
@dataclass(frozen=True, kw_only=True)
class Null(NullCheck):
    """Every value of the column is NULL."""

    null_fails = False

    def violates(self, relation: Relation) -> ColumnElement[bool]:
        """The value is not NULL."""
        return relation[self.column].is_not(None)

    def sentence(self) -> str:
        """What is wrong with a failing row."""
        return "are not NULL"
