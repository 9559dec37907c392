"""Which rows of a table a load has added: those that its transaction wrote, found in the table's last pages first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import MetaData, Table, literal_column, text

from ..._shared.fingerprints.fingerprint import Fingerprint
from ..base.proving import Landing, Lands

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement, Connection

    from ..tally import Covered

# Of a savepoint too: each has a number of its own, and the transaction holds a lock on all of them.
_MINE = (
    "SELECT transactionid::text FROM pg_catalog.pg_locks"
    " WHERE locktype = 'transactionid' AND granted AND mode = 'ExclusiveLock' AND pid = pg_backend_pid()"
)
# The table, and the partitions and heirs that hold its rows. Where this transaction has altered one, it may have
# written all of its rows anew, and nobody counts them.
_PARTS = text(
    "WITH RECURSIVE parts(oid) AS (SELECT CAST(CAST(:name AS regclass) AS oid)"  # noqa: S608 - constants
    " UNION SELECT i.inhrelid FROM pg_catalog.pg_inherits i JOIN parts p ON p.oid = i.inhparent)"
    " SELECT c.oid, n.nspname, c.relname, coalesce(a.amname = 'heap', false) AS known,"
    " pg_catalog.pg_relation_size(c.oid) / current_setting('block_size')::int AS pages,"
    f" CASE WHEN current_setting('track_counts') = 'on' AND c.xmin::text NOT IN ({_MINE})"
    " THEN pg_catalog.pg_stat_get_xact_tuples_inserted(c.oid)"
    " + pg_catalog.pg_stat_get_xact_tuples_updated(c.oid) END AS written"
    " FROM parts JOIN pg_catalog.pg_class c USING (oid) JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    " LEFT JOIN pg_catalog.pg_am a ON a.oid = c.relam WHERE c.relkind NOT IN ('p', 'I')"
)


@dataclass(frozen=True)
class _Part:
    """A table that holds rows, before a load.

    Attributes:
        oid: Its number.
        schema: Its schema.
        name: Its name.
        known: Whether its rows say who wrote them.
        pages: How many pages it had.
        written: How many rows this transaction wrote to it; None if nobody counts them.
    """

    oid: int
    schema: str
    name: str
    known: bool
    pages: int
    written: int | None


class WrittenRows(Landing):
    """Rows by the number of the transaction that wrote them (``xmin``).

    New rows usually lie behind the last page that a table had; only where some fill gaps before it, all of it is read,
    and rows of others are passed over. Of partitions only those are read that got rows.
    """

    def __init__(
        self,
        dialect: Lands,
        connection: Connection,
        table: Table,
        columns: Sequence[Covered],
        parts: Sequence[_Part],
    ) -> None:
        super().__init__(dialect, connection, table, columns)
        self._parts = parts
        # What this transaction wrote to them before, as part of another load or of its caller's work.
        self._before = {one.oid: self._count(one, columns) for one in parts if one.written != 0 and self._mine()}

    def counted(self, columns: Sequence[Covered] | None = None) -> Fingerprint | None:
        """The fingerprint of the rows that were added."""
        chosen = self._columns if columns is None else columns
        now = {one.oid: one.written for one in _parts(self._connection, self._table)}
        total = Fingerprint()
        for part in self._parts:
            written = now.get(part.oid)
            if written is not None and written == part.written:
                continue
            before = self._before.get(part.oid, Fingerprint())
            if before is None or (before.rows and len(chosen) < len(self._columns)):
                return None
            found = None
            if written is not None and part.written == 0:
                behind: ColumnElement[bool] = literal_column(f"ctid >= '({max(part.pages - 1, 0)},0)'::tid")
                found = self._count(part, chosen, behind)
            if found is None or found.rows != written:
                found = self._count(part, chosen)
            if found is None:
                return None
            total += found - before
        return Fingerprint.of_sums(total.rows, total.first, total.second)

    def _mine(self) -> list[str]:
        return [str(int(one)) for one in self._connection.execute(text(_MINE)).scalars()]

    def _count(self, part: _Part, columns: Sequence[Covered], *where: ColumnElement[bool]) -> Fingerprint | None:
        table = Table(part.name, MetaData(), *_columns(self._table), schema=part.schema)
        written: Any = literal_column(f"xmin = ANY ('{{{','.join(self._mine())}}}'::xid[])")
        own: Any = literal_column(f"tableoid = {part.oid}")
        return self._dialect.counted(self._connection, table, columns, written, own, *where)


def _columns(table: Table) -> list[Any]:
    return [type(one)(one.name, one.type) for one in table.columns]


def _parts(connection: Connection, table: Table) -> list[_Part]:
    name = connection.dialect.identifier_preparer.format_table(table).replace("%%", "%")
    return [_Part(*row) for row in connection.execute(_PARTS, {"name": name})]


def landing(dialect: Lands, connection: Connection, table: Table, columns: Sequence[Covered]) -> Landing | str:
    """The rows that are added to a table; why they cannot be told from the others, if they cannot."""
    parts = _parts(connection, table)
    if not all(part.known for part in parts):
        return "the table does not store rows as PostgreSQL itself does, which say who wrote them"
    return WrittenRows(dialect, connection, table, columns, parts)
