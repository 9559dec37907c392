"""Types of Python values: which family a value belongs to, and what all values of a column have in common."""

from __future__ import annotations

import datetime as dt
import numbers
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

__all__ = ["NUMBERS", "ColumnValues", "family_of_python", "family_of_value", "summarize"]

NUMBERS = frozenset({"integer", "float", "decimal"})
"""Families whose values can stand in one column of numbers."""

# Looked up by class: bool is an int and datetime a date, so the exact class decides before its bases do.
_FAMILIES: Mapping[type, str] = {
    bool: "boolean",
    int: "integer",
    float: "float",
    Decimal: "decimal",
    str: "text",
    dt.datetime: "datetime",
    dt.date: "date",
    dt.time: "time",
    dt.timedelta: "interval",
    bytes: "binary",
    bytearray: "binary",
    memoryview: "binary",
    UUID: "uuid",
    list: "list",
    tuple: "list",
    dict: "struct",
}


def family_of_python(kind: type) -> str | None:
    """The family that holds values of a Python type, or None if there is none."""
    return _FAMILIES.get(kind)


def family_of_value(value: object) -> str | None:
    """The family of one Python value, or None if no column can hold it.

    Subclasses count (time stamps of pandas are datetimes), and so do the numbers and booleans of NumPy.
    """
    for kind in type(value).__mro__:
        if kind in _FAMILIES:
            return _FAMILIES[kind]
    if isinstance(value, numbers.Integral):
        return "integer"
    if isinstance(value, numbers.Real):
        return "float"
    if type(value).__module__ == "numpy" and type(value).__name__ in ("bool", "bool_"):
        return "boolean"
    return "struct" if isinstance(value, Mapping) else None


@dataclass(frozen=True)
class ColumnValues:
    """What the values of one column have in common; NULL says nothing.

    Attributes:
        families: The families of the values.
        unknown: An example of each Python type that no column can hold.
        zones: Whether there are datetimes or times with a zone (True in it) and without one (False in it).
        largest: The greatest magnitude of an integer, as two's complement counts: ``n`` for ``n``, ``n - 1`` for
            ``-n``; 0 without any.
        whole_digits: The most digits that an integer or a finite decimal has before its point.
        scale: The most digits that a finite decimal has behind its point.
        finite: Whether no decimal is NaN or infinite.
    """

    families: frozenset[str]
    unknown: tuple[Any, ...] = ()
    zones: frozenset[bool] = frozenset()
    largest: int = 0
    whole_digits: int = 0
    scale: int = 0
    finite: bool = True


def summarize(values: Iterable[Any]) -> ColumnValues:
    """What the values of a column have in common.

    Args:
        values: The values; None stands for NULL.
    """
    by_family: dict[str, list[Any]] = {}
    unknown: dict[type, Any] = {}
    families: dict[type, str | None] = {}
    for value in values:
        if value is None:
            continue
        kind = type(value)
        if kind not in families:
            families[kind] = family_of_value(value)
        family = families[kind]
        if family is None:
            unknown.setdefault(kind, value)
        else:
            by_family.setdefault(family, []).append(value)
    moments = [*by_family.get("datetime", ()), *by_family.get("time", ())]
    integers = [int(value) for value in by_family.get("integer", ())]
    largest = max((value if value >= 0 else -value - 1 for value in integers), default=0)
    digits = [(len(str(max(map(abs, integers)))), 0)] if integers else []
    parts = [value.as_tuple() for value in by_family.get("decimal", ())]
    digits += [(len(part.digits) + part.exponent, -part.exponent) for part in parts if isinstance(part.exponent, int)]
    return ColumnValues(
        families=frozenset(by_family),
        unknown=tuple(unknown.values()),
        zones=frozenset(value.tzinfo is not None for value in moments),
        largest=largest,
        whole_digits=max(whole for whole, _ in [(0, 0), *digits]),
        scale=max(scale for _, scale in [(0, 0), *digits]),
        finite=all(isinstance(part.exponent, int) for part in parts),
    )
