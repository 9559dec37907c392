"""Seconds as ISO 8601 durations, the only form that Kestra reads."""

from __future__ import annotations

import math
from decimal import ROUND_HALF_EVEN, Decimal

__all__ = ["iso_duration"]


def iso_duration(seconds: float) -> str:
    """A number of seconds as an ISO 8601 duration, as a person would write it.

    Args:
        seconds: At least 0; rounded to milliseconds.

    Returns:
        Text such as ``PT1H30M`` or ``PT0.5S``.

    Raises:
        ValueError: Negative, NaN or infinite.
    """
    if not math.isfinite(seconds) or seconds < 0:
        raise ValueError(f"a duration must be a finite number of seconds from 0, not {seconds!r}")
    exact = Decimal(repr(float(seconds))).quantize(Decimal("0.001"), ROUND_HALF_EVEN)
    days, rest = divmod(exact, 86400)
    hours, rest = divmod(rest, 3600)
    minutes, rest = divmod(rest, 60)
    time = "".join(f"{_number(value)}{unit}" for value, unit in ((hours, "H"), (minutes, "M"), (rest, "S")) if value)
    day = f"{_number(days)}D" if days else ""
    if not day and not time:
        return "PT0S"
    return f"P{day}" + (f"T{time}" if time else "")


def _number(value: Decimal) -> str:
    return format(value.normalize(), "f")
