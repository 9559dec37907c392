"""Moments that functions and windows compare: in one form, where a database keeps them as text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnClause, Label, SelectBase
from sqlalchemy.sql import operators
from sqlalchemy.sql.elements import ClauseList, ExpressionClauseList, Grouping, Over, UnaryExpression, WithinGroup
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.visitors import cloned_traverse, iterate

from ..dialects.sqlite.same_moments import comparable, is_moment

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

    from ..dialects import Capabilities

__all__ = ["columns_in_one_form", "in_one_form", "within_functions"]

_MODIFIERS = frozenset(
    {operators.desc_op, operators.asc_op, operators.nulls_first_op, operators.nulls_last_op, operators.distinct_op}
)


def in_one_form(element: ColumnElement[Any], capabilities: Capabilities) -> ColumnElement[Any]:
    """An expression by which rows are sorted, grouped or compared, and a label as what it labels.

    Args:
        element: The expression.
        capabilities: What the database can do.
    """
    if capabilities.enforces_types:
        return element
    found = comparable(element)
    return found.element if isinstance(found, Label) and found is not element else found


def columns_in_one_form(columns: list[ColumnElement[Any]], capabilities: Capabilities) -> list[ColumnElement[Any]]:
    """The columns of a SELECT whose rows are compared with each other, by the same names.

    Args:
        columns: The columns.
        capabilities: What the database can do.
    """
    if capabilities.enforces_types:
        return columns
    pairs = [(comparable(one), one) for one in columns]
    return [new if new is old or isinstance(new, Label) else new.label(old.key) for new, old in pairs]


def within_functions(expression: Any) -> Any:
    """An expression whose functions, such as `max`, and windows are given moments in one form.

    Args:
        expression: An expression on the columns of tables.
    """
    if not any(map(_compares, iterate(expression))):
        return expression
    queries = [part for part in iterate(expression) if isinstance(part, SelectBase)]

    def function(made: Any) -> None:
        inner = made.clause_expr.element
        if made.name != "count" or any(isinstance(one, UnaryExpression) for one in inner.clauses):
            inner.clauses = [_key(one) for one in inner.clauses]

    def over(made: Any) -> None:
        for name in ("partition_by", "order_by"):
            if getattr(made, name) is not None:
                setattr(made, name, _key(getattr(made, name)))

    def within_group(made: Any) -> None:
        made.order_by = _key(made.order_by)

    visitors = {"function": function, "over": over, "withingroup": within_group}
    return cloned_traverse(expression, {"stop_on": queries}, visitors)


def _compares(element: Any) -> bool:
    if not isinstance(element, FunctionElement | Over | WithinGroup):
        return False
    return any(isinstance(part, ColumnClause) and is_moment(part) for part in iterate(element))


def _key(element: Any) -> Any:
    """A key of an order, or an argument, with its moments in one form."""
    if isinstance(element, UnaryExpression) and (element.modifier in _MODIFIERS or element.operator in _MODIFIERS):
        made: Any = element._clone()  # noqa: SLF001 - as SQLAlchemy's own traversals copy an expression
        made.element = _key(element.element)
        return made
    if isinstance(element, Grouping) and isinstance(element.element, ClauseList | ExpressionClauseList):
        return Grouping(_key(element.element))
    if isinstance(element, ClauseList | ExpressionClauseList):
        made = element._clone()  # noqa: SLF001 - as above
        made.clauses = [_key(one) for one in element.clauses]
        return made
    return comparable(element)
