"""What a value is for a rule: read from how a source holds it, by what the guide says (docs/guides/checks.md)."""

from __future__ import annotations

import datetime as dt
import decimal
import math
import re
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

__all__ = [
    "CLOCK",
    "MISFIT",
    "NUMBERS",
    "Held",
    "common_kind",
    "exact",
    "is_equal",
    "is_nan",
    "key_of",
    "kind_of",
    "moment_of",
    "viewed",
]

NUMBERS = frozenset({"integer", "huge", "float", "decimal"})


class _Misfit:
    def __repr__(self) -> str:
        return "MISFIT"


#: What a value is if it cannot be read as what a rule needs.
MISFIT = _Misfit()


@dataclass(frozen=True)
class Held:
    """A column as a source holds it.

    Attributes:
        values: The values that it has; None for NULL.
        family: The family that its type declares; None where each value decides.
        form: "typed", "values" (each value is of its own type), "sqlite", "csv" or "json".
    """

    values: Sequence[Any]
    family: str | None
    form: str


# Reading values


def kind_of(value: Any) -> str:
    """What a Python value is."""
    for kind, types in (
        ("boolean", bool), ("number", (int, float, decimal.Decimal)), ("moment", dt.date), ("time", dt.time),
        ("text", str), ("binary", bytes), ("uuid", uuid.UUID),
    ):  # fmt: skip
        if isinstance(value, types):
            return kind
    raise AssertionError(value)


_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?|[+-]?([iI]nf|[iI]nfinity)|NaN|nan", re.ASCII)
_USUAL = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?|-?([iI]nf|[iI]nfinity)|NaN|nan", re.ASCII)
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d{1,6}0*)?)?(Z|[+-]\d\d(:?\d\d)?)?)?", re.ASCII)
CLOCK = re.compile(r"\d\d:\d\d(:\d\d(\.\d{1,6}0*)?)?", re.ASCII)
_UUID = re.compile("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def moment_of(value: dt.date) -> dt.datetime:
    """A date or timestamp in UTC, without its zone; one without a zone is UTC."""
    if not isinstance(value, dt.datetime):
        value = dt.datetime.combine(value, dt.time())
    return value if value.tzinfo is None else value.astimezone(dt.UTC).replace(tzinfo=None)


def _parsed(pattern: re.Pattern[str], make: Callable[[str], Any], text: str) -> Any:
    if pattern.fullmatch(text) is None:
        return MISFIT
    try:
        return make(text)
    except ValueError:
        return MISFIT


def _number_in(text: str) -> Any:
    found = _NUMBER.fullmatch(text.strip(" "))
    return MISFIT if found is None else decimal.Decimal(text.strip(" "))


def viewed(value: Any, kind: str, form: str) -> Any:
    """A value as one of a kind; MISFIT if it is none."""
    if form == "csv" or (form == "json" and isinstance(value, str)):
        match kind:
            case "text":
                return value
            case "moment":
                return _parsed(_MOMENT, lambda text: moment_of(dt.datetime.fromisoformat(text)), value)
            case "time":
                return _parsed(CLOCK, dt.time.fromisoformat, value)
            case "uuid":
                return _parsed(_UUID, uuid.UUID, value)
            case "number" if form == "csv":
                return _number_in(value)
            case "boolean" if form == "csv":
                return {"true": True, "false": False}.get(value.strip(" ").lower(), MISFIT)
        return MISFIT
    if kind_of(value) == kind:
        return moment_of(value) if kind == "moment" else value
    if form == "sqlite" and isinstance(value, str) and kind in ("moment", "time"):
        return viewed(value, kind, "csv")
    return MISFIT


def common_kind(held: Held) -> str | None:
    """The kind that all values of a column share where no type is declared; None if they share none."""
    known = [value for value in held.values if value is not None]
    if held.form != "csv":
        kinds = {kind_of(value) for value in known}
        if held.form == "json" and kinds == {"text"}:
            for kind in ("moment", "time"):
                if all(viewed(value, kind, "json") is not MISFIT for value in known):
                    return kind
        return next(iter(kinds)) if len(kinds) == 1 else None
    if known and all(_USUAL.fullmatch(value.strip(" ")) for value in known):
        return "number"
    for kind in ("boolean", "moment", "time"):
        if known and all(viewed(value, kind, "csv") is not MISFIT for value in known):
            return kind
    return None


def exact(number: Any, family: str | None) -> Any:
    """A number of a rule as what its digits say, or as the nearest float for a column of floats."""
    if family == "float":
        try:
            return float(number)
        except OverflowError:
            return math.copysign(math.inf, number)
    return decimal.Decimal(repr(number)) if isinstance(number, float) and math.isfinite(number) else number


def key_of(value: Any, kind: str | None, form: str) -> Any:
    """What makes two values equal: -0.0 is 0.0, and NaN is NaN."""
    if kind is not None:
        value = viewed(value, kind, form)
    elif form == "csv":
        return value
    what = kind_of(value)
    if what == "number":
        number = decimal.Decimal(value)
        return (what, "NaN" if number.is_nan() else number if not number.is_zero() else decimal.Decimal(0))
    return (what, moment_of(value) if what == "moment" else value)


def is_equal(one: Any, other: Any) -> bool:
    return key_of(one, None, "values") == key_of(other, None, "values")


def is_nan(value: Any) -> bool:
    """Whether a value is NaN."""
    return isinstance(value, float | decimal.Decimal) and math.isnan(value)
