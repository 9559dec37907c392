"""Aggregates that are written as an expression of several, each of the same rows: FILTER and OVER are repeated.

What a database computes in its own way, such as a mean with four digits, is computed from what it computes right.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from sqlalchemy import distinct
from sqlalchemy.sql import operators
from sqlalchemy.sql.elements import FunctionFilter, Over, UnaryExpression
from sqlalchemy.sql.functions import FunctionElement

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy import ColumnElement

__all__ = ["Rewrite", "as_it_is", "mapped", "plain", "rewriting_aggregates"]

Rewrite: TypeAlias = "Callable[[Any, Callable[[Any], ColumnElement[Any]]], ColumnElement[Any] | None]"
"""Given a function, and what gives an aggregate the function's rows: an expression in its place, or None."""


class _Rewrites:
    """Mixed into a compiler.

    Attributes:
        rewrites: By the name of a function, what is written instead.
    """

    rewrites: Mapping[str, Rewrite]

    def visit_over(self, over: Any, **options: Any) -> str:
        return self._written(over, super().visit_over, options)  # type: ignore[misc]  # of the compiler

    def visit_funcfilter(self, funcfilter: Any, **options: Any) -> str:
        return self._written(funcfilter, super().visit_funcfilter, options)  # type: ignore[misc]  # as above

    def visit_function(self, function: Any, **options: Any) -> str:
        return self._written(function, super().visit_function, options)  # type: ignore[misc]  # as above

    def _written(self, element: Any, otherwise: Callable[..., str], options: dict[str, Any]) -> str:
        function = _function_of(element)
        rewrite = None if function is None else self.rewrites.get(str(function.name).lower())
        if function is not None and rewrite is not None:
            instead = rewrite(function, lambda aggregate: _of_same_rows(element, aggregate))
            if instead is not None:
                return str(self.process(instead.self_group(against=operators.mul), **options))  # type: ignore[attr-defined]  # as above
        return otherwise(element, **options)


def _function_of(element: Any) -> Any:
    """The function of one argument that an element computes, unless it is to be written as it is."""
    while isinstance(element, Over | FunctionFilter):
        element = element.element if isinstance(element, Over) else element.func
    if not isinstance(element, FunctionElement) or getattr(element, "moltres_as_it_is", False):
        return None
    packages = getattr(element, "packagenames", ())
    return None if packages or len(list(element.clauses)) != 1 else element


def _of_same_rows(element: Any, aggregate: Any) -> Any:
    if isinstance(element, Over):
        over: Any = element._clone()  # noqa: SLF001 - how SQLAlchemy copies an element; it has no public way
        over.__dict__.pop("type", None)
        over.element = _of_same_rows(element.element, aggregate)
        return over
    if isinstance(element, FunctionFilter):
        return _of_same_rows(element.func, aggregate).filter(element.criterion)
    return aggregate


def as_it_is(function: Any) -> Any:
    """A function that is not written as another expression."""
    function.moltres_as_it_is = True
    return function


def plain(argument: Any) -> Any:
    """The argument of an aggregate without DISTINCT."""
    return argument.element if _is_distinct(argument) else argument


def mapped(argument: Any, change: Callable[[Any], Any]) -> Any:
    """The argument of an aggregate, changed within its DISTINCT."""
    return distinct(change(argument.element)) if _is_distinct(argument) else change(argument)


def _is_distinct(argument: Any) -> bool:
    return isinstance(argument, UnaryExpression) and argument.operator is operators.distinct_op


def rewriting_aggregates(base: type[Any], rewrites: Mapping[str, Rewrite]) -> type[Any]:
    """A compiler that writes some aggregates as expressions of others.

    Args:
        base: The compiler of the driver's dialect.
        rewrites: By the name of a function in lower case, what is written instead.
    """
    return type(f"Rewrites{base.__name__}", (_Rewrites, base), {"rewrites": rewrites})
