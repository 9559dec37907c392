"""Rows as JSON and back again without loss: an orchestrator's own store takes JSON, and rows hold more than JSON knows.

What JSON has (text, booleans, NULL, finite numbers, lists, objects) stays as it is, so that a stored value can be read
by eye. Everything else becomes an object with one key that begins with ``$``: ``{"$decimal": "1.10"}``.
"""

from __future__ import annotations

import base64
import datetime as dt
import math
from collections.abc import Callable, Mapping
from decimal import Decimal
from enum import Enum
from ipaddress import IPv4Address, IPv4Interface, IPv4Network, IPv6Address, IPv6Interface, IPv6Network
from typing import Any, Final, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from ..errors import HandoffError
from ..types import documents
from ..types.foreign import as_python
from ..types.logical import ListDocument, logical_type
from ..types.records import Records
from .reference import MARKER, Reference, is_reference

_Moment = TypeVar("_Moment", dt.datetime, dt.time)

_SAFE_INTEGER = 2**53 - 1  # beyond it, a reader that holds numbers as doubles (a browser, say) would round


def _moment_to_json(value: dt.datetime | dt.time) -> str | list[Any]:
    zone = value.tzinfo.key if isinstance(value.tzinfo, ZoneInfo) else None
    if zone is None and not value.fold:
        return value.isoformat()
    # Wall clock, zone and fold: the second 02:30 of the night on which the clocks go back stays the second one.
    return [(value.replace(tzinfo=None) if zone else value).isoformat(), zone, value.fold]


def _moment_reader(kind: type[_Moment]) -> Callable[[Any], _Moment]:
    def read(stored: Any) -> _Moment:
        text, zone, fold = (stored, None, 0) if isinstance(stored, str) else stored
        value = kind.fromisoformat(text).replace(fold=fold)
        return value.replace(tzinfo=ZoneInfo(zone)) if zone else value

    return read


def _types_to_json(types: Mapping[str, sa.types.TypeEngine[Any]]) -> dict[str, Any]:
    """SQL types by their portable names, so that rows go where their table went, and empty columns keep their type."""
    known = {column: stored for column, given in types.items() if (stored := _type_to_json(given)) is not None}
    return _encode_mapping(known, None)  # a column may have the name of a mark


def _type_to_json(given: sa.types.TypeEngine[Any]) -> list[Any] | None:
    if isinstance(given, sa.ARRAY):
        item = _type_to_json(given.item_type)
        return None if item is None else ["ARRAY", {"item_type": item, "dimensions": given.dimensions}]
    logical = logical_type(given)
    if logical.name == "float":
        return ["REAL" if logical.bits == 32 else "Double", {}]
    made = _BY_FAMILY.get(logical.name)
    of_items = getattr(given, "item_type", None) if logical.name == "json" else None
    if of_items is not None and (item := _type_to_json(of_items)) is not None:
        return ["ListDocument", {"item_type": item}]
    if logical.name == "integer":
        made = sa.SmallInteger if logical.bits == 16 else sa.Integer if logical.bits == 32 else sa.BigInteger
        if (logical.bits or 64) > 64:
            return ["Numeric", {"precision": 38, "scale": 0}]
    if made is None:
        return None
    options = {"precision": logical.precision, "scale": logical.scale, "length": logical.length}
    if logical.name == "interval" or (logical.name == "text" and logical.native):
        options = {}
    if logical.name in {"timestamp", "time"}:
        options = {"timezone": logical.zoned}
    name = "String" if options.get("length") else made.__name__
    return [name, {option: value for option, value in options.items() if value is not None}]


def _type_from_json(stored: list[Any]) -> sa.types.TypeEngine[Any]:
    name, options = stored
    if name == "ARRAY":
        return sa.ARRAY(_type_from_json(options["item_type"]), dimensions=options["dimensions"])
    if name == "ListDocument":
        return ListDocument(_type_from_json(options["item_type"]))
    return _PORTABLE_TYPES[name](**options)


def _base64(value: bytes | bytearray | memoryview) -> str:
    return base64.b64encode(value).decode("ascii")


# fmt: off
_PORTABLE_TYPES: Final = {kind.__name__: kind for kind in (
    sa.BigInteger, sa.Boolean, sa.Date, sa.DateTime, sa.Double, sa.Float, sa.Integer, sa.Interval, sa.JSON,
    sa.LargeBinary, sa.Numeric, sa.REAL, sa.SmallInteger, sa.String, sa.Text, sa.Time, sa.Uuid,
)}
# fmt: on
_BY_FAMILY: Final[Mapping[str, type[sa.types.TypeEngine[Any]]]] = {
    "boolean": sa.Boolean,
    "decimal": sa.Numeric,
    "text": sa.Text,
    "binary": sa.LargeBinary,
    "date": sa.Date,
    "timestamp": sa.DateTime,
    "time": sa.Time,
    "interval": sa.Interval,
    "uuid": sa.Uuid,
    "json": sa.JSON,
}

