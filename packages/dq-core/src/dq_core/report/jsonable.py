"""Values from databases as plain JSON values."""

from __future__ import annotations

import decimal
from typing import Any

from .._shared import json_values

__all__ = ["exact", "measure", "plain"]

_LONGEST = 1000


def plain(value: Any) -> Any:
    """A value as JSON can hold it, without losing digits; strings longer than 1000 characters are cut."""
    return json_values.plain(value, longest=_LONGEST, printed=True)


def measure(value: Any) -> Any:
    """Like `plain` for what a check observed: decimals stay numbers (integers exact, others as floats)."""
    if isinstance(value, decimal.Decimal) and value.is_finite():
        return int(value) if value == value.to_integral_value() else float(value)
    return plain(value)


def exact(value: Any) -> Any:
    """Like `measure` for a value of a column: a decimal that a float would round is a string with all its digits."""
    if isinstance(value, decimal.Decimal) and value.is_finite():
        number = measure(value)
        return number if decimal.Decimal(repr(number)) == value else plain(value)
    return measure(value)
