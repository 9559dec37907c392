"""SQLite's values, judged by what they are: a declared type binds no value of its column.

A value that has the form in which the type is stored is read as one of that type. Any other stays what it is, a number,
a string or bytes, so that nothing is bent, and whoever needs values of one type (Arrow, another database) refuses it.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import REAL, cast, func, not_, or_

from ...types import documents
from ...types.documents import JsonText
from ..rows import each, lenient
from .types import store_decimal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import ColumnElement

    from ...types.logical import LogicalType
    from ..rows import Reader
    from .numbers import Digits

_DIGITS = 15
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


def _sum(value: Any) -> Any:
    # What stands behind the 15th digit of a sum of decimals was left there by the floats that SQLite adds up.
    return Decimal(f"{value:.15g}") if isinstance(value, float) else _decimal(value)


def _term(value: Any) -> Any:
    if not isinstance(value, float):
        return _decimal(value)
    short = f"{value:.15g}"
    return Decimal(short if abs(float(short) - value) <= 2 * math.ulp(value) else repr(value))


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


_NULL = type(None)


def _map(convert: Callable[[Any], Any], values: Sequence[Any], classes: set[type]) -> Sequence[Any]:
    if _NULL in classes:
        return [None if value is None else convert(value) for value in values]
    return list(map(convert, values))


def _booleans(values: Sequence[Any]) -> Sequence[Any] | None:
    classes = set(map(type, values))
    return _map(bool, values, classes) if classes <= {int, _NULL} and set(values) <= {0, 1, None} else None


def _decimals(values: Sequence[Any]) -> Sequence[Any] | None:
    classes = set(map(type, values))
    if not classes <= {float, int, _NULL}:
        return None
    # Of a whole number this is its digits as well.
    return _map(_of_digits, values, classes) if _NULL in classes else list(map(Decimal, map(repr, values)))


def _of_digits(value: float) -> Decimal:
    return Decimal(repr(value))


def _floats(values: Sequence[Any]) -> Sequence[Any] | None:
    return values if set(map(type, values)) <= {float, _NULL} else None


def _moments(form: re.Pattern[str], convert: Callable[[str], Any]) -> Callable[[Sequence[Any]], Sequence[Any] | None]:
    def read(values: Sequence[Any]) -> Sequence[Any] | None:
        classes = set(map(type, values))
        if not classes <= {str, _NULL}:
            return None
        texts = [value for value in values if value is not None] if _NULL in classes else values
        return _map(convert, values, classes) if all(map(form.fullmatch, texts)) else None

    return read


_AT_ONCE: dict[str, Callable[[Sequence[Any]], Sequence[Any] | None]] = {
    "boolean": _booleans,
    "decimal": _decimals,
    "float": _floats,
    "date": _moments(_DATE, dt.date.fromisoformat),
    "time": _moments(_TIME, dt.time.fromisoformat),
    "timestamp": _moments(_TIMESTAMP, dt.datetime.fromisoformat),
}


def _scaled(scale: int) -> Reader:
    """What reads decimals that are computed in doubles, and have so many digits behind the point."""
    room, noise = Decimal(10) ** (_DIGITS - scale), Decimal(10) ** -(scale + 4)

    def read(value: Any) -> Any:
        if not isinstance(value, float):
            return _decimal(value)
        exact = Decimal(value)
        if abs(exact) >= room:
            raise ValueError(f"{value!r} has more digits than the {_DIGITS} that SQLite computes decimals with")
        rounded = Decimal(f"{value:.{scale}f}")
        return rounded if abs(exact - rounded) < noise else _term(value)  # a column may hold more than it says

    return each(read)


def _integers(values: Sequence[Any]) -> Sequence[Any]:
    # SQLite makes floats of sums and products that have no room in 64 bits, where other databases fail.
    if not set(map(type, values)) <= {int, _NULL}:
        for value in values:
            if isinstance(value, float) and value.is_integer():
                raise ValueError(f"{value!r} is computed from integers beyond 64 bits, or from floats among integers")
    return values


_COMPUTED: dict[Digits, Callable[[Any], Any]] = {"sum": _sum, "term": _term}


def reader(type_: LogicalType, digits: Digits | None) -> Reader | None:
    """What reads the values of a column of this type; None if they are read as they are stored.

    Args:
        type_: What the column should hold.
        digits: See `digits_of`, for results of arithmetic; None for values that are stored.
    """
    if isinstance(digits, int):
        return _scaled(digits)
    if digits is not None and type_.name == "decimal":
        return lenient(_COMPUTED.get(digits, _decimal))
    if digits == "integers" and type_.name == "integer":
        return _integers
    own = _READERS.get(type_.name)
    if own is None:
        return None
    # Text that is no JSON could not be told from the text that a document is: it is refused, not passed on.
    return each(own) if type_.name == "json" else lenient(own, _AT_ONCE.get(type_.name, lambda _: None))


_CLASSES = {
    "boolean": ("integer",),
    "integer": ("integer",),
    "decimal": ("integer", "real"),
    "float": ("real", "integer"),
    "text": ("text",),
    "binary": ("blob",),
}
"""The storage classes of values, by what a column should hold."""
_DAY = "[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]"
_FORMS = {"date": _DAY, "timestamp": f"{_DAY}*", "time": "[0-9][0-9]:[0-9][0-9]*", "uuid": "*-*-*-*-*"}
"""What strings look like that a column of numeric affinity leaves strings, by what it should hold."""


def misplaced(value: ColumnElement[Any], type_: LogicalType) -> ColumnElement[bool] | None:
    """Whether a column would store a value as another one, or as one of another type; None if none would be.

    Args:
        value: The value in SQL.
        type_: What the column should hold.
    """
    if type_.name in _FORMS:
        return or_(func.typeof(value) != "text", not_(func.glob(_FORMS[type_.name], value))) & value.is_not(None)
    classes = _CLASSES.get(type_.name)
    if classes is None:
        return None
    wrong: ColumnElement[bool] = func.typeof(value).not_in([*classes, "null"])
    if type_.name == "boolean":
        return wrong | value.not_in([0, 1])
    if type_.name == "float":  # an integer with more digits than a float holds
        return wrong | (cast(value, REAL) != value)
    return wrong


def loses_digits(value: Any) -> bool:
    """Whether a JSON document is a number that SQLite would round: to the affinity of JSON it is a mere number."""
    if isinstance(value, JsonText):
        value = documents.read(value)
    if type(value) is int:
        return not -_WHOLE <= value < _WHOLE and not _is_float(Decimal(value))
    return isinstance(value, Decimal) and not _is_float(value)


def _is_float(value: Decimal) -> bool:
    try:
        return Decimal(repr(float(value))) == value
    except OverflowError:
        return False


_WHOLE = 2**63
"""SQLite's integers reach up to here."""


def left_alone(value: Any, declared: str) -> Any:
    """A number, string or bytes as a column stores them unchanged, whatever type it is declared with.

    Args:
        value: The value.
        declared: The declared type, of which SQLite's rules make the affinity of the column.

    Returns:
        None if the column would store another value, or has no place for this one.
    """
    try:
        own = store_decimal(value) if isinstance(value, Decimal) else value
    except ValueError:
        return None
    return own if _is_left_alone(own, declared) else None


def _is_left_alone(value: Any, declared: str) -> bool:
    declared = declared.upper()
    whole, textual = "INT" in declared, any(word in declared for word in ("CHAR", "CLOB", "TEXT"))
    if type(value) is bytes or (not whole and "BLOB" in declared) or not declared:
        return type(value) in {bytes, str, int, float} and value == value  # noqa: PLR0124 - NaN would be NULL
    if textual and not whole:
        return type(value) is str
    if type(value) is str:
        return not _is_number(value)
    if type(value) is float:
        return not value.is_integer() and value == value  # noqa: PLR0124 - as above
    real = not whole and any(word in declared for word in ("REAL", "FLOA", "DOUB"))
    return type(value) is int and not real and -_WHOLE <= value < _WHOLE


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
