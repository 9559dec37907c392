"""Arrow beside SQL: the types of one in the other, batches as rows, and back. pyarrow is imported when it is used."""

from __future__ import annotations

import uuid
from dataclasses import replace
from decimal import Context, Decimal, Inexact, InvalidOperation
from typing import TYPE_CHECKING, Any, TypeAlias

from sqlalchemy import types as sql

from ..errors import MissingDependencyError, SchemaMismatchError
from . import documents
from .arrow_range import DECIMAL_DIGITS, require_range, timedelta_of
from .documents import JsonText
from .logical import LogicalType, PartedDocument, Within, logical_type
from .values import unfit

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import pyarrow as pa
    from sqlalchemy.types import TypeEngine

Named = tuple[str, "TypeEngine[Any]"]
"""Name and SQL type of a column."""

Rows = list[tuple[Any, ...]]
Batch: TypeAlias = "pa.RecordBatch | Rows"
"""Rows on their way: Arrow where both ends speak it, else tuples of Python values."""

_MOST_DECIMAL_DIGITS = 76
"""What Arrow's 256-bit decimal holds at most."""

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
    """Precision and scale for a decimal where they must be given, and neither may be below 0."""
    if scale is None:
        return DECIMAL_DIGITS, _OPEN_SCALE
    precision = precision or DECIMAL_DIGITS
    return (precision - scale, 0) if scale < 0 else (max(precision, scale), scale)


_EXTENSIONS: dict[str, type[TypeEngine[Any]]] = {
    "arrow.uuid": sql.Uuid,
    "arrow.json": sql.JSON,
    "arrow.bool8": sql.Boolean,
}


def to_sql(type_: pa.DataType) -> TypeEngine[Any]:
    """The SQL type that holds every value of an Arrow type; NullType for Arrow's type of nothing but NULL.

    Raises:
        TypeError: If no SQL type does, or the type is not known; its text says which.
    """
    pa = arrow()
    types = pa.types
    if isinstance(type_, pa.BaseExtensionType):
        if type_.extension_name not in _EXTENSIONS:
            raise TypeError(f"the extension type {type_.extension_name}")
        return _EXTENSIONS[type_.extension_name]()
    if types.is_dictionary(type_):
        return to_sql(type_.value_type)
    if types.is_integer(type_):
        bits = type_.bit_width + (1 if types.is_unsigned_integer(type_) else 0)
        if bits > 64:
            return sql.Numeric(20, 0)
        return sql.SmallInteger() if bits <= 16 else sql.Integer() if bits <= 32 else sql.BigInteger()
    made = next((made(type_) for test, made in _SQL if getattr(types, test)(type_)), None)
    if made is None:
        raise TypeError(f"the Arrow type {type_}")
    return made


def _list_to_sql(item_type: pa.DataType) -> TypeEngine[Any]:
    """An array; JSON for lists of structs, which no array holds."""
    if isinstance(item_type, arrow().BaseExtensionType):
        raise TypeError(f"a list of the extension type {item_type.extension_name}")
    item = to_sql(item_type)
    if isinstance(item, sql.JSON):
        return PartedDocument(Within("list", (("items", logical_type(item)),)))
    return array_of(item)


def _parted(kind: str, parts: Mapping[str, pa.DataType]) -> TypeEngine[Any]:
    return PartedDocument(Within(kind, tuple((name, _part(type_)) for name, type_ in parts.items())))


def _part(type_: pa.DataType) -> LogicalType:
    """What stands within; all that no SQL type holds is for the writer of the document to refuse."""
    try:
        kind = logical_type(to_sql(type_))
    except TypeError:
        return LogicalType("other")
    nanoseconds = kind.name in {"timestamp", "time"} and getattr(type_, "unit", "") == "ns"
    return replace(kind, scale=9) if nanoseconds else kind


def _moment(type_: pa.DataType) -> TypeEngine[Any]:
    try:
        arrow().scalar(0, type_).as_py()
    except (KeyError, ValueError):
        raise TypeError(f"the time zone {type_.tz!r}, which is not known") from None
    return sql.DateTime(timezone=type_.tz is not None)


