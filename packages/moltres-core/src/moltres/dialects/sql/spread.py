"""Variances of integers and decimals that lie too near to each other for the doubles a database computes them with.

Of 10^18, 10^18 + 1 and 10^18 + 2 the standard deviation is 1, and 0 to doubles, which hold 16 digits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Double, and_, case, func, literal_column, not_

from ...types.logical import told
from .converted import Converted
from .same_rows import as_it_is, mapped, plain

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import ColumnElement

    from .same_rows import Rewrite

__all__ = ["refusing_lost_spreads"]

_DEVIATIONS = frozenset({"stddev", "stddev_samp", "stddev_pop", "std"})
_VARIANCES = frozenset({"variance", "var_samp", "var_pop"})
_EXACT = frozenset({"boolean", "integer", "decimal"})
_LEAST: ColumnElement[float] = literal_column("1e-8", Double())
"""A deviation that is a smaller part of the values has fewer than 8 right digits."""


_MOST: ColumnElement[float] = literal_column("1.7976931348623157e308", Double())


def refusing_lost_spreads(failure: str, failure_of_floats: str | None = None) -> dict[str, Rewrite]:
    """How deviations and variances of integers and decimals are written: they have 8 right digits, or fail.

    Args:
        failure: SQL that fails where it is computed.
        failure_of_floats: The same for floats whose squares no double holds, where the database makes 0 or the largest
            double of their spread; None where it fails by itself.

    Returns:
        For `rewriting_aggregates`.
    """

    def guarded(function: Any, rows: Callable[[Any], ColumnElement[Any]]) -> ColumnElement[Any] | None:
        (argument,) = function.clauses
        kind, name = told(plain(argument).type).name, str(function.name).lower()
        if kind not in _EXACT and (kind != "float" or failure_of_floats is None):
            return None  # floats are as near to each other as they are
        # Computed from doubles: MariaDB gives the variance of integers in a window four digits.
        found = rows(as_it_is(getattr(func, name)(mapped(argument, _as_double))))
        least, most = rows(func.min(plain(argument))), rows(func.max(plain(argument)))
        if failure_of_floats is not None and kind == "float":
            lost = and_(least != most, not_(and_(found > 0, found < _MOST)))  # it may be no number
            return case((lost, literal_column(failure_of_floats, Double())), else_=found)
        bound = _LEAST * func.greatest(func.abs(_as_double(least)), func.abs(_as_double(most)))
        bound = bound if name in _DEVIATIONS else bound * bound
        return case((and_(least != most, found <= bound), literal_column(failure, Double())), else_=found)

    return dict.fromkeys(_DEVIATIONS | _VARIANCES, guarded)


def _as_double(value: Any) -> Converted:
    return Converted(value, Double())
