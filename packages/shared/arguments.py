"""Validators of arguments: each yields a sentence for what is wrong, so that a caller can tell all problems at once.

``name`` begins the sentence: ``samples``, or ``Rule 3 (not_null): threshold``. Numbers of NumPy and decimals are
numbers; True and False are none. `plain_number` gives the number as Python's own.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal
from numbers import Integral, Real
from os import PathLike, fspath
from typing import TYPE_CHECKING, Final

from .durations import parse_duration
from .masking import has_secrets, masked
from .wording import question, repr_of

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "MOST",
    "choice",
    "duration",
    "flag",
    "fraction",
    "function",
    "instance",
    "is_fraction",
    "is_number",
    "is_unicode",
    "is_whole",
    "mapping",
    "number",
    "path",
    "plain_number",
    "seconds",
    "string",
    "strings",
    "whole",
    "without_secrets",
]

MOST: Final = 2**63 - 1
"""The greatest whole number that an argument can be: what 64 bits hold."""


def is_number(value: object) -> bool:
    """Whether a value is a finite real number, of Python, NumPy or `decimal`; True and False are none."""
    try:
        if type(value) is float:  # by far the most frequent, and abstract classes take their time
            return math.isfinite(value)
        return not isinstance(value, bool) and isinstance(value, Real | Decimal) and math.isfinite(value)
    except (OverflowError, ValueError):
        return False  # an integer that no float can hold, a ratio of such, or a signalling NaN


def is_whole(value: object, *, least: int | None = None, most: int | None = None) -> bool:
    """Whether a value is a whole number within its limits; a float is none, whatever its value."""
    if isinstance(value, bool):
        return False
    if isinstance(value, Decimal):
        if not value.is_finite() or value != value.to_integral_value():
            return False
    elif not isinstance(value, Integral):
        return False
    exact = value if isinstance(value, Decimal) else int(value)  # of 1e999999, int() takes minutes
    return (least is None or exact >= least) and (most is None or exact <= most)


def is_fraction(value: object) -> bool:
    """Whether a value is a number from 0 to 1."""
    return is_number(value) and 0 <= value <= 1  # type: ignore[operator]


def plain_number(value: float | Real | Decimal) -> int | float:
    """A number of NumPy or `decimal` as int or float.

    Args:
        value: What `is_number` accepts.
    """
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return int(value) if isinstance(value, Integral) else float(value)


def whole(name: str, given: object, *, least: int = 0, most: int = MOST) -> Iterator[str]:
    """A whole number from a least one, up to a greatest one: by default that of 64 bits, which databases can hold."""
    if not is_whole(given, least=least, most=most):
        beyond = is_whole(given, least=least)
        limits = f"from {least} to {most}" if beyond or most != MOST else f"from {least}"
        yield f"{name} must be a whole number {limits}, not {repr_of(given)}."


def number(
    name: str, given: object, *, least: float | None = None, above: float | None = None, unit: str = ""
) -> Iterator[str]:
    """A finite number.

    Args:
        name: The argument.
        given: Its value.
        least: The least number allowed.
        above: What it must be greater than.
        unit: What it counts: ``seconds``.
    """
    fits = is_number(given) and (least is None or given >= least) and (above is None or given > above)  # type: ignore[operator]
    if not fits:
        limits = (f" from {least:g}" if least is not None else "") + (f" above {above:g}" if above is not None else "")
        kind = ("number" if limits else "finite number") + (f" of {unit}" if unit else "")
        yield f"{name} must be a {kind}{limits}, not {repr_of(given)}."


def seconds(name: str, given: object, *, least: float | None = None) -> Iterator[str]:
    """A time: a number of seconds above 0, or from a least number."""
    yield from number(name, given, least=least, above=0 if least is None else None, unit="seconds")


def fraction(name: str, given: object) -> Iterator[str]:
    """A number from 0 to 1."""
    if not is_fraction(given):
        yield f"{name} must be a number from 0 to 1, not {repr_of(given)}."


def flag(name: str, given: object) -> Iterator[str]:
    """True or False."""
    if not isinstance(given, bool):
        yield f"{name} must be true or false, not {repr_of(given)}."


def string(name: str, given: object, *, empty: bool = False, in_names: bool = False) -> Iterator[str]:
    """A string.

    Args:
        name: The argument.
        given: Its value.
        empty: Whether it may be empty.
        in_names: Whether it becomes a part of names, which have no NUL and no half of a surrogate pair.
    """
    if not isinstance(given, str):
        yield f"{name} must be a string, not {repr_of(given)}."
    elif not empty and not given:
        yield f"{name} must not be empty."
    elif in_names and ("\0" in given or not is_unicode(given)):
        yield f"{name} must not have characters that no name has, and is {repr_of(given)}."


def strings(name: str, given: object, *, least: int = 0) -> Iterator[str]:
    """A list (or another collection) of non-empty strings; a single string is one problem, not one for each letter.

    Args:
        name: The argument.
        given: Its value.
        least: How many there must be.
    """
    if isinstance(given, str):
        yield f"{name} must be a list of strings, not the string {repr_of(given)}."
    elif isinstance(given, bytes | Mapping) or not isinstance(given, Collection):
        yield f"{name} must be a list of strings, not {repr_of(given)}."
    else:
        items = list(given)
        wrong = [item for item in items if not isinstance(item, str) or not item]
        if wrong:
            yield f"{name} must be a list of non-empty strings; it contains {', '.join(map(repr_of, wrong))}."
        elif len(items) < least:
            yield f"{name} must be a list of at least {least} string{'' if least == 1 else 's'}, not {repr_of(given)}."


def is_unicode(text: str) -> bool:
    """Whether a string has no half of a surrogate pair, which no file and no database has."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def path(name: str, given: object) -> Iterator[str]:
    """A path: a string or a `PathLike` that is not empty."""
    if not isinstance(given, str | PathLike):
        yield f"{name} must be a path, not {repr_of(given)}."
    else:
        text = fspath(given)
        if not isinstance(text, str) or not text or "\0" in text or not is_unicode(text):
            yield f"{name} must be a path, not {repr_of(given)}: it is empty, or has characters that no path has."


