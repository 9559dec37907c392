"""Functions that give one of their arguments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.sql.functions import FunctionElement

__all__ = ["given_by", "passes"]

_ALL, _FIRST = slice(None), slice(1)
_PLACES: Final = {
    **dict.fromkeys(("coalesce", "ifnull", "nvl", "nullif", "greatest", "least"), _ALL),
    **dict.fromkeys(("max", "min", "first_value", "last_value", "nth_value"), _FIRST),
    **dict.fromkeys(("if", "iif"), slice(1, None)),
    **dict.fromkeys(("lag", "lead"), slice(None, None, 2)),  # the rows between are no value
}
_OF_SEVERAL: Final = frozenset({"max", "min"})
"""Aggregates that are the greatest or least of several arguments where a database takes any value in any column."""


def passes(element: FunctionElement[Any]) -> bool:
    """Whether a function gives one of its arguments."""
    return _name(element) in _PLACES


def given_by(element: FunctionElement[Any], *, enforces_types: bool) -> Sequence[Any]:
    """The arguments of which a function gives one, or that it holds against them, as NULLIF does; none for any other.

    Args:
        element: The function with its arguments.
        enforces_types: Whether a column of the database holds values of one type only.
    """
    name = _name(element)
    places = _ALL if name in _OF_SEVERAL and not enforces_types else _PLACES.get(name, slice(0))
    return list(element.clauses)[places]


def _name(element: Any) -> str:
    return str(getattr(element, "name", "")).lower()
