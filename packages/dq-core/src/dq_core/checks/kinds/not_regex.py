"""``not_regex``: a pattern is found in no value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..._shared.wording import repr_of
from ..base import PatternCheck
from ..registry import register

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

    from ...relation.relation import Relation


@register("not_regex")
@dataclass(frozen=True, kw_only=True)
class NotRegex(PatternCheck):
    """The pattern is found in no value; the same in every database."""

    def violates(self, relation: Relation) -> ColumnElement[bool]:
        """The pattern is found."""
        text, _ = relation.of_family(self.column, "text")
        return relation.dialect.matches(text, self.compiled)

    def sentence(self) -> str:
        """What is wrong with a failing row."""
        return f"match {repr_of(self.pattern)}"
