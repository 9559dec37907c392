"""Arrow batches in PostgreSQL's binary COPY format, column by column and without a loop over rows.

The format: https://www.postgresql.org/docs/current/sql-copy.html, section "Binary Format"; how each type is sent is
written down in the server's `*_send` functions. A row is the number of its fields, then for each field its length and
its bytes, all big-endian; NULL has length -1 and no bytes. Each column becomes an Arrow array of such fields, and Arrow
joins the arrays row by row.
"""

from __future__ import annotations

import io
import struct
from typing import TYPE_CHECKING, Any

from sqlalchemy.dialects.postgresql import JSONB

from ...errors import SchemaMismatchError
from ...types.arrow import arrow, to_arrow
from ...types.logical import logical_type

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import pyarrow as pa

    from ...types.arrow import Named

_HEADER = b"PGCOPY\n\xff\r\n\0" + struct.pack("!ii", 0, 0)
_TRAILER = struct.pack("!h", -1)
_NULL = struct.pack("!i", -1)

# PostgreSQL counts from 2000-01-01, Arrow from 1970-01-01.
_DAYS = 10_957
_MICROSECONDS = _DAYS * 86_400_000_000

_DIGITS = 18
"""Decimal digits that a 64-bit integer always holds."""

SLICE_ROWS = 5_000
"""Rows to send at once."""

_BASE = 10_000
_NEGATIVE = 0x4000


def encode(batch: pa.RecordBatch, columns: Sequence[Named]) -> Iterator[Any] | None:
    """A batch as the bytes of a whole binary COPY.

    Args:
        batch: The rows.
        columns: Name and type of the target's columns, in the order of the batch's.

    Returns:
        Buffers to send one after the other, each made when it is asked for: the server works on one while the next is
        made. None if a column has a type or a value that is not done here.

    Raises:
        SchemaMismatchError: If values are out of the range of their columns; all such columns at once.
    """
    pa = arrow()
    ready, faults = [], []
    for array, (name, type_) in zip(batch.columns, columns, strict=True):
        try:
            ready.append(_ready(pa, array, type_))
        except pa.ArrowInvalid as error:
            faults.append(f"column {name!r}: {error}")
    if faults:
        raise SchemaMismatchError("Some values do not fit their columns.", mismatches=faults)
    known = [pair for pair in ready if pair is not None and pair[1] is not None]
    return _buffers(pa, known, batch.num_rows) if len(known) == len(ready) else None


def _ready(pa: Any, array: Any, type_: Any) -> tuple[str, Any] | None:
    """A column in the Arrow type which its fields are made from, and how they are made."""
    kind = logical_type(type_)
    if kind.native:
        return None  # only the text form of its values is known
    if kind.name in {"text", "binary"} or (kind.name == "json" and not isinstance(type_, JSONB)):
        return "bytes", array.cast(pa.large_binary() if kind.name == "binary" else pa.large_string()).cast(
            pa.large_binary()
        )
    if kind.name == "decimal":
        return "decimal", _short(pa, array)
    if kind.name == "uuid":
        return "uuid", array.cast(pa.large_string())
    if kind.name in _PLAIN and not (kind.name == "time" and kind.zoned):
        return kind.name, array.cast(to_arrow(type_))
    return None


def _buffers(pa: Any, columns: list[tuple[str, Any]], rows: int) -> Iterator[Any]:
    import pyarrow.compute as pc

    count = pa.scalar(struct.pack("!h", len(columns)), pa.large_binary())
    nothing = pa.scalar(b"", pa.large_binary())
    yield _HEADER
    for start in range(0, rows, SLICE_ROWS):
        fields = [field for how, array in columns for field in _fields(pa, pc, how, array.slice(start, SLICE_ROWS))]
        joined = pc.binary_join_element_wise(count, *fields, nothing)
        yield memoryview(joined.buffers()[2])
    yield _TRAILER


def _fields(pa: Any, pc: Any, how: str, column: Any) -> list[Any]:
    """Arrays which, joined, are the fields of a column."""
    if how == "bytes":
        lengths = _binary(pa, _swapped(pc.binary_length(column).cast(pa.int32()), 4), 4, len(column))
        return [_or_null(pc, lengths, column), pc.fill_null(column, b"") if column.null_count else column]
    payload: bytes | bytearray
    if how == "decimal":
        payload, width = _numeric(pa, pc, column)
    elif how == "uuid":
        payload, width = _uuid(pc, column), 16
    else:
        made = _PLAIN[how](pa, pc, column)
        width = made.type.bit_width // 8
        payload = _swapped(made, width)
    framed = bytearray(len(column) * (width + 4))
    framed[3 :: width + 4] = bytes([width]) * len(column)
    for index in range(width):
        framed[4 + index :: width + 4] = payload[index::width]
    return [_or_null(pc, _binary(pa, framed, width + 4, len(column)), column)]


