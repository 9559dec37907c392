"""Values of rules as Trino writes them: its driver's parameters know fewer types than the engine."""

from __future__ import annotations

import datetime as dt
import decimal
import math
import re
import uuid
from functools import singledispatch
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

if TYPE_CHECKING:
    from ..column import Column

__all__ = ["string", "type_of", "written"]

_WIDEST_DECIMAL = 38


def type_of(value: Any) -> sa.types.TypeEngine[Any]:
    """SQLAlchemy's type for a value."""
    if isinstance(value, bool):
        return sa.Boolean()
    return sa.Text() if isinstance(value, str) else sa.literal(value).type


def written(value: Any, column: Column) -> str:
    """A value as a literal to compare a column with."""
    exact = column.family in ("integer", "decimal")
    if isinstance(value, float) and exact and math.isfinite(value) and 1e-15 < abs(value) < 1e20:
        return _number(decimal.Decimal(repr(value)))
    return _literal(value)


@singledispatch
def _literal(value: Any) -> str:
    raise NotImplementedError(f"{value!r:.80} ({type(value).__name__}) is no value of a rule")


@_literal.register
def _(value: bool) -> str:
    return str(value).lower()


@_literal.register(int)
@_literal.register(decimal.Decimal)
def _number(value: int | decimal.Decimal) -> str:
    """A number as DECIMAL; as DOUBLE where it has more digits than that, and equals no number of a column."""
    value = decimal.Decimal(value)
    if not value.is_finite():
        return _double(float(value))
    digits = format(value, "f")
    if (
        len(re.sub(r"[-.]", "", digits).lstrip("0")) > _WIDEST_DECIMAL
        or len(digits.partition(".")[2]) >= _WIDEST_DECIMAL
    ):
        return _double(float(value))
    if "." not in digits and -(2**63) < value < 2**63:
        return digits
    return f"DECIMAL '{digits}'"


@_literal.register(float)
def _double(value: float) -> str:
    if math.isfinite(value):
        return f"DOUBLE '{value!r}'"
    return "nan()" if math.isnan(value) else "infinity()" if value > 0 else "-infinity()"


@_literal.register(str)
def string(value: str) -> str:
    """Characters as a literal; those that do not print by their numbers."""
    if value.isprintable():
        return "'{}'".format(value.replace("'", "''"))
    escaped = ({"'": "''", "\\": "\\\\"}.get(one, one) if one.isprintable() else f"\\+{ord(one):06X}" for one in value)
    return f"U&'{''.join(escaped)}'"


@_literal.register
def _(value: bytes) -> str:
    return f"X'{value.hex()}'"


@_literal.register
def _(value: dt.datetime) -> str:
    zone = "" if value.tzinfo is None else " UTC"
    moment = value if value.tzinfo is None else value.astimezone(dt.UTC)
    return f"TIMESTAMP '{moment.replace(tzinfo=None).isoformat(' ', 'microseconds')}{zone}'"


@_literal.register
def _(value: dt.date) -> str:
    return f"DATE '{value.isoformat()}'"


@_literal.register
def _(value: dt.time) -> str:
    zone = "" if value.tzinfo is None else value.isoformat()[-6:]
    return f"TIME '{value.replace(tzinfo=None).isoformat('microseconds')}{zone}'"


@_literal.register
def _(value: dt.timedelta) -> str:
    """An interval, which has milliseconds."""
    sign = "-" if value < dt.timedelta() else ""
    value = abs(value)
    hours, rest = divmod(value.seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    clock = f"{value.days} {hours:02}:{minutes:02}:{seconds:02}.{value.microseconds // 1000:03}"
    return f"INTERVAL {sign}'{clock}' DAY TO SECOND"


@_literal.register
def _(value: uuid.UUID) -> str:
    return f"UUID '{value}'"