def array_of(item: TypeEngine[Any]) -> sql.ARRAY[Any]:
    """An array of items, which may be arrays themselves: SQLAlchemy counts dimensions instead of nesting."""
    if isinstance(item, sql.ARRAY):
        return sql.ARRAY(item.item_type, dimensions=(item.dimensions or 1) + 1)
    return sql.ARRAY(item)


_SQL: tuple[tuple[str, Callable[[Any], TypeEngine[Any]]], ...] = (
    ("is_null", lambda _: sql.NullType()),
    ("is_boolean", lambda _: sql.Boolean()),
    ("is_decimal", lambda type_: sql.Numeric(type_.precision, type_.scale)),
    ("is_float16", lambda _: sql.REAL()),
    ("is_float32", lambda _: sql.REAL()),
    ("is_float64", lambda _: sql.Double()),
    ("is_string", lambda _: sql.Text()),
    ("is_large_string", lambda _: sql.Text()),
    ("is_string_view", lambda _: sql.Text()),
    ("is_binary", lambda _: sql.LargeBinary()),
    ("is_large_binary", lambda _: sql.LargeBinary()),
    ("is_binary_view", lambda _: sql.LargeBinary()),
    ("is_fixed_size_binary", lambda _: sql.LargeBinary()),
    ("is_date", lambda _: sql.Date()),
    ("is_time", lambda _: sql.Time()),
    ("is_timestamp", _moment),
    ("is_duration", lambda _: sql.Interval()),
    ("is_interval", lambda _: sql.Interval()),
    ("is_list", lambda type_: _list_to_sql(type_.value_type)),
    ("is_large_list", lambda type_: _list_to_sql(type_.value_type)),
    ("is_fixed_size_list", lambda type_: _list_to_sql(type_.value_type)),
    ("is_struct", lambda type_: _parted("struct", {field.name: field.type for field in type_})),
    ("is_map", lambda type_: _parted("map", {"key": type_.key_type, "value": type_.item_type})),
)


def to_arrow(type_: TypeEngine[Any]) -> pa.DataType:
    """The Arrow type for values of a SQL type; text where Arrow has none: UUIDs, JSON, times with a zone."""
    pa = arrow()
    kind = logical_type(type_)
    if kind.name == "integer":
        bits = kind.bits or 64
        return pa.decimal128(DECIMAL_DIGITS, 0) if bits > 64 else {16: pa.int16(), 32: pa.int32()}.get(bits, pa.int64())
    if kind.name == "decimal":
        precision, scale = bounded(kind.precision, kind.scale)
        if precision > _MOST_DECIMAL_DIGITS:
            precision, scale = bounded(None, None)
        return pa.decimal128(precision, scale) if precision <= DECIMAL_DIGITS else pa.decimal256(precision, scale)
    if kind.name == "timestamp":
        return pa.timestamp("us", tz="UTC" if kind.zoned else None)
    if kind.name == "array" and isinstance(type_, sql.ARRAY):
        made = to_arrow(type_.item_type)
        for _ in range(type_.dimensions or 1):
            made = pa.list_(made)
        return made
    if kind.name == "time" and kind.zoned:
        return pa.string()
    return {
        "boolean": pa.bool_(),
        "float": pa.float32() if kind.bits == 32 else pa.float64(),
        "binary": pa.binary(),
        "date": pa.date32(),
        "time": pa.time64("us"),
        "interval": pa.duration("us"),
    }.get(kind.name, pa.string())


def plain(batch: pa.RecordBatch, columns: Sequence[Named]) -> pa.RecordBatch:
    """The same batch in types that every reader takes: no dictionaries, microseconds, structs and JSON as text.

    Raises:
        SchemaMismatchError: If that would change a value, such as a time stamp with nanoseconds.
    """
    pa = arrow()
    arrays, faults = [], []
    for (name, _), array in zip(columns, batch.columns, strict=True):
        try:
            arrays.append(_plain(pa, array))
        except (ValueError, TypeError, OverflowError) as error:
            faults.append(f"column {name!r}: {error}")
    if faults:
        raise SchemaMismatchError("Some values would not come back equal.", mismatches=faults)
    return pa.RecordBatch.from_arrays(arrays, names=[name for name, _ in columns])


