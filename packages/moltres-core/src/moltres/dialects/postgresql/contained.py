"""Tables whose rows another table shows as well: partitions, and tables that inherit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, Table

__all__ = ["contained"]

_CONTAINED: Final = text(
    "WITH RECURSIVE given AS (SELECT CAST(CAST(name AS regclass) AS oid) AS oid, CAST(position - 1 AS int) AS position"
    " FROM unnest(CAST(:names AS text[])) WITH ORDINALITY AS named (name, position)),"
    " parts (position, part, is_partition) AS (SELECT position, oid, true FROM given UNION"
    " SELECT position, c.oid, is_partition AND c.relispartition FROM parts"
    " JOIN pg_catalog.pg_inherits ON inhparent = part JOIN pg_catalog.pg_class c ON c.oid = inhrelid)"
    " SELECT given.position, parts.position, bool_or(is_partition) FROM parts JOIN given ON given.oid = part"
    " WHERE given.position <> parts.position GROUP BY 1, 2 ORDER BY 1, 2"
)


def contained(connection: Connection, tables: Sequence[Table]) -> list[tuple[int, int, bool]]:
    """As `Tables.contained` says; at any depth."""
    preparer = connection.dialect.identifier_preparer
    # As values: SQLAlchemy doubles the percent signs of names for statements.
    names = [preparer.format_table(table).replace("%%", "%") for table in tables]
    return [(part, whole, of_it) for part, whole, of_it in connection.execute(_CONTAINED, {"names": names})]
