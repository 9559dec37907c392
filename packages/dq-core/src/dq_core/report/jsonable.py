"""Values from databases as plain JSON values."""

from __future__ import annotations

import decimal
from typing import Any

from .._shared import json_values

__all__ = ["measure", "plain"]

_LONGEST = 1000


def plain(value: Any) -> Any:
    """A value as JSON can hold it, without losing digits; strings longer than 1000 characters are cut."""
    return json_values.plain(value, longest=_LONGEST, printed=True)


def measure(value: Any) -> Any:
    """Like `plain` for what a check observed: decimals stay numbers (integers exact, others as floats)."""
    if isinstance(value, decimal.Decimal) and value.is_finite():
        return int(value) if value == value.to_integral_value() else float(value)
    return plain(value)
