"""Types of Python values: which family a value belongs to, and what all values of a column have in common."""

from __future__ import annotations

import datetime as dt
import numbers
from collections.abc import Iterable, Iterator, Mapping
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
    numpy = type(value).__name__ if type(value).__module__ == "numpy" else ""
    # To NumPy an interval is an integer.
    if isinstance(value, numbers.Integral) and numpy != "timedelta64":
        return "integer"
    if isinstance(value, numbers.Real):
        return "float"
    if numpy in ("bool", "bool_"):
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
    by_class: dict[type, list[Any]] = {}
    for value in values:
        if value is not None:
            kind = type(value)
            if kind in by_class:
                by_class[kind].append(value)
            else:
                by_class[kind] = [value]
    families = {kind: family_of_value(several[0]) for kind, several in by_class.items()}

    def of(*wanted: str) -> Iterator[Any]:
        return (value for kind, several in by_class.items() if families[kind] in wanted for value in several)

    least, greatest = int(min(of("integer"), default=0)), int(max(of("integer"), default=0))
    whole, scale, finite = len(str(max(-least, greatest))) if "integer" in families.values() else 0, 0, True
    for value in of("decimal"):
        _, digits, exponent = value.as_tuple()
        if isinstance(exponent, int):
            whole, scale = max(whole, len(digits) + exponent), max(scale, -exponent)
        else:
            finite = False
    return ColumnValues(
        families=frozenset(family for family in families.values() if family is not None),
        unknown=tuple(several[0] for kind, several in by_class.items() if families[kind] is None),
        zones=frozenset(value.tzinfo is not None for value in of("datetime", "time")),
        largest=max(greatest, -least - 1, 0),
        whole_digits=whole,
        scale=scale,
        finite=finite,
    )
