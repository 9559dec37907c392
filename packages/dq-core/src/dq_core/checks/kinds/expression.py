"""``expression``: a boolean SQL expression holds for every row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import sqlalchemy as sa

from ...relation.selection import fragment
from .. import options
from ..base import Aggregate, RowCheck, count_where
from ..registry import register

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sqlalchemy import ColumnElement

    from ...relation.relation import Relation


@register("expression")
@dataclass(frozen=True, kw_only=True)
class Expression(RowCheck):
    """A boolean SQL expression is true for every row; rows for which it is NULL are not considered.

    Args:
        sql: A boolean SQL expression over the columns, in the database's own SQL.
    """

    compares = False
    aliases: ClassVar[Mapping[str, str]] = {"expression": "sql"}

    sql: str

    def problems(self) -> Iterator[str]:
        """What is wrong with the options."""
        yield from options.sql_problems(self.label, "sql", self.sql)

    def violates(self, relation: Relation) -> ColumnElement[bool]:
        """The expression is false."""
        del relation
        return sa.not_(fragment(self.sql))

    def considered(self, relation: Relation) -> Aggregate:
        """The rows for which the expression is true or false."""
        known = fragment(self.sql).is_not(None)
        return ("expression", self.sql, self.where), count_where(*relation.among([known], self.where))

    def sentence(self) -> str:
        """What is wrong with a failing row."""
        return f"do not satisfy {self.sql}"
