"""Medians, means and quotients that a database computes with fewer digits than a double has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Double, Integer, Numeric, func, literal_column

from .converted import Converted

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import ColumnElement

    from ...types.logical import LogicalType

__all__ = ["half_of_middles", "mean_of_exact_sum", "mean_of_split_sum"]

_MOST_DIGITS = 38
_HALF = literal_column("0.5", Numeric(2, 1))
_TWO = literal_column("2", Integer())
_ONE: ColumnElement[float] = literal_column("1e0", Double())
_BITS = literal_column("32", Integer())
_SHIFTED: ColumnElement[float] = literal_column("4294967296.0", Double())


def half_of_middles(lower: Any, upper: Any, kind: LogicalType) -> ColumnElement[Any]:
    """A median, which is a double if the values are integers, and otherwise of their type.

    Args:
        lower: The lower of the two values in the middle.
        upper: The upper one.
        kind: What the values are.
    """
    if kind.name == "integer":
        whole: Numeric[Any] = Numeric(_MOST_DIGITS, 0)
        return Converted(Converted(lower, whole) + Converted(upper, whole), Double()) / _TWO
    half: ColumnElement[Any] = (lower + upper) * _HALF
    return half


def mean_of_exact_sum(argument: Any, rows: Callable[[Any], ColumnElement[Any]]) -> ColumnElement[Any]:
    """A mean of integers where their sum is exact, or an error.

    Args:
        argument: What is averaged.
        rows: See `same_rows`.
    """
    mean: ColumnElement[Any] = rows(func.sum(argument)) * _ONE / rows(func.count(argument))
    return mean


def mean_of_split_sum(argument: Any, rows: Callable[[Any], ColumnElement[Any]]) -> ColumnElement[Any]:
    """A mean of integers of 64 bits whose sum may have more: the sums of their upper and lower halves are exact.

    A value of another type, which a column of SQLite may hold, is in the lower half as it is.

    Args:
        argument: What is averaged.
        rows: See `same_rows`.
    """
    low, high = rows(func.sum(_lower(argument))), rows(func.sum(_upper(argument)))
    total = (high + _upper(low)) * _SHIFTED + _lower(low)
    mean: ColumnElement[Any] = total / rows(func.count(argument))
    return mean


def _upper(value: Any) -> Any:
    return value.op(">>", return_type=Integer())(_BITS)


def _lower(value: Any) -> Any:
    return value - _upper(value).op("<<", return_type=Integer())(_BITS)
