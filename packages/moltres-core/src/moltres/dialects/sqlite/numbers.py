"""Remainders, means, bits and parts of dates as other databases give them.

SQLite's own ``%`` makes integers of its operands (https://www.sqlite.org/lang_expr.html#operators): 7.25 % 0.3 is NULL
there. It adds up doubles for the mean of integers. Of parts of a date SQLAlchemy knows some that SQLite does not, which
are 0. SQLite counts days and seconds from moments that it rounds to milliseconds: the last microsecond of a Friday is
Saturday.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from sqlalchemy import ColumnElement, func
from sqlalchemy.sql import operators
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.visitors import iterate

from ...errors import ConfigurationError, listing
from ...types.logical import logical_type
from ..sql.means import mean_of_exact_sum, mean_of_split_sum
from ..sql.same_rows import plain, rewriting_aggregates
from ..sql.scales import scale_of

if TYPE_CHECKING:
    from collections.abc import Callable

Digits: TypeAlias = Literal["integers", "sum", "term", "quotient"] | int

__all__ = ["Digits", "digits_of", "with_numbers"]

_WEEK = "((strftime('%j', date({0}, 'start of day', '-3 days', 'weekday 4')) - 1) / 7 + 1)"
"""Of ISO 8601: that of the Thursday."""
_QUARTER = "((strftime('%m', {0}) + 2) / 3)"
_WEEKDAY = "CAST(strftime('%w', {0}, 'start of day') AS INTEGER)"
_EPOCH = (
    "(strftime('%s', {0}, 'start of day') + 3600 * strftime('%H', {0}) + 60 * strftime('%M', {0})"
    " + strftime('%S', {0}) + CAST('0' || substr({0}, 20, 7) AS REAL))"
)
"""The digits of a second stand behind ``2024-01-31 10:30:45``."""
_WRITTEN = {"week": _WEEK, "quarter": _QUARTER, "dow": _WEEKDAY, "epoch": _EPOCH}
_WHOLE = frozenset({"integer", "boolean"})
_PARTS = ("year", "quarter", "month", "week", "day", "doy", "dow", "hour", "minute", "second", "epoch")


class _Numbers:
    """Mixed into SQLAlchemy's compiler."""

    def visit_mod_binary(self, binary: Any, operator: Any, **options: Any) -> str:
        compiler: Any = self
        kinds = [logical_type(side.type) for side in (binary.left, binary.right)]
        if {kind.name for kind in kinds} <= _WHOLE:
            return str(super().visit_mod_binary(binary, operator, **options))  # type: ignore[misc]  # of the compiler
        left, right = (compiler.process(side, **options) for side in (binary.left, binary.right))
        scales = [kind.scale if kind.name == "decimal" else 0 for kind in kinds]
        if any(kind.name == "float" for kind in kinds) or None in scales:
            return f"mod({left}, {right})"
        return f"round(mod({left}, {right}), {max(scale or 0 for scale in scales)})"  # what floats leave behind them

    def visit_extract(self, extract: Any, **options: Any) -> str:
        compiler: Any = self
        if extract.field not in _PARTS:
            raise ConfigurationError(f"SQLite has no part {extract.field!r} of dates; it has {listing(_PARTS)}.")
        if extract.field in _WRITTEN:
            return _again(compiler, _WRITTEN[extract.field], extract.expr, options)
        return str(super().visit_extract(extract, **options))  # type: ignore[misc]  # as above

    def visit_bitwise_xor_op_binary(self, binary: Any, operator: Any, **options: Any) -> str:
        """Which SQLite has no operator for; SQLAlchemy writes one without the parentheses that it needs."""
        del operator
        compiler: Any = self
        return "(({} | {}) - ({} & {}))".format(
            *(compiler.process(side, **options) for side in (binary.left, binary.right) * 2)
        )

    def visit_floor_func(self, function: Any, **options: Any) -> str:
        """SQLAlchemy brings one in Python, which fails for NULL."""
        (argument,) = function.clauses
        return _again(self, "CASE WHEN {0} IS NOT NULL THEN floor({0}) END", argument.self_group(), options)

    def visit_floordiv_binary(self, binary: Any, operator: Any, **options: Any) -> str:
        if all(logical_type(side.type).name == "integer" for side in (binary.left, binary.right)):
            return str(super().visit_floordiv_binary(binary, operator, **options))  # type: ignore[misc]  # as above
        return self.visit_floor_func(func.floor(binary.left / binary.right), **options)


def _again(compiler: Any, pattern: str, value: Any, options: dict[str, Any]) -> str:
    """A pattern with a value at each of its places: each has its parameters, in the order of the places."""
    parts = pattern.split("{0}")
    return parts[0] + "".join(str(compiler.process(value, **options)) + part for part in parts[1:])


def _mean(function: Any, rows: Callable[[Any], ColumnElement[Any]]) -> ColumnElement[Any] | None:
    (argument,) = function.clauses
    if logical_type(plain(argument).type).name not in _WHOLE:
        return None
    if plain(argument) is not argument:
        return mean_of_exact_sum(argument, rows)  # halves of distinct values are not distinct
    return mean_of_split_sum(argument, rows)


def digits_of(element: ColumnElement[Any]) -> Digits:
    """Which digits of a number count that SQLite has computed.

    Args:
        element: What is computed.

    Returns:
        "integers" for what is computed from integers alone, and the digits behind the point where those of the values
        say them. Else "quotient", of which all count; "sum" for what may be one of many values, of which 15 do, as many
        as a decimal has at most, and the others come from rounding; "term" for those that rounding does not explain.
    """
    scale = scale_of(element)
    if scale is not None and logical_type(element.type).name == "decimal":
        return scale
    parts = [part for base in element.base_columns for part in iterate(base)]
    if {logical_type(part.type).name for part in parts if isinstance(part, ColumnElement)} <= _WHOLE:
        return "integers"
    if any(getattr(part, "operator", None) is operators.truediv for part in parts):
        return "quotient"
    return "sum" if any(isinstance(part, FunctionElement) for part in parts) else "term"


def with_numbers(base: type[Any]) -> type[Any]:
    """SQLAlchemy's compiler for SQLite, with such numbers.

    Args:
        base: The compiler of the driver's dialect.
    """
    return rewriting_aggregates(type(f"Numbers{base.__name__}", (_Numbers, base), {}), {"avg": _mean})