def choice(name: str, given: object, allowed: Iterable[str]) -> Iterator[str]:
    """One of a set of names."""
    names = list(allowed)
    if not isinstance(given, str) or given not in names:
        yield f"{name} must be one of {', '.join(map(repr, names))}, not {repr_of(given)}.{question(given, names)}"


def mapping(name: str, given: object) -> Iterator[str]:
    """A dict (or another mapping) with strings as keys."""
    if not isinstance(given, Mapping):
        yield f"{name} must be a mapping, not {repr_of(given)}."
    else:
        wrong = [key for key in given if not isinstance(key, str)]
        if wrong:
            yield f"{name} must have strings as keys, not {', '.join(map(repr_of, wrong))}."


def function(name: str, given: object, what: str = "a function") -> Iterator[str]:
    """Something that can be called."""
    if not callable(given):
        yield f"{name} must be {what}, not {type(given).__name__}."


def instance(name: str, given: object, kind: type | tuple[type, ...], what: str) -> Iterator[str]:
    """An object of a class, or of one of several.

    Args:
        name: The argument.
        given: Its value, which no message shows.
        kind: The class or classes.
        what: What it must be, with its article: ``an SLAConfig``.
    """
    if not isinstance(given, kind):
        yield f"{name} must be {what}, not {type(given).__name__}."


def without_secrets(name: str, given: object, *, instead: str) -> Iterator[str]:
    """A URI that is stored or shown, and so must hold no user, password, key, token or signature.

    Args:
        name: The argument.
        given: A path or URI; anything else is left to other validators.
        instead: What to do about it, as the end of the sentence.
    """
    if isinstance(given, str | PathLike) and has_secrets(given):
        yield f"{name} must hold no secret, because it is stored and shown: {masked(given)}; {instead}."


def duration(name: str, given: object) -> Iterator[str]:
    """A duration above zero, in any of the forms that `parse_duration` reads."""
    try:
        parse_duration(given)
    except ValueError as error:
        yield f"{name}: {error}."
