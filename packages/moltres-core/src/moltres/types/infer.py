"""SQL types for columns of plain Python values."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import types as sql

from . import documents
from .documents import JsonText
from .logical import ListDocument

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy.types import TypeEngine

_BIG = 2**63
_EXACT = 2**53
"""Up to here a float holds every whole number."""

# Looked up by class: bool is an int and datetime a date, so the exact class decides before its bases do.
_SIMPLE: dict[type, type[TypeEngine[Any]]] = {
    bool: sql.Boolean,
    str: sql.Text,
    bytes: sql.LargeBinary,
    bytearray: sql.LargeBinary,
    dt.date: sql.Date,
    dt.time: sql.Time,
    dt.timedelta: sql.Interval,
    UUID: sql.Uuid,
    dict: sql.JSON,
    JsonText: sql.JSON,
    list: sql.JSON,
}


def _class_of(value: object) -> type | None:
    if value is documents.NULL:
        return dict
    kind = type(value)
    if isinstance(value, Enum) or kind in _SIMPLE or kind in {int, float, Decimal, dt.datetime}:
        return None if isinstance(value, Enum) else kind
    # Subclasses, such as the scalars of NumPy and the time stamps of pandas.
    bases = (bool, int, float, Decimal, dt.datetime, str, bytes, dt.date, dt.time, dt.timedelta, UUID, dict, list)
    return next((base for base in bases if isinstance(value, base)), None)


def _classes_of(values: Sequence[Any]) -> set[type]:
    examples: dict[type, Any] = {}
    for value in values:
        if type(value) not in examples:
            examples[type(value)] = value
    kinds = set()
    for cls, example in examples.items():
        kind = _class_of(example)
        if kind is None:
            raise TypeError(f"a value of type {cls.__name__}, which no column holds")
        kinds.add(kind)
    return kinds


def infer(values: Iterable[Any]) -> TypeEngine[Any]:
    """The narrowest common SQL type of the values: BIGINT, DOUBLE, NUMERIC(p, s), TEXT, … .

    Args:
        values: The values of one column; None says nothing.

    Returns:
        NullType when every value is None.

    Raises:
        TypeError: If the values have no common type, or a type that no column holds; its text says which.
    """
    present = [value for value in values if value is not None]
    kinds = _classes_of(present)
    if not kinds:
        return sql.NullType()
    if kinds <= {int, float, Decimal}:
        return _numbers(kinds, present)
    if len(kinds) > 1:
        raise TypeError(f"values of several types: {', '.join(sorted(kind.__name__ for kind in kinds))}")
    kind = kinds.pop()
    if kind is list:
        return _list(present)
    if kind is dt.datetime or kind is dt.time:
        zones = {value.tzinfo is not None for value in present}
        if len(zones) > 1:
            raise TypeError("values with and without a time zone")
        return sql.DateTime(timezone=zones.pop()) if kind is dt.datetime else sql.Time(timezone=zones.pop())
    return _SIMPLE[kind]()


def _list(values: Sequence[Any]) -> TypeEngine[Any]:
    """JSON; if the items are of one type, a column of arrays takes them as well."""
    try:
        item = infer(item for value in values for item in value)
    except TypeError:
        return sql.JSON()
    return ListDocument(item)


def _numbers(kinds: set[type], values: Sequence[Any]) -> TypeEngine[Any]:
    if float in kinds:
        if Decimal in kinds:
            raise TypeError("values of several types: Decimal, float")
        if int in kinds and any(isinstance(value, int) and abs(value) > _EXACT for value in values):
            raise TypeError("floats, and integers too long for a float")
        return sql.Double()
    if Decimal not in kinds:
        widest = max(value if value >= 0 else -value - 1 for value in values)
        return sql.BigInteger() if widest < _BIG else sql.Numeric(max(38, len(str(widest))), 0)
    scale = whole = 0
    for value in values:
        _, digits, exponent = Decimal(value).as_tuple()
        if not isinstance(exponent, int):
            continue  # NaN and infinity: whether a column holds them is for the database to say
        scale = max(scale, -exponent)
        whole = max(whole, len(digits) + exponent)
    # Room for larger values of the same kind: what is left of the 38 digits that every database offers.
    return sql.Numeric(max(38, whole + scale), scale)
