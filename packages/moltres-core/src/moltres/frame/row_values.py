"""Rows in conditions, ``tuple_(col("a"), col("b")).in_([(1, 2), …])``: each value is compared with its own column.

SQLAlchemy gives the values of a place the type of the first, and drivers send the others as they come: a moment as a
string in another form than the column's, 2^53 + 1 as a double where one of the rows has a fraction.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import BindParameter, Boolean, and_, true
from sqlalchemy.sql import operators
from sqlalchemy.sql.elements import BinaryExpression, Grouping, Tuple
from sqlalchemy.sql.visitors import iterate, replacement_traverse

from ..types.logical import logical_type

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement

__all__ = ["with_rows_apart"]

_PLAIN = {int: "integer", str: "text"}
"""Values that each database compares with columns of a type as they are."""


def with_rows_apart(expression: Any) -> Any:
    """An expression in which lists of such rows are conditions on their columns, unless all values are plain.

    Args:
        expression: An expression on the columns of tables.
    """
    if not any(map(_is_list_of_rows, iterate(expression))):
        return expression
    return replacement_traverse(expression, {}, lambda element, **_: _apart(element))


def _is_list_of_rows(element: Any) -> bool:
    return (
        isinstance(element, BinaryExpression)
        and element.operator in {operators.in_op, operators.not_in_op}
        and isinstance(_inner(element.left), Tuple)
        and isinstance(element.right, BindParameter)
        and element.right.expanding
    )


def _inner(side: Any) -> Any:
    return _inner(side.element) if isinstance(side, Grouping) else side


def _apart(element: Any) -> Any:
    if not _is_list_of_rows(element):
        return None
    columns, rows = list(_inner(element.left).clauses), list(element.right.value or ())
    if any(len(row) != len(columns) for row in rows):
        return None  # the database says so
    places = zip(columns, zip(*rows, strict=True), strict=True) if rows else ()
    if all(_are_plain(column, values) for column, values in places):
        return None
    found = Grouping(_any_of([and_(true(), *map(_equal, columns, row)) for row in rows]))
    return found if element.operator is operators.in_op else ~found


def _are_plain(column: Any, values: Sequence[Any]) -> bool:
    kinds = set(map(type, values))
    return len(kinds) == 1 and _PLAIN.get(kinds.pop()) == logical_type(column.type).name


def _equal(column: Any, value: Any) -> ColumnElement[bool]:
    """As `column == value`, which would be IS NULL for None: in a list of rows nothing is equal to it."""
    type_ = column.type.coerce_compared_value(operators.eq, value)
    return BinaryExpression(column, BindParameter(None, value, type_=type_, unique=True), operators.eq)


def _any_of(conditions: Sequence[ColumnElement[bool]]) -> ColumnElement[bool]:
    """Any of them, by halves: SQLite nests each operand of an OR in the one before it, to a depth of 1,000."""
    if len(conditions) == 1:
        return conditions[0]
    half = len(conditions) // 2
    left, right = (Grouping(_any_of(part)) for part in (conditions[:half], conditions[half:]))
    return BinaryExpression(left, right, operators.or_, type_=Boolean())
