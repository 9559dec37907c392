"""The digits behind the point of decimals, as far as the parts of their expression say them."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sqlalchemy import BindParameter, Case, ColumnClause, Label, Null, Over
from sqlalchemy.sql import operators
from sqlalchemy.sql.elements import BinaryExpression, FunctionFilter, Grouping, UnaryExpression
from sqlalchemy.sql.functions import FunctionElement

from ...types.logical import logical_type
from .converted import Converted
from .passing import name_of, passes

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["scale_of"]


def scale_of(element: Any) -> int | None:
    """The most digits behind the point that the exact result of an expression has.

    Args:
        element: An expression on the columns of tables.

    Returns:
        None where its parts do not say: of a quotient, of floats, of columns that do not say their own.
    """
    match element:
        case Label() | Grouping() | UnaryExpression() | Over():
            return scale_of(element.element)
        case FunctionFilter():
            return scale_of(element.func)
        case BinaryExpression() if element.operator in {operators.add, operators.sub}:
            return _most([element.left, element.right])
        case BinaryExpression() if element.operator is operators.mul:
            scales = scale_of(element.left), scale_of(element.right)
            return None if None in scales else sum(scale for scale in scales if scale is not None)
        case BindParameter():
            return _of_value(element.value)
        case _:
            return _of_several(element)


def _of_several(element: Any) -> int | None:
    """That of an expression which gives one of others, or their sum, and of a column."""
    match element:
        case Case():
            return _most([*(result for _, result in element.whens), element.else_])
        case FunctionElement() if name_of(element) in {"sum", "abs"} or passes(element):
            return _most(list(element.clauses))
        case ColumnClause() | Converted():
            computed = [base for base in element.base_columns if not isinstance(base, ColumnClause | Converted)]
            return _most(computed) if computed else _of_type(element)  # computed in a subquery
        case _:
            return None


def _of_type(element: Any) -> int | None:
    kind = logical_type(element.type)
    return 0 if kind.name == "integer" else kind.scale if kind.name == "decimal" else None


def _of_value(value: Any) -> int | None:
    if isinstance(value, int):
        return 0
    exponent = value.as_tuple().exponent if isinstance(value, Decimal) else None
    return max(-exponent, 0) if isinstance(exponent, int) else None


def _most(elements: Sequence[Any]) -> int | None:
    scales = [scale_of(one) for one in elements if one is not None and not isinstance(one, Null)]
    return None if None in scales else max((scale for scale in scales if scale is not None), default=None)