def _plain(pa: Any, array: Any) -> Any:
    types, type_ = pa.types, array.type
    if isinstance(array, pa.ExtensionArray):
        return _EXTENDED[type_.extension_name](pa, array.storage)
    if types.is_dictionary(type_):
        return _plain(pa, array.dictionary_decode())
    if _holds_structs(types, type_):
        values = (_document(types, type_, value) for value in array.to_pylist())
        return pa.array([None if value is None else documents.write(value) for value in values], pa.string())
    if types.is_interval(type_):
        return pa.array(
            [None if value is None else timedelta_of(value) for value in array.to_pylist()], pa.duration("us")
        )
    usual = _usual(pa, type_)
    # A cast that would lose something fails.
    made = array if usual is None or usual == type_ else array.cast(usual)
    require_range(pa, _innermost_items(types, made))
    return made


def _innermost_items(types: Any, array: Any) -> Any:
    while types.is_list(array.type):
        array = array.flatten()
    return array


def _holds_structs(types: Any, type_: Any) -> bool:
    if types.is_list(type_) or types.is_large_list(type_) or types.is_fixed_size_list(type_):
        return _holds_structs(types, type_.value_type)
    return bool(types.is_struct(type_) or types.is_map(type_))


def _document(types: Any, type_: Any, value: Any) -> Any:
    """A value of structs, maps and lists as JSON has it: Arrow gives the pairs of a map."""
    if value is None:
        return None
    if types.is_map(type_):
        made = {key: _document(types, type_.item_type, item) for key, item in value}
        if len(made) < len(value):
            raise ValueError("a map has a key twice")
        return made
    if types.is_struct(type_):
        return {field.name: _document(types, field.type, value[field.name]) for field in type_}
    if types.is_list(type_) or types.is_large_list(type_) or types.is_fixed_size_list(type_):
        return [_document(types, type_.value_type, item) for item in value]
    return value


_EXTENDED: dict[str, Callable[[Any, Any], Any]] = {
    "arrow.uuid": lambda pa, storage: pa.array(
        [None if value is None else str(uuid.UUID(bytes=value)) for value in storage.to_pylist()], pa.string()
    ),
    "arrow.json": lambda pa, storage: storage.cast(pa.string()),
    "arrow.bool8": lambda pa, storage: storage.cast(pa.bool_()),
}


def _usual(pa: Any, type_: Any) -> Any:
    """The common type for one that not every reader knows; None for all others."""
    types = pa.types
    if types.is_timestamp(type_):
        return pa.timestamp("us", tz=type_.tz)
    if types.is_decimal(type_) and type_.precision <= DECIMAL_DIGITS:
        precision, scale = bounded(type_.precision, type_.scale)
        return pa.decimal128(min(precision, DECIMAL_DIGITS), scale)
    if types.is_list(type_) or types.is_large_list(type_) or types.is_fixed_size_list(type_):
        item = type_.value_type
        if types.is_dictionary(item):
            item = item.value_type
        return pa.list_(_usual(pa, item) or item)
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
    """The rows of a plain batch as Python values of the columns' SQL types; JSON stays text."""
    values = []
    for (_, type_), array in zip(columns, batch.columns, strict=True):
        convert = _FROM_TEXT.get(logical_type(type_).name)
        items = array.to_pylist()
        values.append(items if convert is None else [None if item is None else convert(item) for item in items])
    return list(zip(*values, strict=True)) if values else []


def _uuid(value: str | bytes | uuid.UUID) -> uuid.UUID:
    if isinstance(value, uuid.UUID):
        return value
    return uuid.UUID(bytes=value) if isinstance(value, bytes) else uuid.UUID(value)


_FROM_TEXT: dict[str, Callable[[Any], Any]] = {
    "uuid": _uuid,
    "json": lambda value: JsonText(value) if isinstance(value, str) else value,
}


