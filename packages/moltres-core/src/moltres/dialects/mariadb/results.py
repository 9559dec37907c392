"""The types of what a query returns, as the server makes them: those that its rows have when it copies them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Column
from sqlalchemy import types as sql
from sqlalchemy.dialects import mysql

from ...types.logical import LogicalType, is_known, logical_type, misfit, register
from ..rows import is_stored
from .types import MOST_DIGITS, Double, ShortFloat

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import ColumnElement, Connection, Select
    from sqlalchemy.types import TypeEngine

    from ...types.arrow import Named

__all__ = ["result_types", "results"]


def results(connection: Connection, query: Select[Any], known: Sequence[Named]) -> list[Named]:
    """The columns of a query with the types of what the server makes of them.

    Args:
        connection: Where it would run, for no row.
        query: The query.
        known: What is known without the server, which suffices for columns of tables.
    """
    if all(isinstance(element, Column) for element in query.selected_columns):
        return list(known)
    result: Any = connection.execute(query.limit(0))
    made = result_types(result.cursor)
    result.close()
    return [
        (name, type_ if _is_short(element) else _closer(type_, other))
        for element, (name, type_), other in zip(query.selected_columns, known, made, strict=True)
    ]


def _is_short(element: ColumnElement[Any]) -> bool:
    """Whether values of a FLOAT are passed on: the result has DOUBLEs of them, as `ShortFloat` asks for."""
    return isinstance(element.type, ShortFloat) and is_stored(element)


class _Whole(mysql.BIGINT):
    """An integer of a result, or a boolean."""

    cache_ok = True

    def __init__(self, bits: int) -> None:
        super().__init__()
        self.bits = bits


class _Fixed(mysql.VARCHAR):
    """A CHAR, an ENUM or a UUID of a result."""

    cache_ok = True


class _Long(mysql.LONGTEXT):
    """A string of a result, or a document."""

    cache_ok = True


_BYTES = 63
"""The character set of what has none."""


def _is_utf8mb4(charset: int) -> bool:
    """Of the collations: https://mariadb.com/kb/en/supported-character-sets-and-collations/."""
    return charset in {45, 46} or 224 <= charset <= 247


def _string(short: Callable[..., TypeEngine[Any]], field: Any) -> TypeEngine[Any]:
    if field.charsetnr == _BYTES:
        return mysql.VARBINARY(field.length)
    return short(field.length // 4 if _is_utf8mb4(field.charsetnr) else None)


def _blob(field: Any) -> TypeEngine[Any]:
    return mysql.LONGBLOB() if field.charsetnr == _BYTES else _Long()


def _moment(field: Any) -> TypeEngine[Any]:
    return mysql.DATETIME(fsp=min(field.scale, 6))


def _digits(field: Any) -> TypeEngine[Any]:
    return mysql.DECIMAL(min(field.length, MOST_DIGITS), field.scale)


_RESULTS: dict[int, Callable[[Any], TypeEngine[Any]]] = {
    0: _digits,
    1: lambda _: _Whole(8),
    2: lambda _: _Whole(16),
    3: lambda _: _Whole(32),
    4: lambda _: ShortFloat(),
    5: lambda _: Double(),
    7: _moment,
    8: lambda _: _Whole(64),
    9: lambda _: _Whole(24),
    10: lambda _: sql.Date(),
    11: lambda field: mysql.TIME(fsp=min(field.scale, 6)),
    12: _moment,
    13: lambda _: mysql.YEAR(),
    14: lambda _: sql.Date(),
    16: lambda field: mysql.BIT(field.length),
    245: lambda _: mysql.JSON(),
    246: _digits,
    249: _blob,
    250: _blob,
    251: _blob,
    252: _blob,
    253: lambda field: _string(mysql.VARCHAR, field),
    254: lambda field: _string(_Fixed, field),
}
"""By the codes of the protocol: https://mariadb.com/kb/en/result-set-packets/."""


def result_types(cursor: Any) -> list[TypeEngine[Any]]:
    """The types of the columns of a result, as the server makes them; NullType where it does not say.

    Args:
        cursor: A cursor of PyMySQL: what others tell is not enough to tell strings from bytes.
    """
    fields = getattr(getattr(cursor, "_result", None), "fields", None)
    if fields is None:
        return [sql.NullType() for _ in cursor.description]
    made = ((field, _RESULTS.get(field.type_code)) for field in fields)
    return [sql.NullType() if of is None else of(field) for field, of in made]


def _closer(known: TypeEngine[Any], made: TypeEngine[Any]) -> TypeEngine[Any]:
    """Of SQLAlchemy's type of a column of a query and the server's, the one that is true and says more."""
    logical = logical_type(made)
    if logical.name == "unknown":
        return known
    as_known = is_known(known) and logical.untold and misfit(logical, logical_type(known)) is None
    return known if as_known and logical.name != logical_type(known).name else made


register(
    {
        f"{__name__}._Whole": lambda type_: LogicalType("integer", bits=type_.bits + 1, untold=True),
        f"{__name__}._Fixed": lambda type_: LogicalType("text", length=type_.length, untold=True),
        f"{__name__}._Long": LogicalType("text", untold=True),
    }
)
