"""What values of Arrow have and others do not: refused, never bent."""

from __future__ import annotations

import datetime as dt
from typing import Any

__all__ = ["DECIMAL_DIGITS", "require_range", "timedelta_of"]

DECIMAL_DIGITS = 38
"""What Arrow's 128-bit decimal and DuckDB's DECIMAL hold at most."""

_UNITS = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
_FIRST_SECOND, _LAST_SECOND = -62_135_596_800, 253_402_300_799
"""Seconds of the years 1 and 9999 from 1970 on: what dates of Python and of most databases reach."""


def timedelta_of(value: Any) -> dt.timedelta:
    """An interval of Arrow as one that has no calendar in it.

    Args:
        value: Its months, days and nanoseconds.

    Raises:
        ValueError: It has months, or digits below a microsecond.
    """
    months, days, nanoseconds = value
    if months:
        raise ValueError(f"an interval of {months} months has no length in days")
    if nanoseconds % 1000:
        raise ValueError("an interval has nanoseconds")
    return dt.timedelta(days=days, microseconds=nanoseconds // 1000)


def require_range(pa: Any, array: Any) -> None:
    """Refuse what others do not have: infinite dates, years beyond 1 to 9999, 24:00, more digits than Arrow's 38.

    Args:
        pa: The module pyarrow.
        array: Values of one type.

    Raises:
        ValueError: There is such a value.
    """
    import pyarrow.compute as pc

    type_ = array.type
    if pa.types.is_timestamp(type_):
        per_second = _UNITS[type_.unit]
        lowest, highest = _FIRST_SECOND * per_second, (_LAST_SECOND + 1) * per_second - 1
        values = array.cast(pa.int64())
    elif pa.types.is_date32(type_):
        lowest, highest = _FIRST_SECOND // 86_400, _LAST_SECOND // 86_400
        values = array.cast(pa.int32())
    elif pa.types.is_time64(type_):
        lowest, highest = 0, 86_400 * _UNITS[type_.unit] - 1
        values = array.cast(pa.int64())
    elif pa.types.is_decimal128(type_) and type_.precision == DECIMAL_DIGITS:
        found = pc.min_max(array)
        extremes = [value for value in (found["min"].as_py(), found["max"].as_py()) if value is not None]
        if any(len(value.as_tuple().digits) > DECIMAL_DIGITS for value in extremes):
            raise ValueError(f"a number has more than {DECIMAL_DIGITS} digits")
        return
    else:
        return
    found = pc.min_max(values)
    least, most = found["min"].as_py(), found["max"].as_py()
    if least is not None and (least < lowest or most > highest):
        if pa.types.is_time64(type_):
            raise ValueError("a time is 24:00:00")
        raise ValueError("a date is infinite, or not within the years 1 to 9999")
