"""Types of Trino: https://trino.io/docs/current/language/types.html; and how values are written for it as text."""

from __future__ import annotations

import base64
import datetime as dt
import json
import math
import re
from typing import TYPE_CHECKING, Any

from sqlalchemy import types as sql

from ..._shared.json_values import non_finite
from ...types import documents
from ...types.logical import ListDocument, is_known, logical_type
from ..rows import each
from .results import MICROSECONDS, converter

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy.types import TypeEngine

    from ..columns import ColumnType
    from ..rows import Reader


class Timestamp(sql.TIMESTAMP):
    """TIMESTAMP with a number of digits after the second; Trino's own default is three."""

    cache_ok = True

    def __init__(self, precision: int | None = MICROSECONDS, timezone: bool = False) -> None:
        super().__init__(timezone=timezone)
        self.precision = precision


class Time(sql.TIME):
    """TIME with a number of digits after the second."""

    cache_ok = True

    def __init__(self, precision: int | None = MICROSECONDS, timezone: bool = False) -> None:
        super().__init__(timezone=timezone)
        self.precision = precision


class Uuid(sql.UUID[Any]):
    """UUID, which the driver takes and gives as Python's."""

    cache_ok = True

    def bind_processor(self, dialect: Any) -> Any:
        """The driver takes them as they are."""
        del dialect

    def result_processor(self, dialect: Any, coltype: Any) -> Any:
        """It gives them as they are."""
        del dialect, coltype


class Nested(sql.JSON):
    """A ROW or MAP, and an array of these: JSON for other databases, but its values arrive as dicts and not as text."""

    cache_ok = True

    def result_processor(self, dialect: Any, coltype: Any) -> None:
        """Nothing: the driver has made Python objects of them."""


_SIMPLE: dict[str, Callable[[], TypeEngine[Any]]] = {
    "boolean": sql.Boolean,
    "tinyint": sql.SmallInteger,
    "smallint": sql.SmallInteger,
    "integer": sql.Integer,
    "bigint": sql.BigInteger,
    "real": sql.REAL,
    "double": sql.DOUBLE,
    "varbinary": sql.VARBINARY,
    "date": sql.Date,
    "json": sql.JSON,
    "uuid": Uuid,
    "interval day to second": sql.Interval,
}

_PARTS = re.compile(r"(?P<name>\w+(?: \w+)*)\s*(?:\((?P<options>.*)\))?(?P<zone> with time zone)?", re.DOTALL)


def parsed(name: str) -> TypeEngine[Any]:  # noqa: PLR0911 - one line for each kind
    """The type that Trino calls so; NullType where Python has none for its values."""
    simple = _SIMPLE.get(name.lower())
    if simple is not None:
        return simple()
    match = _PARTS.fullmatch(name)
    if match is None:
        return sql.NullType()
    kind, options, zone = match["name"], match["options"] or "", bool(match["zone"])
    if kind.endswith(" with time zone"):
        kind, zone = kind.removesuffix(" with time zone"), True
    numbers = [int(part) for part in re.findall(r"\d+", options)] if re.fullmatch(r"[\d, ]*", options) else []
    if kind in {"timestamp", "time"}:
        return (Timestamp if kind == "timestamp" else Time)(numbers[0] if numbers else 3, timezone=zone)
    if kind == "decimal":
        precision, scale = (*numbers, 0, 0)[:2] if numbers else (38, 0)
        return sql.DECIMAL(precision, scale)
    if kind == "varchar":
        return sql.VARCHAR(numbers[0]) if numbers else sql.Text()
    if kind == "char":
        return sql.CHAR(numbers[0] if numbers else 1)
    if kind == "array":
        item = parsed(options)
        if isinstance(item, sql.ARRAY):
            return sql.ARRAY(item.item_type, dimensions=(item.dimensions or 1) + 1)
        return item if isinstance(item, Nested) or not is_known(item) else sql.ARRAY(item)
    return Nested() if kind in {"row", "map"} else sql.NullType()


