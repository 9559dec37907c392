"""Values of SQLite compared as what is stored: of any storage class, and moments in any spelling."""

from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sqlalchemy import Text, func, literal, or_

from ...types.logical import logical_type
from .same_moments import comparable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement


def at_least(column: ColumnElement[Any], value: Any) -> ColumnElement[bool]:
    """Whether a column is not below a value; true where that cannot be told.

    Args:
        column: The column.
        value: A number, a day, or a moment. Strings are compared with its day, because moments have many spellings
            (``T`` or a blank, with or without fractions), and with the day before if they can have other zones.
    """
    if isinstance(value, dt.date):
        day = value.date() if isinstance(value, dt.datetime) else value
        if isinstance(value, dt.datetime) and value.tzinfo is not None and day > dt.date.min:
            day -= dt.timedelta(days=1)
        # Numbers come before all strings, and what they count is not known.
        return or_(func.typeof(column) != literal("text"), column >= literal(day.isoformat(), Text()))
    bound = math.nextafter(float(value), -math.inf) if isinstance(value, Decimal) else value
    return or_(func.typeof(column).not_in(("integer", "real")), column >= bound)


def unordered(column: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether a column of timestamps has another form than the one that moltres writes: moments have many spellings."""
    parts = ("[0-9]" * 4, *["[0-9][0-9]"] * 2)
    form = f"{'-'.join(parts)} {':'.join(['[0-9][0-9]'] * 3)}.{'[0-9]' * 6}"
    zoned = logical_type(column.type).zoned
    return column.op("NOT GLOB")(literal(f"{form}+00:00" if zoned else form, Text()))


def identity(columns: Sequence[ColumnElement[Any]]) -> ColumnElement[Any]:
    """The values of a row as literals, which say the storage class and every digit; no other row has the same.

    Moments are in one form, so that those which are equal are the same.
    """
    joined: ColumnElement[Any] = func.quote(comparable(columns[0]), type_=Text())
    for column in columns[1:]:
        joined = joined.concat(",").concat(func.quote(comparable(column), type_=Text()))
    return joined
