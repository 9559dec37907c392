"""SQLite's values, judged by what they are: a declared type binds no value of its column.

A value that has the form in which the type is stored is read as one of that type. Any other stays what it is, a number,
a string or bytes, so that nothing is bent, and whoever needs values of one type (Arrow, another database) refuses it.
"""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

from ...types import documents

if TYPE_CHECKING:
    from collections.abc import Callable

    from ...types.logical import LogicalType

_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_TIME = re.compile(r"\d\d:\d\d(:\d\d(\.\d{1,6})?)?")
_TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\d([ T]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:?\d\d)?)?")


def _moment(form: re.Pattern[str], convert: Callable[[str], Any]) -> Callable[[Any], Any]:
    def read(value: Any) -> Any:
        # Python would read more forms, as 20240101 and 2024-W01-1, and cut digits off.
        return convert(value) if isinstance(value, str) and form.fullmatch(value) else value

    return read


def _boolean(value: Any) -> Any:
    return bool(value) if isinstance(value, int) and value in {0, 1} else value


def _decimal(value: Any) -> Any:
    return Decimal(repr(value) if isinstance(value, float) else value) if isinstance(value, int | float) else value


def _computed_decimal(value: Any) -> Any:
    # The digits behind the 15th are only what sums of floats leave there.
    return Decimal(f"{value:.15g}") if isinstance(value, float) else _decimal(value)


def _float(value: Any) -> Any:
    return float(value) if isinstance(value, int) and int(float(value)) == value else value


def _document(value: Any) -> Any:
    return documents.read(value) if isinstance(value, str) else value


def _uuid(value: Any) -> Any:
    return UUID(value) if isinstance(value, str) else value


_READERS: dict[str, Callable[[Any], Any]] = {
    "boolean": _boolean,
    "decimal": _decimal,
    "float": _float,
    "date": _moment(_DATE, dt.date.fromisoformat),
    "time": _moment(_TIME, dt.time.fromisoformat),
    "timestamp": _moment(_TIMESTAMP, dt.datetime.fromisoformat),
    "uuid": _uuid,
    "json": _document,
}


def reader(type_: LogicalType, *, computed: bool) -> Callable[[Any], Any] | None:
    """What reads a value of a column of this type; None if it is read as it is stored.

    Args:
        type_: What the column should hold.
        computed: Whether it is a result of arithmetic.
    """
    if computed and type_.name == "decimal":
        return _computed_decimal
    return _READERS.get(type_.name)
