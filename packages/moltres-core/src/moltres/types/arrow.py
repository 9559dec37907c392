"""Arrow beside SQL: the types of one in the other, batches as rows, and back. pyarrow is imported when it is used."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any, TypeAlias

from sqlalchemy import types as sql

from ..errors import MissingDependencyError, SchemaMismatchError
from .logical import kind_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pyarrow as pa
    from sqlalchemy.types import TypeEngine

Named = tuple[str, "TypeEngine[Any]"]
"""Name and SQL type of a column."""

Rows = list[tuple[Any, ...]]
Batch: TypeAlias = "pa.RecordBatch | Rows"
"""Rows on their way: Arrow where both ends speak it, else tuples of Python values."""

_DECIMAL_DIGITS = 38
"""What Arrow's 128-bit decimal and DuckDB's DECIMAL hold at most."""

_OPEN_SCALE = 10
"""Digits after the point of a decimal that has no limit, where there must be one; a value with more is refused."""


def arrow() -> Any:
    """The module pyarrow, or the error that says how to install it."""
    try:
        import pyarrow as pa
    except ImportError as error:
        raise MissingDependencyError.extra("pyarrow", "arrow", "Arrow data") from error
    return pa


def bounded(precision: int | None, scale: int | None) -> tuple[int, int]:
    """Precision and scale for a decimal where they must be given."""
    return (_DECIMAL_DIGITS, _OPEN_SCALE) if scale is None else (precision or _DECIMAL_DIGITS, scale)


def to_sql(type_: pa.DataType) -> TypeEngine[Any]:  # noqa: PLR0911 - one line for each kind
    """The SQL type that holds every value of an Arrow type; NullType for one that says nothing."""
    pa = arrow()
    types = pa.types
    if types.is_dictionary(type_):
        return to_sql(type_.value_type)
    if types.is_integer(type_):
        bits = type_.bit_width + (1 if types.is_unsigned_integer(type_) else 0)
        if bits > 64:
            return sql.Numeric(20, 0)
        return sql.SmallInteger() if bits <= 16 else sql.Integer() if bits <= 32 else sql.BigInteger()
    if types.is_decimal(type_):
        return sql.Numeric(type_.precision, type_.scale)
    if types.is_timestamp(type_):
        return sql.DateTime(timezone=type_.tz is not None)
    if types.is_list(type_) or types.is_large_list(type_) or types.is_fixed_size_list(type_):
        return sql.ARRAY(to_sql(type_.value_type))
    if types.is_struct(type_) or types.is_map(type_):
        return sql.JSON()
    return next((made() for test, made in _SQL if getattr(types, test)(type_)), sql.NullType())


_SQL: tuple[tuple[str, Callable[[], TypeEngine[Any]]], ...] = (
    ("is_boolean", sql.Boolean),
    ("is_float16", sql.REAL),
    ("is_float32", sql.REAL),
    ("is_float64", sql.Double),
    ("is_string", sql.Text),
    ("is_large_string", sql.Text),
    ("is_string_view", sql.Text),
    ("is_binary", sql.LargeBinary),
    ("is_large_binary", sql.LargeBinary),
    ("is_binary_view", sql.LargeBinary),
    ("is_fixed_size_binary", sql.LargeBinary),
    ("is_date", sql.Date),
    ("is_time", sql.Time),
    ("is_duration", sql.Interval),
    ("is_interval", sql.Interval),
)


def to_arrow(type_: TypeEngine[Any]) -> pa.DataType:
    """The Arrow type for values of a SQL type; text where it is unknown, UUIDs and JSON as text."""
    pa = arrow()
    kind = kind_of(type_)
    if kind.name == "integer":
        bits = kind.bits or 64
        return (
            pa.decimal128(_DECIMAL_DIGITS, 0) if bits > 64 else {16: pa.int16(), 32: pa.int32()}.get(bits, pa.int64())
        )
    if kind.name == "decimal":
        precision, scale = bounded(kind.precision, kind.scale)
        return pa.decimal128(precision, scale) if precision <= _DECIMAL_DIGITS else pa.decimal256(precision, scale)
    if kind.name == "timestamp":
        return pa.timestamp("us", tz="UTC" if kind.zoned else None)
    if kind.name == "array" and isinstance(type_, sql.ARRAY):
        return pa.list_(to_arrow(type_.item_type))
    return {
        "boolean": pa.bool_(),
        "float": pa.float32() if kind.bits == 32 else pa.float64(),
        "binary": pa.binary(),
        "date": pa.date32(),
        "time": pa.time64("us"),
        "interval": pa.duration("us"),
    }.get(kind.name, pa.string())


def plain(batch: pa.RecordBatch, columns: Sequence[Named]) -> pa.RecordBatch:
    """The same batch in types that every reader takes: no dictionaries, microseconds, structs as JSON text.

    Raises:
        SchemaMismatchError: If that would change a value, such as a time stamp with nanoseconds.
    """
    pa = arrow()
    arrays, faults = [], []
    for (name, _), array in zip(columns, batch.columns, strict=True):
        try:
            arrays.append(_plain(pa, array))
        except pa.ArrowInvalid as error:
            faults.append(f"column {name!r}: {error}")
    if faults:
        raise SchemaMismatchError("Some values would not come back equal.", mismatches=faults)
    return pa.RecordBatch.from_arrays(arrays, names=[name for name, _ in columns])


def _plain(pa: Any, array: Any) -> Any:
    types, type_ = pa.types, array.type
    if isinstance(array, pa.ExtensionArray):
        return _plain(pa, array.storage)
    if types.is_dictionary(type_):
        return _plain(pa, array.dictionary_decode())
    if types.is_struct(type_) or types.is_map(type_):
        values = (dict(value) if isinstance(value, list) else value for value in array.to_pylist())
        return pa.array([None if value is None else json.dumps(value, default=str) for value in values], pa.string())
    usual = _usual(pa, type_)
    # A cast that would lose something fails.
    return array if usual is None or usual == type_ else array.cast(usual)


def _usual(pa: Any, type_: Any) -> Any:
    """The common type for one that not every reader knows; None for all others."""
    types = pa.types
    if types.is_timestamp(type_):
        return pa.timestamp("us", tz=type_.tz)
    if types.is_decimal(type_) and type_.precision <= _DECIMAL_DIGITS:
        return pa.decimal128(type_.precision, type_.scale)
    usual = {
        "is_time": lambda: pa.time64("us"),
        "is_duration": lambda: pa.duration("us"),
        "is_date64": pa.date32,
        "is_float16": pa.float32,
        "is_string_view": pa.string,
        "is_binary_view": pa.binary,
        "is_fixed_size_binary": pa.binary,
    }
    return next((made() for test, made in usual.items() if getattr(types, test)(type_)), None)


def to_rows(batch: pa.RecordBatch, columns: Sequence[Named]) -> Rows:
    """The rows of a plain batch as Python values of the columns' SQL types."""
    values = []
    for (_, type_), array in zip(columns, batch.columns, strict=True):
        convert = _FROM_TEXT.get(kind_of(type_).name)
        items = array.to_pylist()
        values.append(items if convert is None else [None if item is None else convert(item) for item in items])
    return list(zip(*values, strict=True)) if values else []


