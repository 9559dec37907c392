"""Sums, and what is computed from floats of 32 bits: some databases give it the 7 digits of such a float, too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Double, func
from sqlalchemy.sql import operators

from ...types.logical import told
from .converted import Converted
from .same_rows import as_it_is, mapped, plain

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import ColumnElement

    from .same_rows import Rewrite

__all__ = ["ARITHMETIC", "SUMS", "computing_in_doubles"]

ARITHMETIC = frozenset({operators.add, operators.sub, operators.mul, operators.truediv, operators.mod})
"""What computes a number from two."""


class _InDoubles:
    """Mixed into SQLAlchemy's compiler."""

    def visit_binary(self, binary: Any, *args: Any, **options: Any) -> str:
        sides = binary.left, binary.right
        if binary.operator in ARITHMETIC and any(map(_is_short, sides)):
            binary = binary._clone()  # noqa: SLF001 - how SQLAlchemy copies an element; it has no public way
            binary.left, binary.right = (Converted(side, Double()) if _is_short(side) else side for side in sides)
        return str(super().visit_binary(binary, *args, **options))  # type: ignore[misc]  # of the compiler it is mixed into


def _is_short(value: Any) -> bool:
    kind = told(value.type)
    return kind.name == "float" and kind.bits == 32


def _sum(function: Any, rows: Callable[[Any], ColumnElement[Any]]) -> ColumnElement[Any] | None:
    (argument,) = function.clauses
    if not _is_short(plain(argument)):
        return None
    return rows(as_it_is(func.sum(mapped(argument, lambda value: Converted(value, Double())))))


SUMS: dict[str, Rewrite] = {"sum": _sum}
"""For `rewriting_aggregates`, where a database adds up such floats as what they are."""


def computing_in_doubles(base: type[Any]) -> type[Any]:
    """SQLAlchemy's compiler for a database that computes floats of 32 bits as such, which has it compute doubles.

    Args:
        base: The compiler of the driver's dialect.
    """
    return type(f"InDoubles{base.__name__}", (_InDoubles, base), {})
