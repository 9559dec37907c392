"""Arrays of types that users have made: enums, domains, ranges, types of extensions. psycopg knows none of them.

Without their types they would be read as text: ``{sad,ok}`` instead of ``["sad", "ok"]``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from sqlalchemy import ARRAY, text
from sqlalchemy.dialects.postgresql.named_types import NamedType
from sqlalchemy.types import NullType

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine, Select

__all__ = ["UserArray", "known", "look_up", "prepare"]


@dataclass(frozen=True)
class UserArray:
    """An array type.

    Attributes:
        oid: Its number.
        item: The number of the type of its items.
        base: The number of what the items are: of a domain, the type below it and all domains below that.
        name: What the server calls the type of the items.
    """

    oid: int
    item: int
    base: int
    name: str


_ALL = text(
    "WITH RECURSIVE below(item, base) AS (SELECT oid, oid FROM pg_catalog.pg_type WHERE oid >= 16384 UNION ALL"
    " SELECT b.item, d.typbasetype FROM below b JOIN pg_catalog.pg_type d ON d.oid = b.base AND d.typtype = 'd')"
    " SELECT a.oid::bigint, e.oid::bigint, (SELECT b.base FROM below b JOIN pg_catalog.pg_type t ON t.oid = b.base"
    " WHERE b.item = e.oid AND t.typtype <> 'd')::bigint, e.typname"
    " FROM pg_catalog.pg_type a JOIN pg_catalog.pg_type e ON e.oid = a.typelem AND e.typarray = a.oid"
    # Rows of tables are types as well, one for each table: their arrays stay text.
    " WHERE a.typcategory = 'A' AND e.oid >= 16384 AND e.typtype <> 'c'"
)
_found: WeakKeyDictionary[Engine, dict[int, UserArray | None]] = WeakKeyDictionary()


def look_up(connection: Connection, oid: int) -> UserArray | None:
    """An array type by its number; None if it is none, or of rows. The server is asked once for each number.

    Args:
        connection: A connection of psycopg.
        oid: The number.
    """
    found = _found.setdefault(connection.engine, {})
    if oid not in found:
        found.update({one.oid: one for one in (UserArray(*row) for row in connection.execute(_ALL))})
        found.setdefault(oid, None)
    return found[oid]


def prepare(connection: Connection, query: Select[Any]) -> None:
    """Know such types before a query runs whose columns are arrays of them."""
    if connection.engine in _found:
        return
    items = (column.type.item_type for column in query.selected_columns if isinstance(column.type, ARRAY))
    if any(isinstance(item, NamedType | NullType) for item in items):
        look_up(connection, 0)


def known(connection: Connection) -> list[UserArray]:
    """The types that are known of a database."""
    return [one for one in _found.get(connection.engine, {}).values() if one is not None]
