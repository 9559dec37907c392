"""The keys of an order: NULL is last, in the order of rows and in that of a window, whatever the database would do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import BindParameter, ColumnElement, SelectBase, case
from sqlalchemy.sql import operators
from sqlalchemy.sql.elements import ClauseList, FrameClauseType, Label, Over, TypeCoerce, UnaryExpression
from sqlalchemy.sql.visitors import cloned_traverse, iterate

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..dialects import Capabilities

__all__ = ["SortKey", "windows_with_nulls_last"]

_MODIFIERS: dict[Any, dict[str, Any]] = {
    operators.desc_op: {"descending": True},
    operators.asc_op: {"descending": False},
    operators.nulls_first_op: {"nulls": "first"},
    operators.nulls_last_op: {"nulls": "last"},
}


class SortKey(NamedTuple):
    """One key of an ORDER BY."""

    element: ColumnElement[Any]
    descending: bool = False
    nulls: str = "last"

    def without_modifiers(self) -> SortKey:
        """The key of ``col("age").desc()`` and the like: what they say of a column is that of the key."""
        key = self
        while isinstance(key.element, UnaryExpression) and key.element.modifier in _MODIFIERS:
            key = key._replace(element=key.element.element, **_MODIFIERS[key.element.modifier])
        return key

    def clauses(self, *, nulls_first: bool) -> Iterable[ColumnElement[Any]]:
        """The key in SQL.

        Args:
            nulls_first: Whether the database has NULLS FIRST; otherwise a second clause takes its place.

        Returns:
            The clauses; none for a constant, which sorts nothing, and which databases take for the number of a column.
        """
        value = self.element
        while isinstance(value, Label | TypeCoerce):
            value = value.element if isinstance(value, Label) else value.typed_expression
        if isinstance(value, BindParameter):
            return ()
        key = self.element.desc() if self.descending else self.element.asc()
        if not nulls_first:
            is_null = case((self.element.is_(None), 1), else_=0)
            return (is_null.desc() if self.nulls == "first" else is_null.asc(), key)
        return (key.nulls_first() if self.nulls == "first" else key.nulls_last(),)


def windows_with_nulls_last(expression: Any, capabilities: Capabilities) -> Any:
    """An expression whose windows are ordered as rows are: NULL last, unless the key says `nulls_first`.

    By themselves SQLite and MariaDB put NULL first, and PostgreSQL where the order is descending.

    Args:
        expression: An expression on the columns of tables.
        capabilities: What the database can do.
    """
    if not any(isinstance(part, Over) and part.order_by is not None for part in iterate(expression)):
        return expression
    queries = [part for part in iterate(expression) if isinstance(part, SelectBase)]

    def over(made: Any) -> None:
        if made.order_by is None or (_has_distances(made) and not capabilities.nulls_first):
            return  # a frame of distances takes one key, and has no NULL but among NULL
        keys = [SortKey(key).without_modifiers() for key in made.order_by.clauses]
        clauses = [clause for key in keys for clause in key.clauses(nulls_first=capabilities.nulls_first)]
        made.order_by = ClauseList(*clauses) if clauses else None

    return cloned_traverse(expression, {"stop_on": queries}, {"over": over})


def _has_distances(window: Any) -> bool:
    """Whether both ends of a window's frame are given, and one by a distance from the value of its row."""
    frame = window.range_
    if frame is None:
        return False
    ends = {frame.lower_type, frame.upper_type}
    return FrameClauseType.UNBOUNDED not in ends and ends != {FrameClauseType.CURRENT}
