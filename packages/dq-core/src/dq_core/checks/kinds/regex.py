"""``regex``: a pattern is found in every value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ..._shared.wording import repr_of
from ..base import PatternCheck
from ..registry import register

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

    from ...relation.relation import Relation


@register("regex")
@dataclass(frozen=True, kw_only=True)
class Regex(PatternCheck):
    """The pattern is found somewhere in every value (search, not full match); the same in every database."""

    def violates(self, relation: Relation) -> ColumnElement[bool]:
        """The pattern is not found."""
        text, no_text = relation.of_family(self.column, "text")
        missing = sa.not_(relation.dialect.matches(text, self.compiled))
        return missing if no_text is None else sa.or_(no_text, missing)

    def sentence(self) -> str:
        """What is wrong with a failing row."""
        return f"do not match {repr_of(self.pattern)}"
