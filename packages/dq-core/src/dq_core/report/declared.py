"""What the types of a dataclass's fields say about values: those of options, and those of documents that are read."""

from __future__ import annotations

import collections.abc
import contextlib
import dataclasses
import datetime as dt
import functools
import math
import sys
import types
import typing
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal, TypeVar, Union, get_args, get_origin

from .._shared.arguments import is_number
from .._shared.wording import repr_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["LISTS", "alternatives", "described", "fits", "resolved", "typed"]

T = TypeVar("T")

_PLAIN: dict[Any, tuple[str, str]] = {
    str: ("a string", "strings"),
    bool: ("true or false", "booleans"),
    int: ("a whole number", "whole numbers"),
    float: ("a number", "numbers"),
    Decimal: ("a number", "numbers"),
    bytes: ("bytes", "bytes"),
    dt.date: ("a date", "dates"),
    dt.datetime: ("a timestamp", "timestamps"),
    dt.time: ("a time", "times"),
    dt.timedelta: ("a duration", "durations"),
    types.NoneType: ("null", "nulls"),
}
LISTS = frozenset({
    list, tuple, set, frozenset, collections.abc.Sequence, collections.abc.Collection, collections.abc.Iterable,
    collections.abc.Set,
})  # fmt: skip
_MAPPINGS = frozenset({dict, collections.abc.Mapping, collections.abc.MutableMapping})


def typed(record: T) -> T:
    """A record whose fields have the types that they declare; types that say nothing here allow anything.

    Args:
        record: A dataclass that was made of a document.

    Raises:
        TypeError: A field has a value of another type.
    """
    kind: Any = type(record)
    for name, declared in _types_of(kind).items():
        value = getattr(record, name)
        if not fits(value, declared):
            raise TypeError(f"{name} must be {described(declared)}, not {repr_of(value, 80)}")
        for allowed, what in _limits(name, declared):
            if value is not None and value != getattr(kind, name, None) and not allowed(value):
                raise TypeError(f"{name} must be {what}, not {repr_of(value, 80)}")
    return record


def _limits(name: str, declared: Any) -> Iterator[tuple[Callable[[Any], bool], str]]:
    """What a document says of a value besides its type: whole numbers are counts there."""
    if int in alternatives(declared):
        yield lambda value: value >= 0, "a whole number that is not negative"
    if name == "execution_time_seconds":
        yield lambda value: 0 <= value < math.inf, "a finite number of seconds"
    if name == "started_at":
        yield _is_moment, "a timestamp as in ISO 8601"


def _is_moment(text: str) -> bool:
    try:
        dt.datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


@functools.cache
def _types_of(cls: Any) -> dict[str, Any]:
    return {one.name: resolved(cls, one.type) for one in dataclasses.fields(cls)}


def resolved(cls: type, declared: Any) -> Any:
    """The type of a field, whose annotation may be a string; Any if it names what is not there at run time."""
    if not isinstance(declared, str):
        return declared
    for owner in cls.__mro__:
        known = {**vars(typing), **vars(collections.abc), **vars(sys.modules.get(owner.__module__, types))}
        with contextlib.suppress(NameError, TypeError, SyntaxError, AttributeError):
            return typing.get_type_hints(types.SimpleNamespace(__annotations__={"field": declared}), known)["field"]
    return Any


def alternatives(declared: Any) -> tuple[Any, ...]:
    """The types of a union, or the one type."""
    return get_args(declared) if get_origin(declared) in (Union, types.UnionType) else (declared,)


def fits(value: Any, declared: Any) -> bool:
    """Whether a value is of a type."""
    return any(_fits_one(value, types.NoneType if one is None else one) for one in alternatives(declared))


def _fits_one(value: Any, declared: Any) -> bool:
    kind = get_origin(declared) or declared
    given = get_args(declared)
    if kind is Literal:
        return any(value == one and type(value) is type(one) for one in given)
    if kind in LISTS:
        listed = isinstance(value, list | tuple | set | frozenset)
        wanted = [one for one in given if one is not Ellipsis]
        return listed and (len(wanted) != 1 or all(fits(one, wanted[0]) for one in value))
    if kind in _MAPPINGS:
        return isinstance(value, collections.abc.Mapping) and (
            len(given) != 2 or all(fits(key, given[0]) and fits(one, given[1]) for key, one in value.items())
        )
    return _fits_plain(value, kind)


def _fits_plain(value: Any, kind: Any) -> bool:
    if kind in (float, Decimal):
        return is_number(value) or (isinstance(value, float) and kind is float)
    # A boolean is an int to Python, and a timestamp a date.
    narrower = {int: bool, dt.date: dt.datetime}.get(kind)
    if narrower is not None and isinstance(value, narrower):
        return False
    return isinstance(value, kind) if kind in _PLAIN else True


def described(declared: Any) -> str:
    """A type in words; that it may be null is left out."""
    members = [one for one in alternatives(declared) if one not in (None, types.NoneType)] or [types.NoneType]
    return " or ".join(map(_described_one, members))


def _described_one(declared: Any) -> str:
    kind = get_origin(declared) or declared
    given = [one for one in get_args(declared) if one is not Ellipsis]
    if kind is Literal:
        return f"one of {', '.join(map(repr, given))}"
    if kind in LISTS:
        return f"a list of {_several(given[0])}" if len(given) == 1 else "a list"
    if kind in _MAPPINGS:
        return f"a mapping of {_several(given[0])} to {_several(given[1])}" if len(given) == 2 else "a mapping"
    return _PLAIN[kind][0] if kind in _PLAIN else str(getattr(kind, "__name__", kind))


def _several(declared: Any) -> str:
    members = [types.NoneType if one is None else one for one in alternatives(declared)]
    return " or ".join(_PLAIN.get(one, ("", "values"))[1] for one in members)
