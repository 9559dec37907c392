"""Whether a value that arrives is the value that was there, whatever library holds it now."""

from __future__ import annotations

import datetime as dt
import json
import math
import struct
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import JSON


@dataclass(frozen=True)
class Special:
    """A value that Python has no type for: an infinite date, a month, an enum, a range. It may arrive as text."""

    texts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Document:
    """A document of JSON, by its text."""

    text: str


@dataclass(frozen=True)
class Short:
    """A float of 32 bits."""

    value: float


@dataclass(frozen=True)
class Stored:
    """What SQLite has stored, whatever the column was declared as."""

    value: Any


def python(value: Any) -> Any:
    """A scalar of NumPy, pandas or Arrow as a value of Python; as it is if it has nanoseconds."""
    name = type(value).__name__
    if name in {"NaTType", "NAType"}:
        return None
    if name == "Timestamp":
        return value if value.nanosecond else value.to_pydatetime()
    if name == "Timedelta":
        return value if value.nanoseconds else value.to_pytimedelta()
    if name == "ndarray":
        return [python(item) for item in value.tolist()]
    return value.item() if type(value).__module__ == "numpy" else value


def same(truth: Any, found: Any, *, text: bool = False) -> bool:
    """Whether a value is the one that was there.

    Args:
        truth: The value that was drawn.
        found: What arrived.
        text: Whether the road has JSON and UUIDs as text: Arrow, pandas and Polars.
    """
    found = python(found)
    if isinstance(truth, Stored):
        return _same_stored(truth.value, found, text=text)
    if truth is None or found is None:
        # A column of text has NaN for NULL in pandas.
        return found is None or (text and isinstance(found, float) and math.isnan(found)) if truth is None else False
    if isinstance(truth, Special):
        return (str(found) if type(found).__module__ == "ipaddress" else found) in truth.texts
    if isinstance(truth, Document):
        return _is_null(truth.text, found) or _same_document(truth.text, found, text_road=text)
    if isinstance(truth, Short):
        return isinstance(found, float) and _short(found) == _short(truth.value)
    if isinstance(truth, float) and math.isnan(truth):
        return isinstance(found, float) and math.isnan(found)
    if isinstance(truth, Decimal) and truth.is_nan():
        return isinstance(found, Decimal | float) and math.isnan(found)
    if isinstance(truth, UUID):
        return str(found) == str(truth)
    if isinstance(truth, list):
        return isinstance(found, list) and len(found) == len(truth) and all(map(_same_item, truth, found))
    if isinstance(truth, dt.time) and truth.tzinfo is not None and isinstance(found, str):
        read = dt.time.fromisoformat(found)  # the digits of a fraction may be fewer
        return (read.replace(tzinfo=None), read.utcoffset()) == (truth.replace(tzinfo=None), truth.utcoffset())
    if isinstance(truth, dict):
        return isinstance(found, dict | str) and _same_document(
            json.dumps(truth), found, text_road=isinstance(found, str)
        )
    if isinstance(truth, dt.time) and isinstance(found, dt.time) and truth.utcoffset() != found.utcoffset():
        return False
    return _kind(truth) == _kind(found) and bool(truth == found)


def _same_item(truth: Any, found: Any) -> bool:
    """Whether an item of a list is the one that was there; where a database has no arrays it is one of a document."""
    if isinstance(truth, Decimal) and isinstance(found, float) and math.isfinite(found):
        return Decimal(repr(found)) == truth
    return same(truth, found)


def _short(value: float) -> bytes:
    return struct.pack("f", value) if not math.isnan(value) else b"nan"


def _kind(value: Any) -> str:
    """What equal values must agree in, beside being equal."""
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | Decimal):
        return "number"
    if isinstance(value, dt.datetime):
        return "instant" if value.tzinfo is not None else "timestamp"
    if isinstance(value, bytes | bytearray | memoryview):
        return "bytes"
    return type(value).__name__


def _numbers(value: Any) -> Any:
    """A document in which every number is exact, and null is None."""
    if value is JSON.NULL:
        return None
    if isinstance(value, dict):
        return {key: _numbers(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_numbers(item) for item in value]
    if isinstance(value, float):
        return Decimal(repr(value))
    return value


def _parsed(text: str) -> Any:
    return json.loads(text, parse_float=Decimal)


def _is_null(text: str, found: Any) -> bool:
    return found is JSON.NULL and json.loads(text) is None


def _same_document(text: str, found: Any, *, text_road: bool = False) -> bool:
    try:
        value = _parsed(found) if text_road and isinstance(found, str) else _numbers(found)
    except ValueError:
        return False
    truth = _parsed(text)
    return repr(_ordered(truth)) == repr(_ordered(value))


def _ordered(value: Any) -> Any:
    if isinstance(value, dict):
        return sorted((key, _ordered(item)) for key, item in value.items())
    if isinstance(value, list):
        return [_ordered(item) for item in value]
    if isinstance(value, Decimal | int) and not isinstance(value, bool):
        return ("number", Decimal(value).normalize())
    return value


def _same_stored(truth: Any, found: Any, *, text: bool) -> bool:
    """Whether a value is what SQLite has stored, or what its declared type makes of it without bending it."""
    if truth is None or found is None:
        return same(truth, found, text=text)
    if found is JSON.NULL:
        return isinstance(truth, str) and truth.strip() == "null"
    if isinstance(found, bool):
        return type(truth) is int and truth in {0, 1} and found == bool(truth)
    if isinstance(truth, float) and isinstance(found, Decimal):
        return Decimal(repr(truth)) == found
    if isinstance(truth, int | float) and isinstance(found, int | float | Decimal):
        return truth == found
    if isinstance(truth, str):
        if isinstance(found, dt.datetime):
            return dt.datetime.fromisoformat(truth) == found
        if isinstance(found, dt.date | dt.time):
            return type(found).fromisoformat(truth) == found
        if isinstance(found, UUID):
            return str(found) == truth.lower()
        if isinstance(found, str):
            return found == truth or (text and _is_uuid_text(truth, found)) or (not text and _is_document(truth, found))
        return _is_document(truth, found)
    if text and isinstance(found, str) and isinstance(truth, int | float):
        return _is_document(json.dumps(truth), json.loads(found))
    return type(truth) is type(found) and truth == found


def _is_uuid_text(truth: str, found: str) -> bool:
    return truth.lower() == found


def _is_document(truth: str, found: Any) -> bool:
    try:
        return _same_document(truth, found)
    except ValueError:
        return False
