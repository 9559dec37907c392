"""Functions of SQL under one short name: ``from moltres import functions as F``.

Everything of ``moltres.func`` (any function of the database, by its name), ``col``, ``lit`` and ``when``, and the names
that other libraries use for some functions. A column is ``col("amount")``: where every argument of a function is a
column, a string is refused, because it could be meant as one or as a value.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import distinct

from .errors import ConfigurationError
from .frame.expressions import col, func, lit, when

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import ColumnElement

__all__ = ["col", "count_distinct", "lit", "when"]

#: Functions all of whose arguments are columns.
_OF_COLUMNS: Final = frozenset(
    {
        "abs", "avg", "ceil", "coalesce", "concat", "count", "exp", "floor", "greatest", "least", "length", "ln",
        "lower", "ltrim", "max", "min", "rtrim", "sqrt", "stddev", "sum", "trim", "upper", "variance",
    }
)  # fmt: skip
#: Other names of functions.
_ALSO: Final = {"mean": "avg", "len": "length"}


def count_distinct(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """The number of distinct values of a column.

    Args:
        column: An expression such as ``col("city")``.

    Returns:
        An aggregate, which leaves NULL out.

    Raises:
        ConfigurationError: If it is a string, which could be a name or a value.
    """
    _refuse_strings("count_distinct", (column,))
    return func.count(distinct(column))


countDistinct = count_distinct  # noqa: N816 - the name that PySpark has


def __getattr__(name: str) -> Callable[..., Any]:
    if name.startswith("_"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    own = _ALSO.get(name, name)
    found: Callable[..., Any] = getattr(func, own)
    if own not in _OF_COLUMNS:
        return found

    def function(*arguments: Any) -> Any:
        if own == "count" and arguments == ("*",):
            return func.count()
        _refuse_strings(name, arguments)
        return found(*arguments)

    return function


def _refuse_strings(name: str, arguments: tuple[Any, ...]) -> None:
    for argument in arguments:
        if isinstance(argument, str):
            raise ConfigurationError(
                f"F.{name}({argument!r}): is it the name of a column or a string value?",
                suggestion=f"Write col({argument!r}) for the column, lit({argument!r}) for the text.",
            )