# Tag and the two directions for each type that JSON lacks. A new type of value is one more line.
_WRITERS: Final[dict[type, tuple[str, Callable[[Any], Any]]]] = {
    Decimal: ("$decimal", str),
    dt.datetime: ("$datetime", _moment_to_json),
    dt.date: ("$date", dt.date.isoformat),
    dt.time: ("$time", _moment_to_json),
    dt.timedelta: ("$timedelta", lambda value: [value.days, value.seconds, value.microseconds]),
    UUID: ("$uuid", str),
    bytes: ("$bytes", _base64),
    bytearray: ("$bytes", _base64),
    memoryview: ("$bytes", _base64),
    int: ("$int", str),  # only those beyond a double
    float: ("$float", str),  # only NaN and the infinities
}
_READERS: Final[dict[str, Callable[[Any], Any]]] = {
    "$decimal": Decimal,
    "$datetime": _moment_reader(dt.datetime),
    "$date": dt.date.fromisoformat,
    "$time": _moment_reader(dt.time),
    "$timedelta": lambda stored: dt.timedelta(*stored),
    "$uuid": UUID,
    "$bytes": base64.b64decode,
    "$int": int,
    "$json": lambda _: documents.NULL,
    "$float": float,
    "$tuple": lambda stored: tuple(decode(item) for item in stored),
    "$dict": lambda stored: {decode(key): decode(item) for key, item in stored},
}
for _kind in (IPv4Address, IPv4Interface, IPv4Network, IPv6Address, IPv6Interface, IPv6Network):
    _WRITERS[_kind] = (f"${_kind.__name__.lower()}", str)
    _READERS[f"${_kind.__name__.lower()}"] = _kind


def _date(value: Any) -> dt.date:
    return dt.date(value.year, value.month, value.day)


def _time(value: Any) -> dt.time:
    return dt.time(value.hour, value.minute, value.second, value.microsecond, value.tzinfo, fold=value.fold)


# What is derived from a type, as Pendulum's moments are, is its equal value. Methods of the type itself, because the
# derived class may have others: a Duration of Pendulum adds to another one.
_BASES: Final[tuple[tuple[type, Callable[[Any], Any]], ...]] = (
    (int, int.__pos__),
    (float, float.__pos__),
    (Decimal, Decimal),
    (dt.datetime, lambda value: dt.datetime.combine(_date(value), _time(value))),
    (dt.date, _date),
    (dt.time, _time),
    (dt.timedelta, lambda value: dt.timedelta.__add__(dt.timedelta(), value)),
    (UUID, lambda value: UUID(int=value.int)),
    (bytes, lambda value: bytes(memoryview(value))),
    (list, lambda value: [*value]),
    (tuple, lambda value: (*value,)),
)


def encode(value: Any) -> Any:
    """A value as what JSON holds without loss.

    Args:
        value: Records, a Reference, rows as a list of dicts, or any nesting of lists, tuples, dicts and the values that
            databases give: text, numbers (also big, NaN and infinite), Decimal, date, time, datetime with zone,
            timedelta, bytes, UUID, addresses. A member of an Enum is stored as its name, as SQLAlchemy stores it; of a
            class that is derived from these (Pendulum's) comes the equal value of the class itself.

    Returns:
        str, int, float, bool, None, lists and dicts only. :func:`decode` gives the value back.

    Raises:
        HandoffError: If a value has no lossless form; the message names its column and type.
    """
    try:
        return _encode(value)
    except RecursionError:
        raise HandoffError(
            "A value is nested too deeply, or contains itself.",
            suggestion="Hand the rows over as a table or Parquet instead of inline.",
        ) from None


def _encode(value: Any) -> Any:
    if isinstance(value, Records):
        names = value.columns
        rows = [[_encode_cell(item, name) for item, name in zip(row, names, strict=True)] for row in value.stored_rows]
        return {MARKER: "rows", "columns": list(names), "types": _types_to_json(value.types), "rows": rows}
    if isinstance(value, Reference):
        return value.to_dict()
    if type(value) is list:
        items = [_encode(item) for item in value]
        # Rows that nobody knows to be stored would be read as the documents that they look like.
        plain = all(isinstance(item, Mapping) for item in value) and all(MARKER not in item for item in items)
        return {MARKER: "list", "items": items} if plain and any(map(_holds_stored, items)) else items
    if isinstance(value, Mapping):
        if is_reference(value):
            return dict(value)
        return _encode_mapping({key: _encode_cell(item, key) for key, item in value.items()}, None)
    return _encode_cell(value, None)