def _uuid(value: str | bytes | uuid.UUID) -> uuid.UUID:
    if isinstance(value, uuid.UUID):
        return value
    return uuid.UUID(bytes=value) if isinstance(value, bytes) else uuid.UUID(value)


_FROM_TEXT: dict[str, Callable[[Any], Any]] = {"uuid": _uuid, "json": json.loads}


def to_batch(rows: Rows, columns: Sequence[Named]) -> pa.RecordBatch:
    """Rows as a batch of the Arrow types for these SQL types.

    Raises:
        SchemaMismatchError: If a value is not of its column's type or would lose digits; all such columns at once.
    """
    pa = arrow()
    arrays, faults = [], []
    values = list(zip(*into_text(rows, columns), strict=True)) or [()] * len(columns)
    for (name, type_), items in zip(columns, values, strict=True):
        try:
            arrays.append(pa.array(items, to_arrow(type_), from_pandas=False))
        except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError) as error:
            faults.append(f"column {name!r}: {error}")
    if faults:
        raise SchemaMismatchError("Some values do not fit their columns.", mismatches=faults)
    return pa.RecordBatch.from_arrays(arrays, names=[name for name, _ in columns])


_INTO_TEXT: dict[str, Callable[[Any], Any]] = {"uuid": str, "json": lambda value: json.dumps(value, default=str)}


def into_text(rows: Rows, columns: Sequence[Named]) -> Rows:
    """The same rows with what travels as text as text: UUIDs and JSON."""
    converts = [_INTO_TEXT.get(kind_of(type_).name) for _, type_ in columns]
    if not any(converts):
        return rows
    return [
        tuple(
            value if convert is None or value is None else convert(value)
            for value, convert in zip(row, converts, strict=True)
        )
        for row in rows
    ]
