"""Quotients, means, medians and shares of MariaDB with the digits that a double has.

Its own have four digits more than the dividend: 1/30000 is 0.0000. A median, and every PERCENTILE_CONT, has nine digits
at most, and is 100000000 if it is more (https://jira.mariadb.org/browse/MDEV-20271).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnClause, ColumnElement, Double, Numeric, func, literal_column
from sqlalchemy.sql.visitors import iterate

from ...errors import ConfigurationError
from ...types.logical import LogicalType, told
from ..sql.converted import Converted
from ..sql.means import half_of_middles, mean_of_exact_sum
from ..sql.passing import name_of
from ..sql.same_rows import Rewrite, as_it_is, mapped, plain
from ..sql.short_floats import ARITHMETIC

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.types import TypeEngine

__all__ = ["MEANS", "is_arithmetic", "with_quotients"]

_WHOLE = frozenset({"integer", "boolean"})
_EXACT = _WHOLE | {"decimal"}
_SCALE = 12
_MOST_DIGITS = 65
_ZERO = literal_column(f"0.{'0' * _SCALE}", Numeric(_SCALE + 1, _SCALE))


def _mean(function: Any, rows: Callable[[Any], ColumnElement[Any]]) -> ColumnElement[Any] | None:
    (argument,) = function.clauses
    kind = told(plain(argument).type)
    if kind.name in _WHOLE:
        return mean_of_exact_sum(argument, rows)
    if kind.name != "decimal" or not _has_room(kind):
        return None
    return rows(as_it_is(func.avg(mapped(argument, lambda value: value + _ZERO))))


def _median(function: Any, rows: Callable[[Any], ColumnElement[Any]]) -> ColumnElement[Any]:
    (argument,) = function.clauses
    kind = told(argument.type)
    if kind.name not in {"integer", "decimal", "float"}:
        raise ConfigurationError(
            f"MariaDB has the median of numbers; {argument} is {kind}.",
            suggestion="Cast it: cast(col(…), Double).",
        )
    middle = func.percentile_disc(literal_column("0.5"))
    # In an expression MariaDB takes a percentile for an integer; not in a cast.
    type_: TypeEngine[Any] = Double() if kind.name == "float" else Numeric(kind.precision or _MOST_DIGITS, _scale(kind))
    lower, upper = (Converted(rows(middle.within_group(by)), type_) for by in (argument, argument.desc()))
    return half_of_middles(lower, upper, kind)


def _scale(kind: LogicalType) -> int:
    if kind.name == "integer":
        return 0
    return 30 if kind.scale is None else kind.scale


MEANS: dict[str, Rewrite] = {"avg": _mean, "median": _median}
"""For `rewriting_aggregates`."""


def _has_room(kind: LogicalType, others: int = 0) -> bool:
    return kind.precision is None or kind.precision - (kind.scale or 0) + 1 + _SCALE + 4 + others <= _MOST_DIGITS


class _Quotients:
    """Mixed into SQLAlchemy's compiler."""

    def visit_truediv_binary(self, binary: Any, operator: Any, **options: Any) -> str:
        left, right = (told(side.type) for side in (binary.left, binary.right))
        sides = [self.process(side, **options) for side in (binary.left, binary.right)]  # type: ignore[attr-defined]  # of the compiler
        if {left.name, right.name} <= _WHOLE:
            return "(CAST({} AS DOUBLE) / {})".format(*sides)
        if {left.name, right.name} <= _EXACT and _has_room(left, right.scale or 0):
            return f"(({sides[0]} + {_ZERO}) / {sides[1]})"
        return str(super().visit_truediv_binary(binary, operator, **options))  # type: ignore[misc]  # as above

    def visit_floordiv_binary(self, binary: Any, operator: Any, **options: Any) -> str:
        """Of integers as other databases compute it: towards zero."""
        sides = (binary.left, binary.right)
        if any(told(side.type).name != "integer" for side in sides):
            return str(super().visit_floordiv_binary(binary, operator, **options))  # type: ignore[misc]  # as above
        return "({} DIV {})".format(*(self.process(side, **options) for side in sides))  # type: ignore[attr-defined]  # as above

    def visit_over(self, over: Any, **options: Any) -> str:
        """A share has ten digits where it is not cast."""
        written = str(super().visit_over(over, **options))  # type: ignore[misc]  # as above
        is_share = name_of(over.element) in {"cume_dist", "percent_rank"}
        return f"CAST({written} AS DOUBLE)" if is_share else written

    def visit_withingroup(self, withingroup: Any, **options: Any) -> str:
        if name_of(withingroup.element) == "percentile_cont":
            raise ConfigurationError(
                "PERCENTILE_CONT of MariaDB has nine digits at most, and 100000000 for what is more.",
                suggestion="Use func.percentile_disc(…), or func.median(…).over(…).",
            )
        return str(super().visit_withingroup(withingroup, **options))  # type: ignore[misc]  # as above


def is_arithmetic(element: ColumnElement[Any]) -> bool:
    """Whether an element is computed from numbers, which makes a DOUBLE of what a FLOAT holds."""
    parts = [part for base in element.base_columns for part in iterate(base)]
    return any(
        getattr(part, "operator", None) in ARITHMETIC or name_of(part) == "sum"
        for part in parts
        if not isinstance(part, ColumnClause)
    )


def with_quotients(base: type[Any]) -> type[Any]:
    """SQLAlchemy's compiler for MariaDB, with such quotients.

    Args:
        base: The compiler of the driver's dialect.
    """
    return type(f"Quotients{base.__name__}", (_Quotients, base), {})
