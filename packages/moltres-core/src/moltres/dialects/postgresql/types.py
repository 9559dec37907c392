"""Types of PostgreSQL: how psycopg describes them, and what they hold."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import types as sql
from sqlalchemy.dialects.postgresql import BIT, INTERVAL

from ...types.logical import LogicalType, logical_type, register

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.types import TypeEngine

    from .user_arrays import UserArray


_FIELDS = {"year": 2, "month": 1, "day": 3, "hour": 10, "minute": 11, "second": 12}
"""The bits by which the modifier of an INTERVAL names its fields, above 16 others."""


def _fields(modifier: int) -> str | None:
    """The fields of an INTERVAL as they are declared, None for all."""
    found = [name for name, bit in _FIELDS.items() if modifier >> 16 & 1 << bit]
    every = modifier < 0 or len(found) == len(_FIELDS)
    return None if every or not found else " to ".join(dict.fromkeys((found[0], found[-1])))


def described(
    column: Any, modifier: int, registry: Any, names: dict[str, Any], look_up: Callable[[int], UserArray | None]
) -> TypeEngine[Any]:
    """The SQL type for a column of psycopg's description; text where nobody but the database knows the type.

    Args:
        column: The column.
        modifier: What the server says of its type: lengths, digits and fields.
        registry: What psycopg knows of types.
        names: SQLAlchemy's types by name.
        look_up: Finds arrays of types of users.
    """
    info = registry.get(column.type_code)
    if info is None:
        array = look_up(column.type_code)
        base = None if array is None else registry.get(array.base)
        if array is None:
            return sql.Text()
        return sql.ARRAY(sql.Text() if base is None else names.get(base.regtype, sql.Text)())
    if info.name == "numeric":
        found: TypeEngine[Any] = sql.Numeric(column.precision, column.scale)
    elif info.name in {"bit", "varbit"}:
        found = BIT(varying=True)  # its length is not told, and a BIT without one is a single bit
    elif info.name == "interval":
        found = INTERVAL(column.precision, _fields(modifier))
    else:
        made = names.get(info.regtype, sql.Text)
        options = {"timezone": True} if "with time zone" in info.regtype else {}
        found = made(**options) if column.precision is None else made(**options, precision=column.precision)
    return sql.ARRAY(found) if column.type_code == info.array_oid else found


_SMALLEST = {"minute": 60 * 10**6, "hour": 3_600 * 10**6, "day": 86_400 * 10**6, "month": 10**18, "year": 10**18}
"""The last field of an INTERVAL in microseconds; no days are months, so that only none of them fits."""


def _interval(type_: Any) -> LogicalType:
    """What an INTERVAL holds: it cuts off what is smaller than its last field, or digit, without an error."""
    field = (type_.fields or "second").split()[-1].lower()
    unit = _SMALLEST.get(field, 10 ** (6 - (6 if type_.precision is None else type_.precision)))
    return LogicalType("interval", precision=unit if unit > 1 else None)


_TEXT = LogicalType("text", native=True)
MODULE = "sqlalchemy.dialects.postgresql"
register(
    {
        f"{MODULE}.types.INET": _TEXT,
        f"{MODULE}.types.CIDR": _TEXT,
        f"{MODULE}.types.MACADDR": _TEXT,
        f"{MODULE}.types.MACADDR8": _TEXT,
        f"{MODULE}.types.MONEY": _TEXT,
        f"{MODULE}.types.BIT": _TEXT,
        f"{MODULE}.types.TSVECTOR": _TEXT,
        f"{MODULE}.types.TSQUERY": _TEXT,
        f"{MODULE}.types.REGCLASS": _TEXT,
        f"{MODULE}.types.REGCONFIG": _TEXT,
        f"{MODULE}.types.OID": LogicalType("integer", bits=33, native=True),
        f"{MODULE}.types.INTERVAL": _interval,
        f"{MODULE}.ranges.AbstractRange": _TEXT,
        f"{MODULE}.hstore.HSTORE": _TEXT,
        f"{MODULE}.named_types.ENUM": _TEXT,
        f"{MODULE}.named_types.DOMAIN": lambda type_: replace(logical_type(type_.data_type), native=True),
    }
)
