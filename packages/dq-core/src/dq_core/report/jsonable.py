"""Values from databases as plain JSON values."""

from __future__ import annotations

import datetime as dt
import decimal
import math
from collections.abc import Mapping
from typing import Any

__all__ = ["measure", "plain"]

_LONGEST = 1000


def plain(value: Any) -> Any:  # noqa: PLR0911 - one return for each kind of value
    """A value as JSON can hold it, without losing digits.

    Decimals, dates, times, UUIDs and non-finite floats become text, bytes become hexadecimal text; text longer than
    1000 characters is cut.
    """
    match value:
        case None | bool():
            return value
        case int():
            return int(value)
        case float() if math.isfinite(value):
            return float(value)
        case Mapping():
            return {str(key): plain(item) for key, item in value.items()}
        case list() | tuple() | set() | frozenset():
            return [plain(item) for item in value]
    if hasattr(value, "item") and hasattr(value, "dtype"):
        return plain(value.item())  # numpy's
    text = _text(value)
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"


def _text(value: Any) -> str:
    match value:
        case float():
            return _non_finite(value)
        case dt.date() | dt.time():
            return value.isoformat()
        case dt.timedelta():
            return f"PT{value.total_seconds():.15g}S"
        case bytes() | bytearray() | memoryview():
            return "0x" + bytes(value)[: _LONGEST // 2 + 1].hex()
        case _:
            return str(value)


def measure(value: Any) -> Any:
    """Like `plain` for what a check observed: decimals stay numbers (integers exact, others as floats)."""
    if isinstance(value, decimal.Decimal) and value.is_finite():
        return int(value) if value == value.to_integral_value() else float(value)
    return plain(value)


def _non_finite(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    return "Infinity" if value > 0 else "-Infinity"
