"""The types of new columns, as far as databases agree on them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from sqlalchemy import types as sql
from sqlalchemy.types import TypeEngine

from ..types.arrow import bounded
from ..types.logical import logical_type

ColumnType: TypeAlias = Callable[[TypeEngine[Any]], TypeEngine[Any] | None]

_WORD = 64
_HUGE = 38
"""Digits of a decimal for integers of more than 64 bits."""

_SIMPLE: dict[str, type[sql.TypeEngine[Any]]] = {
    "unknown": sql.Text,
    "boolean": sql.Boolean,
    "text": sql.Text,
    "binary": sql.LargeBinary,
    "date": sql.Date,
    "interval": sql.Interval,
    "uuid": sql.Uuid,
    "json": sql.JSON,
}


def portable_type(  # noqa: PLR0911 - one line for each kind
    type_: TypeEngine[Any], column_type: ColumnType, *, arrays: bool
) -> TypeEngine[Any] | None:
    """The type of SQLAlchemy's own that holds every value of a type, or None; see `Dialect.column_type`.

    Args:
        type_: What the values are.
        column_type: The database's own choice, for the items of arrays and for decimals.
        arrays: Whether a column can hold arrays.
    """
    if isinstance(type_, sql.ARRAY):
        item = column_type(type_.item_type) if arrays else None
        return None if item is None else sql.ARRAY(item, dimensions=type_.dimensions)
    kind = logical_type(type_)
    simple = _SIMPLE.get(kind.name)
    if simple is not None:
        return simple()
    if kind.name == "integer":
        bits = kind.bits or _WORD
        if bits > _WORD:
            return column_type(sql.Numeric(_HUGE, 0))
        return sql.SmallInteger() if bits <= 16 else sql.Integer() if bits <= 32 else sql.BigInteger()
    if kind.name == "decimal":
        return sql.Numeric(*bounded(kind.precision, kind.scale))
    if kind.name == "float":
        return sql.REAL() if kind.bits == 32 else sql.Double()
    if kind.name == "timestamp":
        return sql.DateTime(timezone=kind.zoned)
    return sql.Time() if kind.name == "time" and not kind.zoned else None