def decode(stored: Any) -> Any:
    """The value that :func:`encode` stored; anything that carries no mark comes back equal.

    Args:
        stored: What was stored, or any other value.

    Raises:
        HandoffError: If it carries a mark of this package and is not what :func:`encode` stores under it.
    """
    try:
        return _decode(stored)
    except HandoffError:
        raise
    except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:
        raise HandoffError(
            f"What is stored is marked as a value of moltres, and cannot be read as one: {type(error).__name__}:"
            f" {error}.",
            suggestion="Pass on what a task returned as it is.",
        ) from error


def _decode(stored: Any) -> Any:
    if isinstance(stored, list):
        return [_decode(item) for item in stored]
    if not isinstance(stored, Mapping):
        return stored
    if len(stored) == 1:
        tag, content = next(iter(stored.items()))
        if tag in _READERS:
            return _READERS[tag](content)
    elif (kind := stored.get(MARKER)) in _MARKED:
        return _MARKED[kind](stored)
    return {key: _decode(item) for key, item in stored.items()}


def _decode_rows(stored: Mapping[str, Any]) -> Records:
    types = {name: _type_from_json(type_) for name, type_ in _decode(stored["types"]).items()}
    return Records(([_decode(cell) for cell in row] for row in stored["rows"]), stored["columns"], types)


_MARKED: Final[dict[Any, Callable[[Mapping[str, Any]], Any]]] = {
    "rows": _decode_rows,
    "list": lambda stored: [_decode(item) for item in stored["items"]],
    "reference": Reference.from_dict,
}


def _text(write: Callable[[Any], Any], value: Any, column: Any) -> Any:
    try:
        return write(value)
    except ValueError as error:  # a number of more digits than Python writes
        raise HandoffError(f"Column {column!r} has a value that cannot be stored: {error}.") from error


def _encode_cell(value: Any, column: Any) -> Any:  # noqa: PLR0911 - one return for each form, in order of frequency
    kind = type(value)
    if value is documents.NULL:
        return {"$json": None}
    if value is None or kind is str or kind is bool:
        return value
    if kind is int and -_SAFE_INTEGER <= value <= _SAFE_INTEGER:
        return value
    if kind is float and math.isfinite(value):
        return value
    if kind in _WRITERS:
        tag, write = _WRITERS[kind]
        return {tag: _text(write, value, column)}
    if kind is list or kind is tuple:
        items = [_encode_cell(item, column) for item in value]
        return items if kind is list else {"$tuple": items}
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, Mapping):
        return _encode_mapping({key: _encode_cell(item, column) for key, item in value.items()}, column)
    plain = _scalar(value)
    if type(plain) is not kind:
        return _encode_cell(plain, column)
    where = "" if column is None else f" in column {column!r}"
    raise HandoffError(
        f"A value of type {kind.__module__}.{kind.__qualname__}{where} has no lossless form in JSON.",
        suggestion="Cast the column in the query, or hand the rows over as a table or Parquet instead of inline.",
    )


def _holds_stored(value: Any) -> bool:
    """Whether a stored value holds anything of which `decode` makes another value."""
    if isinstance(value, dict):
        return (len(value) == 1 and next(iter(value)) in _READERS) or any(map(_holds_stored, value.values()))
    return isinstance(value, list) and any(map(_holds_stored, value))


def _scalar(value: Any) -> Any:
    """A scalar of NumPy or pandas, or of a class derived from a known one, as the equal value of Python, if one is."""
    if isinstance(value, str):  # SQLAlchemy's quoted_name, say
        return str(value)
    library = type(value).__module__.partition(".")[0]
    if library not in {"numpy", "pandas"}:
        return next((make(value) for base, make in _BASES if isinstance(value, base)), value)
    if getattr(value, "ndim", None):
        return value
    try:
        return as_python([value])[0]
    except ValueError:  # nanoseconds, for example
        return value


def _encode_mapping(encoded: Mapping[Any, Any], column: Any) -> dict[str, Any]:
    """A dict as a JSON object, or as pairs where an object could not say the same."""
    # Names with two underscores are what stores mark their own documents with, as we do with MARKER.
    plain = all(type(key) is str and not key.startswith("__") for key in encoded)
    if plain and not (len(encoded) == 1 and next(iter(encoded)).startswith("$")):
        return dict(encoded)
    return {"$dict": [[_encode_cell(key, column), item] for key, item in encoded.items()]}