def to_batch(rows: Rows, columns: Sequence[Named]) -> pa.RecordBatch:
    """Rows as a batch of the Arrow types for these SQL types.

    Raises:
        SchemaMismatchError: If a value is not of its column's type or would lose digits; all such columns at once.
    """
    pa = arrow()
    arrays, faults = [], []
    values = list(zip(*rows, strict=True)) or [()] * len(columns)
    for (name, type_), items in zip(columns, values, strict=True):
        try:
            arrays.append(to_array(items, type_))
        except (ValueError, TypeError, OverflowError) as error:
            faults.append(f"column {name!r}: {error}")
    if faults:
        raise SchemaMismatchError("Some values do not fit their columns.", mismatches=faults)
    return pa.RecordBatch.from_arrays(arrays, names=[name for name, _ in columns])


def to_array(values: Sequence[Any], type_: TypeEngine[Any]) -> pa.Array:
    """Values of one column as an array of the Arrow type for its SQL type.

    Raises:
        ValueError, TypeError, OverflowError: If a value would be changed.
    """
    reason = unfit(logical_type(type_), values)
    if reason is not None:
        raise ValueError(reason)
    sent = _written(values, logical_type(type_), _INTO_ARROW)
    return arrow().array(sent, to_arrow(type_), from_pandas=False)


_DIGITS = Context(prec=_MOST_DECIMAL_DIGITS, traps=[Inexact, InvalidOperation])


def _short(value: Any) -> Any:
    """A decimal of as few digits as Arrow has: of more it makes 0, also where they are zeros at the end.

    Raises:
        ValueError: If it has more.
    """
    if type(value) is not Decimal:
        return value
    try:
        return _DIGITS.plus(value)
    except (Inexact, InvalidOperation):
        raise ValueError(f"{value} has more than {_MOST_DECIMAL_DIGITS} digits") from None


def _written(values: Sequence[Any], kind: LogicalType, forms: Mapping[str, Callable[[Any], Any]]) -> Sequence[Any]:
    """The values in another form: UUIDs, JSON, addresses, times with a zone; and those in arrays."""
    item = kind.item if kind.name == "array" else None
    if item is not None:
        if _innermost(kind).name not in forms:
            return values
        inner = (_item_of(kind, item, value) for value in values)
        return [
            None if value is None else list(_written(value, one, forms))
            for value, one in zip(values, inner, strict=True)
        ]
    convert = forms.get(kind.name)
    if convert is None or (kind.name == "time" and not kind.zoned):
        return values
    if kind.name == "text" and set(map(type, values)) <= {str, type(None)}:
        return values
    return [None if value is None else convert(value) for value in values]


def _item_of(kind: LogicalType, item: LogicalType, value: Any) -> LogicalType:
    """What the items of an array are: its values can be nested deeper than its type says, but JSON has own lists."""
    if not _is_nested(value):
        return _innermost(item)
    return kind if item.name not in {"array", "json"} else item


def _innermost(kind: LogicalType) -> LogicalType:
    return kind if kind.name != "array" or kind.item is None else _innermost(kind.item)


def _is_nested(value: Any) -> bool:
    return isinstance(value, list | tuple) and any(isinstance(item, list | tuple) for item in value)


def _text(value: Any) -> str:
    return str.__str__(value) if isinstance(value, str) else str(value)


_INTO_TEXT: dict[str, Callable[[Any], Any]] = {
    "uuid": str,
    "text": _text,
    "json": documents.write,
    "time": lambda value: value.isoformat(),
}
_INTO_ARROW = {**_INTO_TEXT, "decimal": _short}


def into_text(rows: Rows, columns: Sequence[Named]) -> Rows:
    """The same rows with what travels as text as text: UUIDs, JSON, addresses, also in arrays.

    Raises:
        SchemaMismatchError: If a value has no form in JSON.
    """
    if not any(_innermost(logical_type(type_)).name in _INTO_TEXT for _, type_ in columns):
        return rows
    made, faults, same = [], [], True
    for (name, type_), values in zip(columns, zip(*rows, strict=True), strict=True):
        try:
            made.append(_written(values, logical_type(type_), _INTO_TEXT))
            same = same and made[-1] is values
        except ValueError as error:
            faults.append(f"column {name!r}: {error}")
    if faults:
        raise SchemaMismatchError("Some values would not come back equal.", mismatches=faults)
    if same:
        return rows
    return list(zip(*made, strict=True))
