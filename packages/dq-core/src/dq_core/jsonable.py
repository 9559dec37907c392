"""Values from databases as plain JSON values."""

from __future__ import annotations

import datetime as dt
import decimal
import math
import uuid
from collections.abc import Mapping
from typing import Any

__all__ = ["measure", "plain"]

_LONGEST = 1000


def plain(value: Any) -> Any:
    """A value as JSON can hold it, without losing digits.

    Decimals, dates, times, UUIDs and non-finite floats become text, bytes become hexadecimal text; text longer than
    1000 characters is cut.
    """
    match value:
        case None | bool():
            return value
        case int():
            return int(value)
        case float():
            return float(value) if math.isfinite(value) else _non_finite(value)
        case str():
            return value if len(value) <= _LONGEST else value[:_LONGEST] + "…"
        case decimal.Decimal() | uuid.UUID():
            return str(value)
        case dt.date() | dt.time():
            return value.isoformat()
        case dt.timedelta():
            return f"PT{value.total_seconds():g}S"
        case bytes() | bytearray() | memoryview():
            return plain("0x" + bytes(value)[: _LONGEST // 2 + 1].hex())
        case Mapping():
            return {str(key): plain(item) for key, item in value.items()}
        case list() | tuple() | set() | frozenset():
            return [plain(item) for item in value]
        case _:
            return plain(value.item()) if hasattr(value, "item") else plain(str(value))


def measure(value: Any) -> Any:
    """Like `plain` for what a check observed: decimals stay numbers (integers exact, others as floats)."""
    if isinstance(value, decimal.Decimal) and value.is_finite():
        return int(value) if value == value.to_integral_value() else float(value)
    return plain(value)


def _non_finite(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    return "Infinity" if value > 0 else "-Infinity"
