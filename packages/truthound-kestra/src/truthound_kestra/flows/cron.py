"""Schedules as Kestra reads them: five fields of Unix cron, or a nickname."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from dq_core.adapters import closest

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["cron_problems"]

_NICKNAMES: Final = ("@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly")
_MONTHS: Final = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_DAYS: Final = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_FIELDS: Final = (
    ("minute", 0, 59, ()),
    ("hour", 0, 23, ()),
    ("day of the month", 1, 31, ()),
    ("month", 1, 12, _MONTHS),
    ("day of the week", 0, 7, _DAYS),
)
# Kestra accepts a day that no such month has, and never starts the flow.
_LONGEST: Final = {2: 29, 4: 30, 6: 30, 9: 30, 11: 30}


def cron_problems(label: str, cron: object) -> Iterator[str]:
    """Yield the problems of a schedule, one sentence each.

    Args:
        label: How messages call it.
        cron: The schedule.
    """
    if not isinstance(cron, str) or not cron.strip():
        yield f"{label}: cron must be a cron expression such as '0 6 * * *', not {cron!r}."
        return
    if cron.startswith("@"):
        if cron not in _NICKNAMES:
            near = closest(cron, _NICKNAMES)
            yield f"{label}: the schedule {cron!r} does not exist. " + (
                f"Did you mean {near!r}?" if near else f"Allowed: {', '.join(_NICKNAMES)}."
            )
        return
    parts = cron.split()
    if len(parts) != len(_FIELDS):
        names = ", ".join(name for name, *_ in _FIELDS)
        yield f"{label}: cron {cron!r} has {len(parts)} fields; Kestra requires five: {names}."
        return
    fields: list[set[int] | None] = []
    for text, (name, low, high, names_) in zip(parts, _FIELDS, strict=True):
        try:
            fields.append(_values(text, low, high, names_))
        except ValueError as error:
            fields.append(None)
            yield f"{label}: cron {cron!r}: {name} {text!r}: {error}."
    days, months = fields[2], fields[3]
    if days and months and parts[4] == "*" and all(min(days) > _LONGEST.get(month, 31) for month in months):
        yield f"{label}: cron {cron!r} names a day that does not exist; the flow would never start."


def _values(text: str, low: int, high: int, names: tuple[str, ...]) -> set[int]:
    result: set[int] = set()
    for item in text.split(","):
        match = re.fullmatch(r"(\*|[^-/,]+)(?:-([^-/,]+))?(?:/(\d+))?", item)
        if match is None or (match.group(1) == "*" and match.group(2)):
            raise ValueError("Kestra supports numbers, names, *, ranges a-b, lists a,b and steps */n")
        begin, end, step = match.groups()
        first = low if begin == "*" else _number(begin, low, high, names)
        last = _number(end, low, high, names) if end is not None else high if begin == "*" or step else first
        if last < first:
            raise ValueError(f"the range is reversed; write {begin}-{high},{low}-{end}")
        if step is not None and not 1 <= int(step) <= high:
            raise ValueError(f"the step must be from 1 to {high}")
        result.update(range(first, last + 1, int(step or 1)))
    return result


def _number(text: str, low: int, high: int, names: tuple[str, ...]) -> int:
    if text.upper() in names:
        return names.index(text.upper()) + low
    if not re.fullmatch(r"[0-9]+", text):
        raise ValueError(f"{text!r} is not a number" + (f" or one of {', '.join(names)}" if names else ""))
    if not low <= int(text) <= high:
        raise ValueError(f"{text} is not from {low} to {high}")
    return int(text)
