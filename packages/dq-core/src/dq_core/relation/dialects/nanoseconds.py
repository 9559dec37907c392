"""Moments and times with nanoseconds, which Python lacks: read as DuckDB prints them, shown with all digits."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, Any, TypeVar

import sqlalchemy as sa

if TYPE_CHECKING:
    from sqlalchemy.sql.expression import ColumnElement

__all__ = ["PRINTED", "TYPES", "marked", "printed"]

TYPES = frozenset({"TIMESTAMP_NS", "TIME_NS"})
"""Of moments and times that have digits beyond those of Python."""

PRINTED = re.compile(r"\d:\d\d:\d\d\.\d{7,9}")
"""How DuckDB prints such a moment or time."""

_DIGITS = len(".000000")
_INFINITE = {
    "infinity": dt.datetime.combine(dt.date.max, dt.time.max),
    "-infinity": dt.datetime.combine(dt.date.min, dt.time.min),
}
"""As the driver hands them over."""


class _Moment(dt.datetime):
    """A moment whose nanoseconds are shown, and take no part in what is computed."""

    further = ""

    def isoformat(self, sep: str = "T", timespec: str = "auto") -> str:
        """As usual, with all digits."""
        return super().isoformat(sep, "microseconds" if self.further else timespec) + self.further

    def __str__(self) -> str:
        return self.isoformat(" ")


class _Time(dt.time):
    """A time whose nanoseconds are shown, and take no part in what is computed."""

    further = ""

    def isoformat(self, timespec: str = "auto") -> str:
        """As usual, with all digits."""
        return super().isoformat("microseconds" if self.further else timespec) + self.further

    def __str__(self) -> str:
        return self.isoformat()


_Shown = TypeVar("_Shown", _Moment, _Time)


def _with_all(made: _Shown, text: str) -> _Shown:
    """A moment or time with the digits after the microseconds of the string that it was read from."""
    made.further = text.partition(".")[2][6:]
    return made


def _moment(text: str) -> dt.datetime:
    if text in _INFINITE:
        return _INFINITE[text]
    if len(text.partition(".")[2]) < _DIGITS:
        return dt.datetime.fromisoformat(text)
    return _with_all(_Moment.fromisoformat(text), text)


def _time(text: str) -> dt.time | str:
    if text.startswith("24:"):
        return text
    if len(text.partition(".")[2]) < _DIGITS:
        return dt.time.fromisoformat(text)
    return _with_all(_Time.fromisoformat(text), text)


class _Printed(sa.types.TypeDecorator[Any]):
    """What is read as text, and is a moment or a time."""

    impl = sa.Text
    cache_ok = True

    def __init__(self, *, moments: bool) -> None:
        super().__init__()
        self.moments = moments

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> Any:
        """The value that a string writes."""
        del dialect
        return None if value is None else _moment(value) if self.moments else _time(value)


class _Moments(sa.types.TypeDecorator[dt.datetime]):
    """TIMESTAMP_NS."""

    impl = sa.TIMESTAMP
    cache_ok = True


class _Times(sa.types.TypeDecorator[dt.time]):
    """TIME_NS."""

    impl = sa.Time
    cache_ok = True


_MARKS: dict[str, type[_Moments | _Times]] = {"TIMESTAMP_NS": _Moments, "TIME_NS": _Times}


def marked(value: ColumnElement[Any], type_name: str) -> ColumnElement[Any]:
    """A column of this type of DuckDB, such that `printed` knows it; any other as it is."""
    mark = _MARKS.get(type_name)
    return value if mark is None else sa.type_coerce(value, mark())


def _read(column: ColumnElement[Any]) -> ColumnElement[Any]:
    if not isinstance(column.type, _Moments | _Times):
        return column
    text = sa.cast(column, sa.Text())
    return sa.type_coerce(text, _Printed(moments=isinstance(column.type, _Moments))).label(column.key)


def printed(statement: sa.Select[Any] | sa.CompoundSelect[Any]) -> sa.Select[Any] | sa.CompoundSelect[Any]:
    """The same statement, whose marked columns are read with all digits."""
    columns = list(statement.selected_columns)
    if not any(isinstance(column.type, _Moments | _Times) for column in columns):
        return statement
    if isinstance(statement, sa.CompoundSelect):
        return sa.select(*map(_read, statement.subquery().c))
    return statement.with_only_columns(*map(_read, columns), maintain_column_froms=True)
