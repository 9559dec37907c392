"""Decimals that are put into one column: with all of their digits, or the database refuses them.

DuckDB gives such a column the digits before the point of the one and those behind it of the other, at most 38 in all,
and rounds where they do not suffice: 1.555 beside a DECIMAL(38, 2) is 1.56. With as many digits behind the point in
each of them nothing is rounded, and what has too many before it is an error.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sqlalchemy import BindParameter, Case, Double, Label, Null, Numeric, SelectBase, select
from sqlalchemy.sql import operators
from sqlalchemy.sql.elements import BinaryExpression, Grouping
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.selectable import SelectStatementGrouping
from sqlalchemy.sql.visitors import cloned_traverse, iterate

from ..dialects.sql.converted import Converted
from ..dialects.sql.passing import given_by, name_of
from ..dialects.sql.scales import scale_of
from ..types.logical import logical_type

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement
    from sqlalchemy.types import TypeEngine

    from ..dialects import Capabilities

__all__ = ["columns_of_whole_digits", "with_whole_digits"]

_OF_THE_FIRST = frozenset({"lag", "lead"})
"""Functions whose values are all made ones of the first argument's type."""


def with_whole_digits(expression: Any, capabilities: Capabilities) -> Any:
    """An expression that rounds none of the decimals of which it gives one, or which it looks up in a subquery.

    Args:
        expression: An expression on the columns of tables.
        capabilities: What the database can do.
    """
    most = capabilities.most_decimal_digits
    if most is None or not any(_wanted(part, most) is not None for part in iterate(expression)):
        return expression
    queries = [part for part in iterate(expression) if isinstance(part, SelectBase)]

    def change(made: Any) -> None:
        wanted = _wanted(made, most)
        if wanted is None:
            return
        if isinstance(made, BinaryExpression):
            made.left, made.right = _as(made.left, wanted), select(_as(_looked_in(made), wanted)).scalar_subquery()
            return
        made.type = wanted
        if isinstance(made, Case):
            made.whens = [(test, _as(result, wanted)) for test, result in made.whens]
            made.else_ = None if made.else_ is None else _as(made.else_, wanted)
            return
        given = {id(one) for one in given_by(made, enforces_types=True)}
        inner = made.clause_expr.element
        inner.clauses = [_as(one, wanted) if id(one) in given else one for one in inner.clauses]

    return cloned_traverse(expression, {"stop_on": queries}, dict.fromkeys(("binary", "case", "function"), change))


def columns_of_whole_digits(
    columns: list[ColumnElement[Any]], others: list[ColumnElement[Any]], capabilities: Capabilities
) -> list[ColumnElement[Any]]:
    """The columns of a SELECT of which none is rounded for those of another SELECT in its place.

    Args:
        columns: The columns.
        others: Those of the other one, in the same order.
        capabilities: What the database can do.
    """
    most = capabilities.most_decimal_digits
    if most is None:
        return columns
    wanted = [_common([one, other], most) for one, other in zip(columns, others, strict=True)]
    plain = [one.element if isinstance(one, Label) else one for one in columns]
    made = [one if type_ is None else _as(one, type_) for one, type_ in zip(plain, wanted, strict=True)]
    return [
        column if new is old else new.label(str(column.key))
        for column, old, new in zip(columns, plain, made, strict=True)
    ]


def _wanted(element: Any, most: int) -> TypeEngine[Any] | None:
    """The type that values need of which an expression gives one, or which it looks up in a subquery, if any."""
    match element:
        case BinaryExpression() if (column := _looked_in(element)) is not None:
            return _common([element.left, column], most)
        case Case():
            return _common([*(result for _, result in element.whens), element.else_], most)
        case FunctionElement() if name_of(element) in _OF_THE_FIRST:
            return _of_both(*given_by(element, enforces_types=True), most=most)
        case FunctionElement() if name_of(element) != "nullif":
            return _common(given_by(element, enforces_types=True), most)
    return None


def _of_both(first: Any, default: Any = None, *, most: int) -> TypeEngine[Any] | None:
    """The type that the first argument needs, lest the other is made one of its own type."""
    kinds = [logical_type(one.type).name for one in (first, default) if one is not None]
    if kinds in (["integer", "float"], ["decimal", "float"]):
        return Double()
    scales = [scale_of(first), None if default is None else scale_of(default)]
    return None if None in scales or scales[0] >= scales[1] else Numeric(most, scales[1])  # type: ignore[operator]


def _looked_in(element: BinaryExpression[Any]) -> Any:
    """The column of the subquery behind IN; None for anything else."""
    query = element.right.element if isinstance(element.right, Grouping | SelectStatementGrouping) else element.right
    if element.operator not in {operators.in_op, operators.not_in_op} or not isinstance(query, SelectBase):
        return None
    columns = list(query.subquery().c)
    return columns[0] if len(columns) == 1 else None


def _common(elements: Sequence[Any], most: int) -> Numeric[Any] | None:
    """The type of decimals that together have more digits than a decimal can have, as far as these are known."""
    decimals = [one for one in elements if one is not None and not isinstance(one, Null) and _is_decimal(one)]
    scales = [scale for one in decimals if (scale := scale_of(one)) is not None]
    if len(set(scales)) < 2 or len(scales) < len(decimals):
        return None
    before = max(_before(one, scale, most) for one, scale in zip(decimals, scales, strict=True))
    return Numeric(most, max(scales)) if before + max(scales) > most else None


def _is_decimal(element: Any) -> bool:
    return logical_type(element.type).name == "decimal"


def _before(element: Any, scale: int, most: int) -> int:
    """The digits before the point: of a value its own, of what is computed any number."""
    if isinstance(element, BindParameter) and isinstance(element.value, Decimal):
        return max(element.value.adjusted() + 1, 0)
    precision = logical_type(element.type).precision
    return (most if precision is None else precision) - scale


def _as(element: Any, type_: Any) -> Any:
    """A number as one of this type, unless it has as many digits behind the point."""
    if isinstance(type_, Double):
        return Converted(element, type_)
    if isinstance(element, Null) or not (_is_decimal(element) or logical_type(element.type).name == "integer"):
        return element
    scale = scale_of(element)
    return element if scale is None or scale >= type_.scale else Converted(element, type_)