_PLAIN: dict[str, Callable[[Any, Any, Any], Any]] = {
    "boolean": lambda pa, _, column: column.cast(pa.uint8()),
    "integer": lambda _, __, column: column,
    "float": lambda _, __, column: column,
    "date": lambda pa, pc, column: pc.subtract(column.cast(pa.int32()), pa.scalar(_DAYS, pa.int32())),
    "timestamp": lambda pa, pc, column: pc.subtract(column.cast(pa.int64()), _MICROSECONDS),
    "time": lambda pa, _, column: column.cast(pa.int64()),
}


def _raw(array: Any, width: int) -> bytes:
    """The values of an array as they lie in memory, little-endian."""
    start = array.offset * width
    return bytes(memoryview(array.buffers()[1])[start : start + len(array) * width])


def _swapped(array: Any, width: int) -> bytearray:
    raw = _raw(array, width)
    swapped = bytearray(len(raw))
    for index in range(width):
        swapped[index::width] = raw[width - 1 - index :: width]
    return swapped


def _binary(pa: Any, data: bytearray, width: int, count: int) -> Any:
    """Values of one width as an array of binary values."""
    return pa.Array.from_buffers(pa.binary(width), count, [None, pa.py_buffer(data)]).cast(pa.large_binary())


def _or_null(pc: Any, fields: Any, column: Any) -> Any:
    return pc.if_else(column.is_valid(), fields, _NULL) if column.null_count else fields


def _uuid(pc: Any, column: Any) -> bytes:
    digits = pc.replace_substring(pc.fill_null(column, "0" * 32), "-", "")
    return bytes.fromhex("".join(digits.to_pylist()))


def _short(pa: Any, array: Any) -> Any:
    """Decimals in a type whose digits, filled up to groups of four, fit into 64 bits; None if they do not."""
    scale = array.type.scale if pa.types.is_decimal(array.type) else 0
    if not 0 <= scale <= _DIGITS - 4:
        return None
    try:
        return array.cast(pa.decimal128(_DIGITS - -scale % 4, scale))
    except pa.ArrowInvalid:
        return None


def _numeric(pa: Any, pc: Any, short: Any) -> tuple[bytearray, int]:
    """Decimals as a fixed number of groups of four digits; the server drops leading and trailing zeros."""
    scale, count = short.type.scale, len(short)
    after = -(-scale // 4)
    raw = _raw(short, 16)
    low = bytearray(8 * count)
    for index in range(8):
        low[index::8] = raw[index::16]
    value = pc.multiply(pa.Array.from_buffers(pa.int64(), count, [None, pa.py_buffer(low)]), 10 ** (-scale % 4))
    rest = pc.abs(value)
    groups = []
    for _ in range(-(-_DIGITS // 4)):
        above = pc.divide(rest, _BASE)
        groups.append(pc.subtract(rest, pc.multiply(above, _BASE)).cast(pa.int16()))
        rest = above
    groups.reverse()
    width = 8 + 2 * len(groups)
    payload = bytearray(width * count)
    sign = pc.if_else(pc.less(value, 0), pa.scalar(_NEGATIVE, pa.int16()), pa.scalar(0, pa.int16()))
    for position, part in enumerate((len(groups), len(groups) - after - 1, sign, scale, *groups)):
        if isinstance(part, int):
            first, second = struct.pack("!h", part)
            payload[2 * position :: width] = bytes([first]) * count
            payload[2 * position + 1 :: width] = bytes([second]) * count
        else:
            swapped = _swapped(part, 2)
            payload[2 * position :: width] = swapped[0::2]
            payload[2 * position + 1 :: width] = swapped[1::2]
    return payload, width


def as_csv(batch: Any) -> memoryview:
    """A batch as PostgreSQL's CSV: NULL is nothing, an empty text is a pair of quotes."""
    pa = arrow()
    from pyarrow import csv

    columns = []
    for column in batch.columns:
        if pa.types.is_binary(column.type) or pa.types.is_large_binary(column.type):
            columns.append(pa.array([None if value is None else rf"\x{value.hex()}" for value in column.to_pylist()]))
        elif pa.types.is_decimal(column.type) or pa.types.is_time(column.type):
            columns.append(column.cast(pa.string()))
        else:
            columns.append(column)
    sink = io.BytesIO()
    options = csv.WriteOptions(include_header=False, quoting_style="needed")
    csv.write_csv(pa.RecordBatch.from_arrays(columns, names=batch.schema.names), sink, options)
    return sink.getbuffer()
