"""MariaDB's types: those of new columns, how values are read, and which values no column keeps as they are."""

from __future__ import annotations

import math
import re
from datetime import date, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sqlalchemy import cast
from sqlalchemy import types as sql
from sqlalchemy.dialects import mysql

from ...types import documents
from ...types.arrow import bounded
from ...types.logical import LogicalType, logical_type, register
from ...types.values import shortest, shown, unfit
from ..rows import each, lenient
from .replaced import REPLACED

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy.types import TypeEngine

    from ..rows import Reader


EXACT = "utf8mb4_nopad_bin"
"""Compares strings exactly: by default 'AB' = 'ab' and 'a' = 'a '."""

MOST_DIGITS = 65
_MOST_SCALE = 38
_OPEN_SCALE = 30
"""Digits after the point of a decimal without limit; a value with more is refused."""


class _Decimal(mysql.DECIMAL):
    """DECIMAL without NaN and infinity."""

    cache_ok = True

    def bind_processor(self, dialect: Any) -> Callable[[Any], Any]:
        del dialect

        def check(value: Any) -> Any:
            if isinstance(value, Decimal) and not value.is_finite():
                raise ValueError(f"MariaDB has no {value} in a DECIMAL")
            return value

        return check


class Double(mysql.DOUBLE):
    """DOUBLE; NaN and infinity, which MariaDB does not have, are refused."""

    cache_ok = True

    def __init__(self) -> None:
        # SQLAlchemy makes one without arguments for what is computed, and its own would be decimals of ten digits.
        super().__init__(asdecimal=False)

    def bind_processor(self, dialect: Any) -> Callable[[Any], Any]:
        """What refuses NaN and infinity."""
        del dialect
        return _finite


def _finite(value: Any) -> Any:
    if value is not None and not math.isfinite(value):
        raise ValueError(f"MariaDB has no {value}")
    return value


class ShortFloat(mysql.FLOAT):
    """FLOAT, read as DOUBLE: the server writes a FLOAT with six digits, which are not all that it has."""

    cache_ok = True

    def __init__(self) -> None:
        super().__init__(asdecimal=False)

    def column_expression(self, column: Any) -> Any:
        """The value with all its digits."""
        return cast(column, mysql.DOUBLE(asdecimal=False))

    def bind_processor(self, dialect: Any) -> Callable[[Any], Any]:
        """What refuses NaN and infinity."""
        del dialect
        return _finite

    def result_processor(self, dialect: Any, coltype: Any) -> Callable[[Any], Any]:
        """The shortest decimal form of a float of 32 bits, as other databases read it."""
        del dialect, coltype
        return lambda value: None if value is None else shortest(value)


def column_type(  # noqa: PLR0911 - one line for each kind
    type_: TypeEngine[Any], portable: Callable[[TypeEngine[Any]], TypeEngine[Any] | None]
) -> TypeEngine[Any] | None:
    """The type of a new column.

    Args:
        type_: What the values are.
        portable: What says so for the types that are as everywhere.

    Returns:
        None if MariaDB has no such type.
    """
    kind = logical_type(type_)
    match kind.name:
        case "text" | "unknown":
            return mysql.LONGTEXT(charset="utf8mb4", collation=EXACT)
        case "binary":
            return mysql.LONGBLOB()
        case "float":
            return ShortFloat() if isinstance(type_, ShortFloat) else Double()
        case "timestamp":
            return None if kind.zoned else mysql.DATETIME(fsp=6)
        case "time":
            return None if kind.zoned else mysql.TIME(fsp=6)
        case "decimal":
            return _decimal(kind)
        case "interval":
            return None
    return portable(type_)


def _decimal(kind: LogicalType) -> TypeEngine[Any] | None:
    if kind.scale is None:
        return _Decimal(MOST_DIGITS, _OPEN_SCALE)
    precision, scale = bounded(kind.precision or MOST_DIGITS, kind.scale)
    return None if precision > MOST_DIGITS or scale > _MOST_SCALE else _Decimal(precision, scale)


def reflected(type_: TypeEngine[Any]) -> TypeEngine[Any]:
    """Boolean for what MariaDB reports as an integer, and floats as floats; any other type as it is."""
    if isinstance(type_, mysql.TINYINT) and type_.display_width == 1:
        return sql.Boolean()
    if isinstance(type_, mysql.FLOAT):
        return ShortFloat()
    return Double() if logical_type(type_).name == "float" else type_


_REPORTED: dict[int, Callable[[], TypeEngine[Any]]] = {
    4: ShortFloat,
    11: sql.Time,
    16: mysql.BIT,
}
"""By the codes of the protocol; the others come as values whose types say the same."""


def reported(code: int) -> TypeEngine[Any]:
    """The type of a column of a result by its code in the protocol; NullType where the values tell it themselves."""
    return _REPORTED.get(code, sql.NullType)()


