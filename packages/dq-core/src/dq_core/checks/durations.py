"""Durations as rules write them."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

from .options import is_number

__all__ = ["duration_text", "parse_duration"]

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_ISO = re.compile(
    r"P(?:(?P<weeks>\d+)W)?(?:(?P<days>\d+)D)?"
    r"(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+(?:\.\d+)?)S)?)?"
)


def parse_duration(given: Any) -> dt.timedelta:
    """A positive duration: a timedelta, a number of seconds, ``90m``, ``36h``, ``7d`` or ISO 8601 (``PT36H``).

    Raises:
        ValueError: It is nothing of the kind, or not above zero.
    """
    found = _duration(given)
    if found is None:
        raise ValueError(f"{given!r} is no duration; give seconds, 90m, 36h, 7d or PT36H")
    if found <= dt.timedelta():
        raise ValueError(f"{given!r} is not above zero")
    return found


def _duration(given: Any) -> dt.timedelta | None:
    if isinstance(given, dt.timedelta):
        return given
    if is_number(given):
        return dt.timedelta(seconds=given)
    if not isinstance(given, str):
        return None
    text = given.strip()
    if short := re.fullmatch(r"(\d+(?:\.\d+)?)\s*([smhdw])", text.lower()):
        return dt.timedelta(**{_UNITS[short[2]]: float(short[1])})
    iso = _ISO.fullmatch(text.upper())
    parts = {unit: float(value) for unit, value in iso.groupdict().items() if value} if iso else {}
    return dt.timedelta(**parts) if parts else None


def duration_text(duration: dt.timedelta) -> str:
    """A duration in ISO 8601, in days and seconds."""
    seconds = duration.seconds + duration.microseconds / 1e6
    time = f"T{seconds:.15g}S" if seconds or not duration.days else ""
    return f"P{f'{duration.days}D' if duration.days else ''}{time}"
