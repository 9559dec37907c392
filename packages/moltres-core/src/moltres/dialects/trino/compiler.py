"""What SQLAlchemy's dialect of Trino writes in a way that Trino does not take, or takes for something else."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from sqlalchemy import Numeric
from sqlalchemy.sql import elements

from ...types.logical import told
from ..sql.converted import Converted
from ..sql.means import mean_of_exact_sum
from ..sql.same_rows import mapped, plain, rewriting_aggregates
from ..sql.short_floats import SUMS, computing_in_doubles
from ..sql.spread import refusing_lost_spreads

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import ColumnElement

_EXACT = frozenset({"boolean", "integer", "decimal"})
_LOST = "CAST(fail('The values are too near to each other for a variance: subtract one of them first') AS DOUBLE)"


def corrected(base: type[Any]) -> type[Any]:
    """A compiler of statements: exact division, IS TRUE, regular expressions, empty lists, the length of strings.

    Means have the digits of a double, and variances are right or fail.
    """
    rewrites = {**refusing_lost_spreads(_LOST), **SUMS, "avg": _mean}
    made = type(f"Moltres{base.__name__}", (_Corrections, base), {})
    return rewriting_aggregates(computing_in_doubles(made), rewrites)


def _mean(function: Any, rows: Callable[[Any], ColumnElement[Any]]) -> ColumnElement[Any] | None:
    """From the exact sum: Trino's own has the digits of decimals behind the point, and adds up integers as doubles."""
    (argument,) = function.clauses
    kind = told(plain(argument).type).name
    if kind == "integer":
        argument = mapped(argument, lambda value: Converted(value, Numeric(38, 0)))
    return mean_of_exact_sum(argument, rows) if kind in {"integer", "decimal"} else None


def _in_utc(value: Any) -> Any:
    """A moment in UTC: the driver writes the name of its zone, in which two hours have one name when clocks go back."""
    if type(value) in (list, tuple):
        return type(value)(map(_in_utc, value))
    is_moment = isinstance(value, dt.datetime) and value.tzinfo is not None
    return value.astimezone(dt.UTC) if is_moment else value


class _Corrections:
    """Mixed into a compiler."""

    process: Any

    def construct_params(self, *args: Any, **options: Any) -> dict[str, Any]:
        given: dict[str, Any] = super().construct_params(*args, **options)  # type: ignore[misc]  # of the compiler
        return {name: _in_utc(value) for name, value in given.items()}

    def visit_truediv_binary(self, binary: Any, _operator: Any, **kw: Any) -> str:
        # A quotient of Trino has no more digits behind the point than its operands: 7/2 is 3, and 0.01/3 is 0.00.
        left, right = (self.process(side, **kw) for side in (binary.left, binary.right))
        exact = {told(side.type).name for side in (binary.left, binary.right)} <= _EXACT
        return f"(CAST({left} AS DOUBLE) / {right})" if exact else f"({left} / {right})"

    def visit_is__binary(self, binary: Any, _operator: Any, **kw: Any) -> str:
        return self._same(binary, "NOT DISTINCT FROM", "IS", **kw)

    def visit_is_not_binary(self, binary: Any, _operator: Any, **kw: Any) -> str:
        return self._same(binary, "DISTINCT FROM", "IS NOT", **kw)

    def _same(self, binary: Any, distinct: str, plain: str, **kw: Any) -> str:
        left, right = self.process(binary.left, **kw), self.process(binary.right, **kw)
        if isinstance(binary.right, elements.Null):
            return f"{left} {plain} NULL"
        return f"{left} IS {distinct} {right}"

    def visit_regexp_match_op_binary(self, binary: Any, _operator: Any, **kw: Any) -> str:
        return self._regexp(binary, **kw)

    def visit_not_regexp_match_op_binary(self, binary: Any, _operator: Any, **kw: Any) -> str:
        return f"NOT {self._regexp(binary, **kw)}"

    def _regexp(self, binary: Any, **kw: Any) -> str:
        left, right = self.process(binary.left, **kw), self.process(binary.right, **kw)
        flags = binary.modifiers.get("flags")
        return f"regexp_like({left}, {right})" if not flags else f"regexp_like({left}, concat('(?{flags})', {right}))"

    def visit_empty_set_expr(self, element_types: Any, **_kw: Any) -> str:
        return f"SELECT {', '.join('NULL' for _ in element_types or ' ')} WHERE 1 <> 1"

    def visit_char_length_func(self, fn: Any, **kw: Any) -> str:
        return f"length({self.process(fn.clauses, **kw)})"
