"""Dates with times, and times, in a database that keeps them as text: the same one in several forms.

``2024-05-01 10:00``, ``2024-05-01T10:00:00`` and ``2024-05-01 10:00:00.000000`` are one moment and three strings, so
that a comparison of the strings would find one of them, and give it a place before the other two.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from sqlalchemy import case, func, literal_column
from sqlalchemy import types as sql

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

__all__ = ["as_text", "in_one_form"]

_SPACE, _T, _ZERO, _POINT = (literal_column(text, sql.String) for text in ("' '", "'T'", "'0'", "'.'"))
_SECONDS, _MIDNIGHT = (literal_column(text, sql.String) for text in ("':00'", "' 00:00:00'"))
_DIGITS = literal_column("'0123456789'", sql.String)
#: Characters of the forms of each kind: a whole day, one that ends with its minutes, one that has seconds and a point.
_LENGTHS = {"timestamp": (10, 16, 20), "time": (0, 5, 9)}


def as_text(value: Any, *, midnight: bool = True) -> str | None:
    """The one form of a value: with seconds, and with no more digits behind them than it needs.

    Args:
        value: A value.
        midnight: Whether a day is its midnight; otherwise midnight is its day.

    Returns:
        None if it is no moment without a zone.
    """
    if type(value) is dt.date or (not midnight and isinstance(value, dt.datetime) and value.time() == dt.time()):
        return f"{value:%Y-%m-%d}{' 00:00:00' if midnight else ''}"
    if not isinstance(value, dt.datetime | dt.time) or value.tzinfo is not None:
        return None
    text = value.isoformat(" ", "auto") if isinstance(value, dt.datetime) else value.isoformat()
    return text.rstrip("0") if value.microsecond else text


def in_one_form(column: ColumnElement[Any], kind: str, *, midnight: bool = True) -> ColumnElement[Any]:
    """What is stored in a column, in the form of `as_text`; what is no text, or has a zone, stays as it is.

    Args:
        column: The column.
        kind: ``timestamp`` or ``time``.
        midnight: See `as_text`.
    """
    day, minutes, point = _LENGTHS[kind]
    text = func.replace(column, _T, _SPACE)
    fraction = func.substr(column, point + 1)
    forms = [
        (func.typeof(column) != literal_column("'text'"), column),
        (func.length(column) == literal_column(str(minutes)), text.op("||")(_SECONDS)),
        (
            (func.substr(column, literal_column(str(point)), literal_column("1")) == _POINT)
            & (func.ltrim(fraction, _DIGITS) == literal_column("''")),
            func.rtrim(func.rtrim(text, _ZERO), _POINT),
        ),
    ]
    if day:
        forms.insert(1, (func.length(column) == literal_column(str(day)), column.op("||")(_MIDNIGHT)))
    form = case(*forms, else_=text)
    return form if midnight else func.replace(form, _MIDNIGHT, literal_column("''"))
