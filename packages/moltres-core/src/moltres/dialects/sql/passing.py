"""Functions that give one of their arguments, or a value of its type."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ...types.logical import is_known, logical_type

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.sql.functions import FunctionElement
    from sqlalchemy.types import TypeEngine

__all__ = ["given_by", "name_of", "passed_type", "passes"]

_ALL, _FIRST = slice(None), slice(1)
_PLACES: Final = {
    **dict.fromkeys(("coalesce", "ifnull", "nvl", "nullif", "greatest", "least"), _ALL),
    **dict.fromkeys(("max", "min", "first_value", "last_value", "nth_value"), _FIRST),
    **dict.fromkeys(("if", "iif"), slice(1, None)),
    **dict.fromkeys(("lag", "lead"), slice(None, None, 2)),  # the rows between are no value
}
_OF_SEVERAL: Final = frozenset({"max", "min"})
"""Aggregates that are the greatest or least of several arguments where a database takes any value in any column."""
_ROUNDING: Final = frozenset({"abs", "ceil", "ceiling", "floor", "round", "trunc", "truncate"})
_FRACTIONS: Final = frozenset({"decimal", "float"})


def passes(element: FunctionElement[Any]) -> bool:
    """Whether a function gives one of its arguments."""
    return name_of(element) in _PLACES


def given_by(element: FunctionElement[Any], *, enforces_types: bool) -> Sequence[Any]:
    """The arguments of which a function gives one, or that it holds against them, as NULLIF does; none for any other.

    Args:
        element: The function with its arguments.
        enforces_types: Whether a column of the database holds values of one type only.
    """
    name = name_of(element)
    places = _ALL if name in _OF_SEVERAL and not enforces_types else _PLACES.get(name, slice(0))
    return list(element.clauses)[places]


def passed_type(element: FunctionElement[Any]) -> TypeEngine[Any] | None:
    """The type of a function's value where it is that of its arguments, of which SQLAlchemy knows a few functions only.

    Args:
        element: The function with its arguments.

    Returns:
        None for any other function, and if the arguments are of several types or of none that is known.
    """
    if name_of(element) in _ROUNDING:
        number = next(iter(element.clauses)).type
        return number if logical_type(number).name in _FRACTIONS else None
    types = [one.type for one in given_by(element, enforces_types=True) if is_known(one.type)]
    return types[0] if len({logical_type(type_).name for type_ in types}) == 1 else None


def name_of(element: Any) -> str:
    """The name of a function in lower case; an empty string for what has none.

    Args:
        element: An expression.
    """
    return str(getattr(element, "name", "")).lower()
