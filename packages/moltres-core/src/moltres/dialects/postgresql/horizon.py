"""Which rows of a table were committed after others had been read: by the transactions that wrote them.

A snapshot sees what every transaction below its xmin has done. A row that it did not see, and that a later one sees,
was written by a transaction with a number of at least that xmin, whatever the row's own times say: the transaction was
running then, or began later. Each row has the number in its column xmin (of the last change of it).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Column, Integer, func, literal_column, text

from ..base.increments import Increments

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import ColumnElement, Connection, Table

_HEAP: Final = text(
    "WITH RECURSIVE parts(oid) AS (SELECT CAST(CAST(:name AS regclass) AS oid)"
    " UNION SELECT inhrelid FROM pg_catalog.pg_inherits JOIN parts ON inhparent = parts.oid)"
    " SELECT pg_snapshot_xmin(pg_current_snapshot())::text, pg_snapshot_xmax(pg_current_snapshot())::text,"
    " (SELECT oid::bigint FROM pg_catalog.pg_database WHERE datname = current_database()),"
    " CAST(CAST(:name AS regclass) AS oid)::bigint,"
    " bool_and(relkind = 'p' OR (relkind = 'r' AND amname = 'heap'))"
    " FROM parts JOIN pg_catalog.pg_class USING (oid) LEFT JOIN pg_catalog.pg_am ON pg_am.oid = relam"
)
_ROUND: Final = 2**32
"""Numbers of transactions in rows have 32 bits, and begin anew."""
_FAR: Final = 2**31 - 2**20
"""So far apart, two of them cannot be told to be earlier and later."""


def horizon(connection: Connection, table: Table) -> dict[str, int] | None:
    """The oldest transaction that runs now; None of what is no plain table, such as a view or a foreign table."""
    name = connection.dialect.identifier_preparer.format_table(table)
    xmin, xmax, database, oid, heap = connection.execute(_HEAP, {"name": name}).one()
    if not heap:
        return None
    return {"xmin": int(xmin), "xmax": int(xmax), "database": int(database), "table": int(oid)}


def unseen(table: Table, before: Mapping[str, int], now: Mapping[str, int]) -> ColumnElement[bool] | None:
    """Whether a row may be written by a transaction that ran at a horizon, or later.

    Args:
        table: The table.
        before: The horizon.
        now: The horizon of this moment.

    Returns:
        None if it is one of another database or table, or too many transactions ago.
    """
    same = all(before.get(name) == now[name] for name in ("database", "table"))
    since = before.get("xmin")
    if not same or since is None or not 0 <= now["xmax"] - since < _FAR or now["xmin"] < since:
        return None
    column: Column[int] = Column("xmin", Integer)
    column.table = table
    oldest: ColumnElement[Any] = literal_column(f"'{max(since % _ROUND, 3)}'::xid")
    # Of a frozen row the number may be one of an earlier round: it can seem late, which is safe, and not early.
    return func.age(column, type_=Integer) <= func.age(oldest, type_=Integer)


class Horizons(Increments):
    """Rows by the transactions that wrote them."""

    keeps_watermarks = compares_rows = True
    widens_types = True

    def horizon(self, connection: Connection, table: Table) -> dict[str, int] | None:
        """The oldest transaction that runs."""
        return horizon(connection, table)

    def unseen(self, table: Table, before: Mapping[str, int], now: Mapping[str, int]) -> ColumnElement[bool] | None:
        """By the transaction that wrote the row."""
        return unseen(table, before, now)
