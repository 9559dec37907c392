"""Variances of integers and decimals that lie too near to each other for the doubles a database computes them with.

Of 10^18, 10^18 + 1 and 10^18 + 2 the standard deviation is 1, and 0 to doubles, which hold 16 digits.
"""

from __future__ import annotations

from typing import Any

from ..types.logical import logical_type

__all__ = ["refusing_lost_spreads"]

_DEVIATIONS = frozenset({"stddev", "stddev_samp", "stddev_pop", "std"})
_VARIANCES = frozenset({"variance", "var_samp", "var_pop"})
_EXACT = frozenset({"integer", "decimal"})
_LEAST = "1e-8"
"""A deviation that is a smaller part of the values has fewer than 8 right digits."""


class _RefusesLostSpreads:
    """Mixed into a compiler.

    Attributes:
        failure: SQL that fails, or is known as a failure.
    """

    failure: str

    def visit_over(self, over: Any, **options: Any) -> str:
        return str(super().visit_over(over, **{**options, "alone": False}))  # type: ignore[misc]  # of the compiler

    def visit_funcfilter(self, funcfilter: Any, **options: Any) -> str:
        return str(super().visit_funcfilter(funcfilter, **{**options, "alone": False}))  # type: ignore[misc]  # as above

    def visit_function(self, function: Any, *, alone: bool = True, **options: Any) -> str:
        compiler: Any = self
        found = str(super().visit_function(function, **options))  # type: ignore[misc]  # as above
        name = str(function.name).lower()
        arguments = list(function.clauses)
        if not alone or name not in _DEVIATIONS | _VARIANCES or len(arguments) != 1 or function.packagenames:
            return found
        if logical_type(arguments[0].type).name not in _EXACT:
            return found  # floats are as near to each other as they are
        value = compiler.process(arguments[0], **options)
        least, most = f"CAST(MIN({value}) AS DOUBLE)", f"CAST(MAX({value}) AS DOUBLE)"
        bound = f"({_LEAST} * GREATEST(ABS({least}), ABS({most})))"
        bound = bound if name in _DEVIATIONS else f"({bound} * {bound})"
        differ = f"MIN({value}) <> MAX({value})"
        return f"CASE WHEN {differ} AND {found} <= {bound} THEN {self.failure} ELSE {found} END"


def refusing_lost_spreads(base: type[Any], failure: str) -> type[Any]:
    """A compiler whose deviations and variances of integers and decimals have 8 right digits, or fail.

    Those of windows, and of some of the rows (FILTER), are as the database computes them.

    Args:
        base: The compiler of the driver's dialect.
        failure: SQL that fails where it is computed.
    """
    return type(f"Spread{base.__name__}", (_RefusesLostSpreads, base), {"failure": failure})