_CHANGED: tuple[tuple[type[TypeEngine[Any]], Callable[[Any, Any], bool], str], ...] = (
    (sql.CHAR, lambda _, value: str(value).endswith(" "), "ends with blanks, which a CHAR of MariaDB does not keep"),
    (sql.BINARY, lambda type_, value: len(value) != type_.length, "is not as long as the BINARY, which is filled up"),
    (
        sql.Float,
        lambda _, value: value == 0 and math.copysign(1, value) < 0,
        "has a sign that MariaDB's floats do not keep",
    ),
    *REPLACED,
)


def changed(type_: TypeEngine[Any], values: Sequence[Any]) -> str | None:
    """Why the server would change one of the values without an error; None if it does not.

    Args:
        type_: The type of the column.
        values: Values that the type holds.
    """
    for cls, wrong, why in _CHANGED:
        if isinstance(type_, cls):
            found = next((value for value in values if value is not None and wrong(type_, value)), None)
            return None if found is None else f"{shown(found)} {why}"
    return None


_NO_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_NO_MOMENT = re.compile(rf"{_NO_DAY.pattern} \d\d:\d\d:\d\d(\.\d{{1,6}})?")


def keeps(type_: TypeEngine[Any], values: Sequence[Any]) -> bool:
    """Whether a column keeps values beside those of its type: a BOOLEAN numbers, a DATE what is no day, a TIME hours.

    Args:
        type_: The type of the column.
        values: Values that were read from such a column.
    """
    kind = logical_type(type_)
    allowed: dict[str, Callable[[Any], bool]] = {
        "boolean": lambda value: isinstance(value, int),
        "date": lambda value: type(value) is date or (isinstance(value, str) and bool(_NO_DAY.fullmatch(value))),
        "timestamp": lambda value: (
            unfit(kind, [value]) is None or (isinstance(value, str) and bool(_NO_MOMENT.fullmatch(value)))
        ),
        "time": lambda value: (
            unfit(kind, [value]) is None or (isinstance(value, timedelta) and not value.microseconds % _unit(kind))
        ),
    }
    is_kept = allowed.get(kind.name)
    return is_kept is not None and all(value is None or is_kept(value) for value in values)


def _unit(kind: LogicalType) -> int:
    unit: int = 10 ** (6 - (6 if kind.scale is None else kind.scale))
    return unit


_DAY = timedelta(days=1)


def _time(value: Any) -> Any:
    if isinstance(value, timedelta) and timedelta(0) <= value < _DAY:
        return time(value.seconds // 3600, value.seconds // 60 % 60, value.seconds % 60, value.microseconds)
    return value


def _boolean(value: Any) -> Any:
    return bool(value) if type(value) is int and value in {0, 1} else value


def _bits(value: Any) -> Any:
    return int.from_bytes(value, "big") if isinstance(value, bytes) else value


def _document(value: Any) -> Any:
    return documents.read(value) if isinstance(value, str) else value


_READERS: dict[str, Callable[[Any], Any]] = {
    "boolean": _boolean,
    "time": _time,
    "json": _document,
    "bits": _bits,
}


def reader(type_: TypeEngine[Any]) -> Reader | None:
    """What reads the values of a column where neither the driver nor SQLAlchemy does it exactly."""
    kind = "bits" if isinstance(type_, mysql.BIT) else logical_type(type_).name
    own = _READERS.get(kind)
    if own is None:
        return None
    # JSON_VALID takes 1. for JSON: as text it could not be told from a document that is a string.
    return each(own) if kind == "json" else lenient(own)


_MODULE = "sqlalchemy.dialects.mysql"


def _integer(bits: int) -> Callable[[Any], LogicalType]:
    return lambda type_: LogicalType("integer", bits=bits + bool(getattr(type_, "unsigned", False)))


register(
    {
        f"{_MODULE}.types.TINYINT": _integer(8),
        f"{_MODULE}.types.SMALLINT": _integer(16),
        f"{_MODULE}.types.MEDIUMINT": _integer(24),
        f"{_MODULE}.types.INTEGER": _integer(32),
        f"{_MODULE}.types.BIGINT": _integer(64),
        f"{_MODULE}.types.DATETIME": lambda type_: LogicalType("timestamp", scale=type_.fsp or 0),
        f"{_MODULE}.types.TIMESTAMP": lambda type_: LogicalType("timestamp", scale=type_.fsp or 0),
        f"{_MODULE}.types.TIME": lambda type_: LogicalType("time", scale=type_.fsp or 0),
        f"{_MODULE}.types.BIT": lambda type_: LogicalType("integer", bits=(type_.length or 1) + 1, native=True),
        f"{_MODULE}.types.YEAR": LogicalType("integer", bits=16, native=True),
        f"{_MODULE}.enumerated.ENUM": LogicalType("text", native=True),
        f"{_MODULE}.enumerated.SET": LogicalType("text", native=True),
        f"{__name__}.ShortFloat": LogicalType("float", bits=32),
    }
)