def column_type(  # noqa: PLR0911 - one line for each kind
    type_: TypeEngine[Any], portable: ColumnType
) -> TypeEngine[Any] | None:
    """The type of a new column: microseconds, strings of any length; no JSON, intervals or arrays of arrays.

    Args:
        type_: What the values are.
        portable: What every database would have for them.
    """
    if isinstance(type_, ListDocument):
        type_ = sql.ARRAY(type_.item_type)
    kind = logical_type(type_)
    if kind.name == "array":
        return None if kind.item is None or kind.item.name in _NOT_ITEMS else portable(type_)
    if kind.name in {"json", "interval"} or (kind.name == "time" and kind.zoned):
        return None
    if kind.name == "uuid":
        return Uuid()
    if kind.name == "timestamp":
        return Timestamp(timezone=kind.zoned)
    if kind.name == "time":
        return Time()
    if kind.name == "binary":
        return sql.VARBINARY()
    if kind.name == "integer" and (kind.bits or 64) <= 32:
        return sql.Integer()
    return portable(type_)


_NOT_ITEMS = frozenset({"array", "json", "unknown", "other", "interval"})


def spelled(type_: TypeEngine[Any]) -> str:  # noqa: PLR0911 - one line for each kind
    """What Trino calls the type of a column that `column_type` gives, or that `parsed` has read."""
    if isinstance(type_, sql.ARRAY):
        inner = spelled(type_.item_type)
        for _ in range(type_.dimensions or 1):
            inner = f"ARRAY({inner})"
        return inner
    kind = logical_type(type_)
    if kind.name == "integer":
        return {16: "SMALLINT", 32: "INTEGER"}.get(kind.bits or 64, "BIGINT")
    if kind.name == "float":
        return "REAL" if kind.bits == 32 else "DOUBLE"
    if kind.name == "decimal":
        return f"DECIMAL({kind.precision or 38}, {kind.scale or 0})"
    if kind.name in {"timestamp", "time"}:
        digits = MICROSECONDS if kind.scale is None else kind.scale
        return f"{kind.name.upper()}({digits}){' WITH TIME ZONE' if kind.zoned else ''}"
    if kind.name == "text" and kind.length is not None:
        return f"{'CHAR' if kind.padded else 'VARCHAR'}({kind.length})"
    return {"binary": "VARBINARY", "boolean": "BOOLEAN", "date": "DATE", "uuid": "UUID", "json": "JSON"}.get(
        kind.name, "VARCHAR"
    )


# -- values as text, and back


def from_text(value: str, type_: TypeEngine[Any]) -> str:
    """SQL for a value of a type from SQL for its text, as `as_text` writes it."""
    kind = logical_type(type_)
    if kind.name == "array" and isinstance(type_, sql.ARRAY):
        item = from_text("item", type_.item_type)
        return f"transform(CAST(json_parse({value}) AS ARRAY(VARCHAR)), item -> {item})"
    if kind.name == "binary":
        return f"from_base64({value})"
    if kind.name == "json":
        return f"json_parse({value})"
    if spelled(type_) == "VARCHAR":
        return value
    return f"CAST({value} AS {spelled(type_)})"


def as_strings(type_: TypeEngine[Any], values: Sequence[Any]) -> list[str | None]:
    """The values of one column as text, None for NULL."""
    write = _writer(type_)
    return [None if value is None else write(value) for value in values]


def _writer(type_: TypeEngine[Any]) -> Callable[[Any], str]:  # noqa: C901, PLR0911 - one line for each kind
    kind = logical_type(type_)
    if kind.name == "array" and isinstance(type_, sql.ARRAY):
        item = type_.item_type
        return lambda value: json.dumps(as_strings(item, value), ensure_ascii=False)
    if kind.name == "boolean":
        return lambda value: "true" if value else "false"
    if kind.name == "float":
        return lambda value: repr(number) if math.isfinite(number := float(value)) else non_finite(number)
    if kind.name == "decimal":
        return lambda value: str(value) if isinstance(value, int) else format(value, "f")
    if kind.name == "integer":
        return lambda value: str(int(value))
    if kind.name == "binary":
        return lambda value: base64.b64encode(bytes(value)).decode()
    if kind.name == "timestamp" and kind.zoned:
        return lambda value: f"{value.astimezone(dt.UTC).replace(tzinfo=None).isoformat(' ')} UTC"
    if kind.name == "timestamp":
        return lambda value: str(value.isoformat(" "))
    if kind.name in {"date", "time"}:
        return lambda value: str(value.isoformat())
    if kind.name == "json":
        return documents.write
    return str


def reader(code: str) -> Reader | None:
    """What turns the driver's values of a column into Python's; None if they are that already.

    Args:
        code: What Trino calls the type of the column.
    """
    convert = converter(code)
    return None if convert is None else each(convert)
