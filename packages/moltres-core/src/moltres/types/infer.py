"""SQL types for columns of plain Python values."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import types as sql

from .._shared.infer import NUMBERS, ColumnValues, summarize
from . import documents
from .documents import JsonText
from .logical import ListDocument

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy.types import TypeEngine

_BIG = 2**63
_EXACT = 2**53
"""Up to here a float holds every whole number."""

_TYPES: dict[str, type[TypeEngine[Any]]] = {
    "boolean": sql.Boolean,
    "text": sql.Text,
    "binary": sql.LargeBinary,
    "date": sql.Date,
    "interval": sql.Interval,
    "uuid": sql.Uuid,
    "struct": sql.JSON,
}
_CLASSES: dict[str, type] = {
    "boolean": bool, "integer": int, "float": float, "decimal": Decimal, "text": str, "binary": bytes,
    "datetime": dt.datetime, "date": dt.date, "time": dt.time, "interval": dt.timedelta, "uuid": UUID,
    "list": list, "struct": dict,
}  # fmt: skip
# Scalars of other libraries have become Python's own before (`foreign`): a driver would store their bytes.
_HELD = (*_CLASSES.values(), bytearray)


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
    kinds = set(map(type, present))
    if not kinds.isdisjoint({type(documents.NULL), JsonText}):
        # JSON that only looks like a number or a string: an empty document in its place.
        present = [{} if value is documents.NULL or type(value) is JsonText else value for value in present]
        kinds = set(map(type, present))
    for kind in kinds:
        if issubclass(kind, Enum) or not issubclass(kind, _HELD):
            raise TypeError(f"a value of type {kind.__name__}, which no column holds")
    known = summarize(present)
    if not known.families:
        return sql.NullType()
    if known.families <= NUMBERS:
        return _numbers(known, present)
    if len(known.families) > 1:
        raise TypeError(f"values of several types: {_classes(known)}")
    (family,) = known.families
    if family == "list":
        return _list(present)
    if family in ("datetime", "time"):
        if len(known.zones) > 1:
            raise TypeError("values with and without a time zone")
        return (sql.DateTime if family == "datetime" else sql.Time)(timezone=True in known.zones)
    return _TYPES[family]()


def _classes(known: ColumnValues) -> str:
    return ", ".join(sorted(_CLASSES[family].__name__ for family in known.families))


def _list(values: Sequence[Any]) -> TypeEngine[Any]:
    """JSON; if the items are of one type, a column of arrays takes them as well."""
    try:
        item = infer(item for value in values for item in value)
    except TypeError:
        return sql.JSON()
    return ListDocument(item)


def _numbers(known: ColumnValues, values: Sequence[Any]) -> TypeEngine[Any]:
    if "float" in known.families:
        if "decimal" in known.families:
            raise TypeError("values of several types: Decimal, float")
        if "integer" in known.families and any(isinstance(value, int) and abs(value) > _EXACT for value in values):
            raise TypeError("floats, and integers too long for a float")
        return sql.Double()
    if known.families == {"integer"}:
        return sql.BigInteger() if known.largest < _BIG else sql.Numeric(max(38, known.whole_digits), 0)
    # Room for larger values of the same kind: what is left of the 38 digits that every database offers. Whether a
    # column holds NaN and infinity is for the database to say.
    return sql.Numeric(max(38, known.whole_digits + known.scale), known.scale)
