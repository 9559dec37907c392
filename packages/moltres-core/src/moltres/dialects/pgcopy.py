"""Arrow batches in PostgreSQL's binary COPY format, column by column and without a loop over rows.

The format: https://www.postgresql.org/docs/current/sql-copy.html, section "Binary Format"; how each type is sent is
written down in the server's `*_send` functions. A row is the number of its fields, then for each field its length and
its bytes, all big-endian; NULL has length -1 and no bytes. Each column becomes an Arrow array of such fields, and Arrow
joins the arrays row by row.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

from moltres.arrow import arrow, to_arrow
from moltres.kinds import kind_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import pyarrow as pa

    from moltres.arrow import Named

_HEADER = b"PGCOPY\n\xff\r\n\0" + struct.pack("!ii", 0, 0)
_TRAILER = struct.pack("!h", -1)
_NULL = struct.pack("!i", -1)

# PostgreSQL counts from 2000-01-01, Arrow from 1970-01-01.
_DAYS = 10_957
_MICROSECONDS = _DAYS * 86_400_000_000

_DIGITS = 18
"""Decimal digits that a 64-bit integer always holds."""

_BASE = 10_000
_NEGATIVE = 0x4000


def encode(batch: pa.RecordBatch, columns: Sequence[Named]) -> Iterator[Any] | None:
    """A batch as the bytes of a whole binary COPY.

    Args:
        batch: The rows.
        columns: Name and type of the target's columns, in the order of the batch's.

    Returns:
        Buffers to send one after the other; None if a column has a type or a value that is not done here.

    Raises:
        pyarrow.ArrowInvalid: If a value is out of the range of its column.
    """
    pa = arrow()
    import pyarrow.compute as pc

    fields: list[Any] = []
    for column, (_, type_) in zip(batch.columns, columns, strict=True):
        found = _fields(pa, pc, column, type_)
        if found is None:
            return None
        fields += found
    count = pa.scalar(struct.pack("!h", len(columns)), pa.large_binary())
    rows = pc.binary_join_element_wise(count, *fields, pa.scalar(b"", pa.large_binary()))
    return iter((_HEADER, memoryview(rows.buffers()[2]), _TRAILER))


def _fields(pa: Any, pc: Any, column: Any, type_: Any) -> list[Any] | None:
    """Arrays which, joined, are the fields of a column."""
    kind = kind_of(type_)
    if kind.name in {"text", "binary"} or (kind.name == "json" and type(type_).__name__ == "JSON"):
        values = column.cast(pa.large_string() if kind.name != "binary" else pa.large_binary()).cast(pa.large_binary())
        lengths = _fixed(pa, pc.binary_length(values).cast(pa.int32()), 4)
        return [_or_null(pc, lengths, column), pc.fill_null(values, b"") if column.null_count else values]
    if kind.name == "decimal":
        payload, width = _numeric(pa, pc, column)
    elif kind.name == "uuid":
        payload, width = _uuid(pa, pc, column)
    elif kind.name in _PLAIN and not (kind.name == "time" and kind.zoned):
        made = _PLAIN[kind.name](pa, pc, column.cast(to_arrow(type_)))
        width = made.type.bit_width // 8
        payload = _swapped(made, width)
    else:
        return None
    if payload is None:
        return None
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


def _fixed(pa: Any, array: Any, width: int) -> Any:
    return _binary(pa, _swapped(array, width), width, len(array))


def _or_null(pc: Any, fields: Any, column: Any) -> Any:
    return pc.if_else(column.is_valid(), fields, _NULL) if column.null_count else fields


def _uuid(pa: Any, pc: Any, column: Any) -> tuple[bytes | bytearray | None, int]:
    digits = pc.replace_substring(pc.fill_null(column.cast(pa.large_string()), "0" * 32), "-", "")
    text = "".join(digits.to_pylist())
    return (bytes.fromhex(text) if len(text) == 32 * len(column) else None), 16


def _numeric(pa: Any, pc: Any, column: Any) -> tuple[bytes | bytearray | None, int]:
    """Decimals whose digits fit into 64 bits: a fixed number of groups of four digits, leading zeros included."""
    scale = column.type.scale if pa.types.is_decimal(column.type) else 0
    if not 0 <= scale <= _DIGITS - 4:
        return None, 0
    after = -(-scale // 4)
    missing = 4 * after - scale
    try:
        short = column.cast(pa.decimal128(_DIGITS - missing, scale))
    except pa.ArrowInvalid:
        return None, 0
    raw = _raw(short, 16)
    low = bytearray(8 * len(column))
    for index in range(8):
        low[index::8] = raw[index::16]
    value = pc.multiply(pa.Array.from_buffers(pa.int64(), len(column), [None, pa.py_buffer(low)]), 10**missing)
    rest = pc.abs(value)
    groups = []
    for _ in range(-(-_DIGITS // 4)):
        above = pc.divide(rest, _BASE)
        groups.append(pc.subtract(rest, pc.multiply(above, _BASE)).cast(pa.int16()))
        rest = above
    groups.reverse()
    width = 8 + 2 * len(groups)
    payload = bytearray(width * len(column))
    sign = pc.if_else(pc.less(value, 0), pa.scalar(_NEGATIVE, pa.int16()), pa.scalar(0, pa.int16()))
    for position, part in enumerate((len(groups), len(groups) - after - 1, sign, scale, *groups)):
        if isinstance(part, int):
            first, second = struct.pack("!h", part)
            payload[2 * position :: width] = bytes([first]) * len(column)
            payload[2 * position + 1 :: width] = bytes([second]) * len(column)
        else:
            swapped = _swapped(part, 2)
            payload[2 * position :: width] = swapped[0::2]
            payload[2 * position + 1 :: width] = swapped[1::2]
    return payload, width
