"""``length``: the lengths of strings are between two bounds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from .. import options
from ..base import ColumnCheck, expectation
from ..registry import register

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import ColumnElement

    from ...relation.relation import Relation


@register("length")
@dataclass(frozen=True, kw_only=True)
class Length(ColumnCheck):
    """The number of characters of every value is between min and max.

    Args:
        min: The least number of characters.
        max: The greatest number of characters.
    """

    compares = False

    families = frozenset({"text"})

    min: int | None = None
    max: int | None = None

    def problems(self) -> Iterator[str]:
        """What is wrong with the options."""
        yield from super().problems()
        yield from options.count_bounds(self.label, self.min, self.max)

    def violates(self, relation: Relation) -> ColumnElement[bool]:
        """The string is too short or too long."""
        text, no_text = relation.of_family(self.column, "text")
        length = relation.dialect.length(text)
        conditions = [] if no_text is None else [no_text]
        if self.min is not None:
            conditions.append(length < self.min)
        if self.max is not None:
            conditions.append(length > self.max)
        return sa.or_(*conditions)

    def sentence(self) -> str:
        """What is wrong with a failing row."""
        return f"have another length: expected {expectation(self)}"
