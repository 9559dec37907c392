"""JSON without loss: numbers of any length, the null of JSON beside NULL, no value in another's form."""

from __future__ import annotations

import json
import math
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn

from sqlalchemy import types as sql

from .._shared.wording import repr_of

NULL = sql.JSON.NULL
"""The null of JSON as the whole value of a column, which is not NULL. In rows that users see, both are None."""


class JsonText(str):
    """A document as the database wrote it, on its way to another."""

    __slots__ = ()


def _number(digits: str) -> float | Decimal:
    short = float(digits)
    if math.isfinite(short) and Decimal(repr(short)) == Decimal(digits):
        return short
    return Decimal(digits)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        names = [name for name, _ in pairs]
        repeated = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"a JSON object has the key {repeated!r} more than once")
    return made


def _constant(name: str) -> NoReturn:
    raise ValueError(f"JSON has no {name}")


_decoder = json.JSONDecoder(parse_float=_number, object_pairs_hook=_object, parse_constant=_constant)


def read(text: str) -> Any:
    """The document that a database wrote.

    Args:
        text: JSON.

    Returns:
        Dicts, lists, strings, booleans, None, integers, floats, and Decimal where a float has too few digits; `NULL`
        if all of it is null.

    Raises:
        ValueError: If it is no JSON, or says a key of an object twice.
    """
    try:
        value = _decoder.decode(text)
    except (RecursionError, InvalidOperation) as error:
        raise ValueError("a JSON document is nested too deeply, or has a number too long") from error
    return NULL if value is None else value


def read_items(value: Any) -> Any:
    """The documents of an array that is nested to any depth; None for the null of JSON.

    Raises:
        ValueError: If an item is no JSON, or says a key of an object twice.
    """
    if isinstance(value, list):
        return [read_items(item) for item in value]
    found = None if value is None else read(value)
    return None if found is NULL else found


def write(value: Any) -> str:
    """A value as JSON.

    Args:
        value: What `read` returns.

    Raises:
        ValueError: If a value has no form in JSON from which it would come back equal.
    """
    if isinstance(value, JsonText):
        return value
    if value is NULL:
        return "null"
    try:
        return json.dumps(value) if _is_plain(value) else _written(value)
    except RecursionError as error:
        raise ValueError("a JSON document is nested too deeply, or holds itself") from error


def _is_plain(value: Any) -> bool:
    """Whether JSON says the same, so that Python's own writer may be used."""
    kind = type(value)
    if value is None or kind is str or kind is int or kind is bool:
        return True
    if kind is dict:
        return all(type(key) is str for key in value) and all(map(_is_plain, value.values()))
    if kind is list:
        return all(map(_is_plain, value))
    return kind is float and math.isfinite(value)


def _written(value: Any) -> str:
    if value is NULL:  # an item of an array that becomes a document
        return "null"
    if isinstance(value, dict):
        wrong = next((key for key in value if not isinstance(key, str)), None)
        if wrong is not None or None in value:
            raise ValueError(f"the key {repr_of(wrong)} of a dict is no string, and JSON has no other keys")
        return "{" + ", ".join(f"{json.dumps(key)}: {_written(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_written, value)) + "]"
    if isinstance(value, Decimal) and value.is_finite():
        return str(value)
    if value is None or isinstance(value, str | bool | int) or (isinstance(value, float) and math.isfinite(value)):
        return json.dumps(value)
    raise ValueError(f"JSON has no form for {repr_of(value, 60)} ({type(value).__name__})")
