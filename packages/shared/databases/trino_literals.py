"""Values as Trino writes them in a statement: https://trino.io/docs/current/language/types.html."""

from __future__ import annotations

import datetime as dt
import decimal
import math
import re
import uuid
from functools import singledispatch
from typing import Any, Final

from ..wording import repr_of

__all__ = ["literal", "number", "string"]

_WIDEST_DECIMAL: Final = 38


@singledispatch
def literal(value: Any) -> str:
    """A value as a literal.

    Raises:
        NotImplementedError: If there is none for its type.
    """
    raise NotImplementedError(f"{repr_of(value, 80)} ({type(value).__name__}) is no value of Trino")


@literal.register
def _(value: bool) -> str:
    return str(value).lower()


@literal.register(int)
@literal.register(decimal.Decimal)
def number(value: int | decimal.Decimal) -> str:
    """A number as an integer or DECIMAL; as DOUBLE where it has more digits, and equals no number of a column."""
    if isinstance(value, int) and -(2**63) <= value < 2**63:
        return str(value) if value > -(2**63) else f"BIGINT '{value}'"
    value = decimal.Decimal(value)
    if not value.is_finite():
        return _double(float(value))
    digits = format(value, "f")
    if (
        len(re.sub(r"[-.]", "", digits).lstrip("0")) > _WIDEST_DECIMAL
        or len(digits.partition(".")[2]) >= _WIDEST_DECIMAL
    ):
        return _double(float(value))
    return f"DECIMAL '{digits}'"


@literal.register(float)
def _double(value: float) -> str:
    if math.isfinite(value):
        return f"DOUBLE '{value!r}'"
    return "nan()" if math.isnan(value) else "infinity()" if value > 0 else "-infinity()"


@literal.register(str)
def string(value: str) -> str:
    """Characters as a literal; those that do not print by their numbers."""
    if value.isprintable():
        return "'{}'".format(value.replace("'", "''"))
    escaped = ({"'": "''", "\\": "\\\\"}.get(one, one) if one.isprintable() else f"\\+{ord(one):06X}" for one in value)
    return f"U&'{''.join(escaped)}'"


@literal.register
def _(value: bytes) -> str:
    return f"X'{value.hex()}'"


@literal.register
def _(value: dt.datetime) -> str:
    zone = "" if value.tzinfo is None else " UTC"
    moment = value if value.tzinfo is None else value.astimezone(dt.UTC)
    return f"TIMESTAMP '{moment.replace(tzinfo=None).isoformat(' ', 'microseconds')}{zone}'"


@literal.register
def _(value: dt.date) -> str:
    return f"DATE '{value.isoformat()}'"


@literal.register
def _(value: dt.time) -> str:
    zone = "" if value.tzinfo is None else value.isoformat()[-6:]
    return f"TIME '{value.replace(tzinfo=None).isoformat('microseconds')}{zone}'"


@literal.register
def _(value: dt.timedelta) -> str:
    """An interval, which has milliseconds."""
    sign = "-" if value < dt.timedelta() else ""
    value = abs(value)
    hours, rest = divmod(value.seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    clock = f"{value.days} {hours:02}:{minutes:02}:{seconds:02}.{value.microseconds // 1000:03}"
    return f"INTERVAL {sign}'{clock}' DAY TO SECOND"


@literal.register
def _(value: list) -> str:  # type: ignore[type-arg]  # a class to register
    return f"ARRAY[{', '.join(map(literal, value))}]"


@literal.register
def _(value: uuid.UUID) -> str:
    return f"UUID '{value}'"
