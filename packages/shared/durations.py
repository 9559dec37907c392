"""Durations: read from what rules and arguments give, written for programs (ISO 8601) and for people."""

from __future__ import annotations

import datetime as dt
import math
import re
from decimal import Decimal
from numbers import Real

from .wording import repr_of

__all__ = ["duration_for_people", "iso_duration", "parse_duration"]

_UNITS = {
    "ms": "milliseconds", "millisecond": "milliseconds", "milliseconds": "milliseconds",
    "s": "seconds", "sec": "seconds", "secs": "seconds", "second": "seconds", "seconds": "seconds",
    "m": "minutes", "min": "minutes", "mins": "minutes", "minute": "minutes", "minutes": "minutes",
    "h": "hours", "hr": "hours", "hrs": "hours", "hour": "hours", "hours": "hours",
    "d": "days", "day": "days", "days": "days",
    "w": "weeks", "week": "weeks", "weeks": "weeks",
}  # fmt: skip
_PART = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([a-z]+)\s*,?", re.IGNORECASE)
_ISO = re.compile(
    r"P(?:(?P<weeks>\d+(?:[.,]\d+)?)W)?(?:(?P<days>\d+(?:[.,]\d+)?)D)?"
    r"(?:T(?:(?P<hours>\d+(?:[.,]\d+)?)H)?(?:(?P<minutes>\d+(?:[.,]\d+)?)M)?(?:(?P<seconds>\d+(?:[.,]\d+)?)S)?)?",
    re.IGNORECASE,
)
_CALENDAR = re.compile(r"P[\d.,]*Y|P[\d.,YW]*M|\d\s*(?:y|yr|years?|mo|months?)\b", re.IGNORECASE)


def parse_duration(given: object) -> dt.timedelta:
    """A duration above zero.

    Args:
        given: A timedelta, a number of seconds, ``90m``, ``36h``, ``7d``, ``10 minutes``, ``1 day 12 hours``, or
            ISO 8601 such as ``PT36H`` or ``P1DT12H``.

    Raises:
        ValueError: It is nothing of the kind, is not above zero, or counts months or years, whose lengths differ.
    """
    found = _duration(given)
    if found is None:
        if isinstance(given, str) and _CALENDAR.search(given):
            raise ValueError(f"{given!r} counts months or years, whose lengths differ; give days")
        raise ValueError(
            f"{repr_of(given)} is not a duration; give seconds, or a string such as '90m', '36h', '10 minutes' or"
            " 'PT36H'"
        )
    if found <= dt.timedelta():
        raise ValueError(f"{repr_of(given)} is not a duration above zero")
    return found


def _duration(given: object) -> dt.timedelta | None:
    if isinstance(given, dt.timedelta):
        return given
    if isinstance(given, bool):
        return None
    try:
        if isinstance(given, Real | Decimal):
            return dt.timedelta(seconds=float(given)) if math.isfinite(given) else None
        return _read(given.strip()) if isinstance(given, str) else None
    except OverflowError:
        raise ValueError(
            f"{repr_of(given)} is longer than the longest duration, {dt.timedelta.max.days} days"
        ) from None


def _read(text: str) -> dt.timedelta | None:
    iso = _ISO.fullmatch(text)
    if iso is not None:
        parts = {unit: float(value.replace(",", ".")) for unit, value in iso.groupdict().items() if value}
        return dt.timedelta(**parts) if parts and not text.upper().endswith("T") else None
    total, position = dt.timedelta(), 0
    while position < len(text):
        part = _PART.match(text, position)
        unit = None if part is None else _UNITS.get(part[2].lower())
        if part is None or unit is None:
            return None
        total += dt.timedelta(**{unit: float(part[1])})
        position = part.end()
    return total if text else None


def iso_duration(duration: dt.timedelta | float) -> str:
    """A duration as ISO 8601, as a person would write it: ``PT1H30M``, ``P7D``, ``PT0.5S``; ``PT0S`` for none.

    Args:
        duration: A timedelta, or a finite number of seconds. A negative one begins with a minus.

    Raises:
        ValueError: The number is NaN or infinite.
    """
    whole = duration if isinstance(duration, dt.timedelta) else _of_seconds(duration)
    if whole < dt.timedelta():
        return "-" + iso_duration(-whole)
    minutes, seconds = divmod(whole.seconds, 60)
    hours, minutes = divmod(minutes, 60)
    last = format((Decimal(seconds) + Decimal(whole.microseconds) / 1_000_000).normalize(), "f")
    time = "".join(f"{value}{unit}" for value, unit in ((hours, "H"), (minutes, "M")) if value)
    time += "" if last == "0" else f"{last}S"
    day = f"{whole.days}D" if whole.days else ""
    return f"P{day}{'T' if time else ''}{time}" if day or time else "PT0S"


def duration_for_people(duration: dt.timedelta | float) -> str:
    """A duration in its two largest units: ``325 days 5 h``, ``1 h 30 min``, ``12.5 s``, ``0.25 s``.

    Args:
        duration: A timedelta, or a finite number of seconds.

    Raises:
        ValueError: The number is NaN or infinite.
    """
    whole = duration if isinstance(duration, dt.timedelta) else _of_seconds(duration)
    if whole < dt.timedelta():
        return "-" + duration_for_people(-whole)
    total = whole.total_seconds()
    if total < 60:
        return f"{total:.3g} s" if total < 59.95 else "1 min"
    # Rounded in its second unit before it is divided: 59.9 min are 1 h, not 60 min.
    if total < 3600 - 0.5:
        units = divmod(round(total), 60), ("min", "s")
    elif total < 86400 - 30:
        units = divmod(round(total / 60), 60), ("h", "min")
    else:
        days, hours = divmod(round(total / 3600), 24)
        units = (days, hours), ("day" if days == 1 else "days", "h")
    (large, small), (large_unit, small_unit) = units
    return f"{large} {large_unit}" + (f" {small} {small_unit}" if small else "")


def _of_seconds(seconds: float) -> dt.timedelta:
    if not math.isfinite(seconds):
        raise ValueError(f"a duration must be a finite number of seconds, not {repr_of(seconds)}")
    return dt.timedelta(seconds=float(seconds))
