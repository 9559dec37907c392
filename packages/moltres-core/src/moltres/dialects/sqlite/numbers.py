"""Remainders, means and parts of dates as other databases give them.

SQLite's own ``%`` makes integers of its operands (https://www.sqlite.org/lang_expr.html#operators): 7.25 % 0.3 is NULL
there. It adds up doubles for the mean of integers. Of parts of a date SQLAlchemy knows some that SQLite does not, which
are 0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from sqlalchemy.sql import operators
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.visitors import iterate

from ...errors import ConfigurationError, listing
from ...types.logical import logical_type
from ..means import mean_of_exact_sum, mean_of_split_sum
from ..same_rows import plain, rewriting_aggregates

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import ColumnElement

Digits: TypeAlias = Literal["sum", "term", "quotient"]

__all__ = ["Digits", "digits_of", "with_numbers"]

_WEEK = "((strftime('%j', date({0}, '-3 days', 'weekday 4')) - 1) / 7 + 1)"
"""Of ISO 8601: that of the Thursday."""
_PARTS = ("year", "quarter", "month", "week", "day", "doy", "dow", "hour", "minute", "second", "epoch")


class _Numbers:
    """Mixed into SQLAlchemy's compiler."""

    def visit_mod_binary(self, binary: Any, operator: Any, **options: Any) -> str:
        compiler: Any = self
        kinds = [logical_type(side.type) for side in (binary.left, binary.right)]
        if {kind.name for kind in kinds} <= {"integer", "boolean"}:
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
        value = compiler.process(extract.expr, **options)
        if extract.field == "quarter":
            return f"((strftime('%m', {value}) + 2) / 3)"
        if extract.field == "week":
            return _WEEK.format(value)
        return str(super().visit_extract(extract, **options))  # type: ignore[misc]  # as above


def _mean(function: Any, rows: Callable[[Any], ColumnElement[Any]]) -> ColumnElement[Any] | None:
    (argument,) = function.clauses
    if logical_type(plain(argument).type).name not in {"integer", "boolean"}:
        return None
    if plain(argument) is not argument:
        return mean_of_exact_sum(argument, rows)  # halves of distinct values are not distinct
    return mean_of_split_sum(argument, rows)


def digits_of(element: ColumnElement[Any]) -> Digits:
    """Which digits of a decimal count that SQLite has computed in doubles.

    Args:
        element: What is computed.

    Returns:
        All of a quotient. Of what may be a sum of many values, 15, which a decimal has at most; the others come from
        rounding. Of a few terms or factors those that rounding does not explain.
    """
    parts = [part for base in element.base_columns for part in iterate(base)]
    if any(getattr(part, "operator", None) is operators.truediv for part in parts):
        return "quotient"
    return "sum" if any(isinstance(part, FunctionElement) for part in parts) else "term"


def with_numbers(base: type[Any]) -> type[Any]:
    """SQLAlchemy's compiler for SQLite, with such numbers.

    Args:
        base: The compiler of the driver's dialect.
    """
    return rewriting_aggregates(type(f"Numbers{base.__name__}", (_Numbers, base), {}), {"avg": _mean})
