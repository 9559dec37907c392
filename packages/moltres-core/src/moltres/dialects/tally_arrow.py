"""Arrow arrays as DuckDB takes them in the least time: bits are written as digits here, since DuckDB does it slowly."""

from __future__ import annotations

from array import array as numbers_of
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from .._shared.fingerprints.canonical_sql import TO_2000
from .._shared.fingerprints.fingerprint import NAN

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["READY", "Covered", "Typed", "typed"]

READY: Final = "ready"
"""The form of values that are in their canonical form already."""

Typed = tuple["pa.Array", str, str]
"""An array, and the form and the type of its values."""


@dataclass(frozen=True)
class Covered:
    """A column whose values are part of a fingerprint.

    Attributes:
        name: The column.
        form: The canonical form of its values, out of `_shared.fingerprints.fingerprint.FORMS`.
        type_name: Its type as the database prints it, in lower case.
        signed_zero: Whether it tells -0.0 from 0.0.
        single: Whether it holds floats of 32 bits, which drivers read and send by their shortest digits.
    """

    name: str
    form: str
    type_name: str
    signed_zero: bool = True
    single: bool = False


_DIGITS: Final = 16
_ENDLESS: Final = (2**63 - 1, -(2**63 - 1))
"""What stands for infinity among the moments of DuckDB."""


def typed(pa: Any, array: pa.Array, one: Covered) -> Typed | None:
    """An array as DuckDB takes it, if its type is one of the form.

    Args:
        pa: pyarrow.
        array: The values.
        one: The column they are for.
    """
    types, type_ = pa.types, array.type
    if types.is_null(type_):
        return array.cast(pa.string()), READY, "varchar"
    digits = _as_digits(pa, array, one)
    if digits is not None:
        return digits, READY, "varchar"
    if one.form == "number" and types.is_decimal128(type_):
        return (array, one.form, f"decimal({type_.precision},{type_.scale})") if type_.scale >= 0 else None
    if one.form == "moment" and types.is_timestamp(type_):
        return array, one.form, "timestamp_ns" if type_.unit == "ns" and type_.tz is None else "timestamp"
    tests = _TESTS.get(one.form, {})
    name = next((name for test, name in tests.items() if getattr(types, test)(type_)), None)
    return None if name is None else (array, one.form, name)


def _as_digits(pa: Any, array: pa.Array, one: Covered) -> pa.Array | None:
    """The canonical form of values that is the digits of their bits; None of others."""
    types, type_ = pa.types, array.type
    if one.form == "float" and types.is_floating(type_):
        return _bits_of_floats(pa, array, one)
    if one.form == "moment" and types.is_timestamp(type_):
        return _microseconds(pa, array)
    if one.form == "time" and types.is_time64(type_) and type_.unit == "us":
        return _hexadecimal(pa, array.cast(pa.int64()))
    return None


_TESTS: dict[str, dict[str, str]] = {
    "number": {"is_integer": "bigint", "is_boolean": "boolean"},
    "text": {"is_string": "varchar", "is_large_string": "varchar"},
    "uuid": {"is_string": "uuid", "is_large_string": "uuid"},
    "date": {"is_date32": "date"},
    "time": {"is_time64": "time"},
    "binary": {"is_binary": "blob", "is_large_binary": "blob"},
}
"""By the form, what tells the types of Arrow that hold its values, and what DuckDB calls them."""


def _bits_of_floats(pa: Any, array: pa.Array, one: Covered) -> pa.Array:
    import pyarrow.compute as pc

    if one.single:
        array = array.cast(pa.float32())
    double = array.cast(pa.float64())
    if not one.signed_zero:
        double = pc.add(double, pa.scalar(0.0, pa.float64()))
    bits = double.view(pa.int64())
    return _hexadecimal(pa, pc.if_else(pc.is_nan(double), pa.scalar(int(NAN, 16), pa.int64()), bits))


def _microseconds(pa: Any, array: pa.Array) -> pa.Array | None:
    """The digits of moments; None if some have nanoseconds, or are endless."""
    import pyarrow.compute as pc

    try:
        micros = array.cast(pa.timestamp("us", array.type.tz)).cast(pa.int64())
    except pa.ArrowInvalid:
        return None
    ends = pc.min_max(micros).as_py()
    if ends["min"] in _ENDLESS or ends["max"] in _ENDLESS:
        return None
    return _hexadecimal(pa, pc.subtract(micros, pa.scalar(TO_2000, pa.int64())))


def _hexadecimal(pa: Any, numbers: pa.Array) -> pa.Array:
    """Numbers of 64 bits as 16 hexadecimal digits each."""
    import pyarrow.compute as pc

    count = len(numbers)
    start = numbers.offset * 8
    raw = memoryview(numbers.buffers()[1])[start : start + count * 8]  # little-endian
    turned = bytearray(count * 8)
    for place in range(8):
        turned[place::8] = raw[7 - place :: 8]
    digits = pa.py_buffer(turned.hex().encode())
    made = pa.Array.from_buffers(pa.string(), count, [None, _offsets(pa, count), digits])
    return pc.if_else(numbers.is_valid(), made, pa.scalar(None, pa.string())) if numbers.null_count else made


@lru_cache(maxsize=4)
def _offsets(pa: Any, count: int) -> pa.Buffer:
    return pa.py_buffer(numbers_of("i", range(0, _DIGITS * (count + 1), _DIGITS)))
