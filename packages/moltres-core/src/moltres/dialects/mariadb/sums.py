"""Sums and means that no DOUBLE holds: MariaDB says 0 for them, and fails only where it computes with them."""

from __future__ import annotations

from typing import Any

from ...types.logical import logical_type

__all__ = ["with_checked_sums"]

_EXACT = frozenset({"integer", "decimal"})
"""What MariaDB adds up as a DECIMAL."""


class _CheckedSums:
    """Mixed into SQLAlchemy's compiler."""

    def visit_sum_func(self, function: Any, *, within_window: bool = False, **options: Any) -> str:
        return self._checked(function, within_window, options)

    def visit_avg_func(self, function: Any, *, within_window: bool = False, **options: Any) -> str:
        return self._checked(function, within_window, options)

    def visit_over(self, over: Any, **options: Any) -> str:
        found: str = super().visit_over(over, within_window=True, **options)  # type: ignore[misc]  # of the compiler
        name = str(getattr(over.element, "name", "")).lower()
        return f"({found} + 0)" if name in {"sum", "avg"} and not _is_exact(over.element) else found

    def visit_function(self, function: Any, *, within_window: bool = False, **options: Any) -> str:
        if str(function.name).lower() in {"sum", "avg"}:
            options["within_window"] = within_window
        found: str = super().visit_function(function, **options)  # type: ignore[misc]  # of the compiler
        return found

    def _checked(self, function: Any, within_window: bool, options: Any) -> str:
        arguments = self.function_argspec(function, **options)  # type: ignore[attr-defined]  # of the compiler
        text = f"{function.name}{arguments}"
        return text if within_window or function.packagenames or _is_exact(function) else f"({text} + 0)"


def _is_exact(function: Any) -> bool:
    return all(logical_type(argument.type).name in _EXACT for argument in function.clauses)


def with_checked_sums(base: type[Any]) -> type[Any]:
    """SQLAlchemy's compiler for MariaDB, that lets such a sum fail.

    Args:
        base: The compiler of the driver's dialect.
    """
    return type(f"CheckedSums{base.__name__}", (_CheckedSums, base), {})
