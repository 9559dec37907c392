"""Casts and computed numbers of DuckDB.

It has strings of every length and takes no notice of that of a cast. It computes the median of integers and decimals,
and their quotient without a rest, as doubles, and what lies between two decimals with their digits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Double, UnaryExpression, cast, func, literal_column
from sqlalchemy.sql import operators

from ...types.logical import logical_type
from ..sql.means import half_of_middles
from ..sql.passing import name_of
from ..sql.same_rows import plain, rewriting_aggregates
from ..sql.spread import refusing_lost_spreads

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..sql.converted import Converted

__all__ = ["with_casts"]

_LOST = "CAST(error('The values are too near to each other for a variance: subtract one of them first') AS DOUBLE)"


class _Casts:
    """Mixed into SQLAlchemy's compiler."""

    def visit_converted(self, element: Converted, **options: Any) -> str:
        compiler: Any = self
        written = str(compiler.visit_cast(element, **options))
        length = getattr(element.type, "length", None)
        if logical_type(element.type).name != "text" or length is None:
            return written
        return f"substr({written}, 1, {int(length)})"

    def visit_truediv_binary(self, binary: Any, operator: Any, **options: Any) -> str:
        """Of integers a double, also where ``integer_division`` makes ``/`` another ``//``."""
        sides = (binary.left, binary.right)
        compiler: Any = self
        if any(logical_type(side.type).name not in {"integer", "boolean"} for side in sides):
            return str(super().visit_truediv_binary(binary, operator, **options))  # type: ignore[misc]  # of the compiler
        return "(CAST({} AS DOUBLE) / {})".format(*(compiler.process(side, **options) for side in sides))

    def visit_floordiv_binary(self, binary: Any, operator: Any, **options: Any) -> str:
        """Of integers an integer, as on other databases."""
        sides = (binary.left, binary.right)
        if any(logical_type(side.type).name != "integer" for side in sides):
            return str(super().visit_floordiv_binary(binary, operator, **options))  # type: ignore[misc]  # of the compiler
        compiler: Any = self
        return "({} // {})".format(*(compiler.process(side, **options) for side in sides))

    def visit_bitwise_xor_op_binary(self, binary: Any, operator: Any, **options: Any) -> str:
        """Which is a function here."""
        del operator
        compiler: Any = self
        return "xor({}, {})".format(*(compiler.process(side, **options) for side in (binary.left, binary.right)))

    def visit_withingroup(self, withingroup: Any, **options: Any) -> str:
        """What PERCENTILE_CONT has between two decimals is a double: DuckDB cuts it to the digits of the decimals."""
        continuous = name_of(withingroup.element) == "percentile_cont"
        ordered = list(withingroup.order_by) if continuous else []
        if any(logical_type(_ordered(one).type).name == "decimal" for one in ordered):
            withingroup = withingroup.element.within_group(*map(_as_doubles, ordered))
        return str(super().visit_withingroup(withingroup, **options))  # type: ignore[misc]  # of the compiler


def _ordered(by: Any) -> Any:
    return _ordered(by.element) if isinstance(by, UnaryExpression) else by


def _as_doubles(by: Any) -> Any:
    made: Any = cast(_ordered(by), Double())
    return made.desc() if isinstance(by, UnaryExpression) and by.modifier is operators.desc_op else made


def _median(function: Any, rows: Callable[[Any], ColumnElement[Any]]) -> ColumnElement[Any] | None:
    (argument,) = function.clauses
    type_ = plain(argument).type
    kind = logical_type(type_)
    if kind.name not in {"integer", "decimal"}:
        return None
    # A negative share is counted from above.
    lower, upper = (rows(func.quantile_disc(argument, literal_column(share), type_=type_)) for share in ("0.5", "-0.5"))
    return half_of_middles(lower, upper, kind)


def with_casts(base: type[Any]) -> type[Any]:
    """SQLAlchemy's compiler for DuckDB, with casts that cut as the standard says, and numbers that are right or fail.

    Args:
        base: The compiler of the driver's dialect.
    """
    rewrites = {**refusing_lost_spreads(_LOST), "median": _median}
    return rewriting_aggregates(type(f"Casts{base.__name__}", (_Casts, base), {}), rewrites)
