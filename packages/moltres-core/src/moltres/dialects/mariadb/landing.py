"""Which rows of a table a load has added: each INSERT returns the hashes of its rows as the table holds them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import column

from ..._shared.fingerprint import Fingerprint
from ...types.arrow import to_rows
from ..base import named
from ..base.proving import Landing, Lands

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Connection, Table

    from ...types.arrow import Batch, Rows
    from ..tally import Covered

_VALUES: Final = 20_000
"""Values of one statement, at most."""
_BYTES: Final = 500_000
"""Bytes of the strings of one statement, about; a server takes 16 MB unless it is told otherwise."""
_RETURNS: Final = (10, 5)
"""The first version whose INSERT returns rows."""


class ReturnedRows(Landing):
    """Rows by what their INSERT returns, behind all triggers before it: MariaDB keeps no mark on them."""

    def __init__(self, dialect: Lands, connection: Connection, into: Table, columns: Sequence[Covered]) -> None:
        super().__init__(dialect, connection, into, columns)
        preparer = connection.dialect.identifier_preparer
        names = ", ".join(preparer.quote(one.name) for one in into.columns)
        self._into = f"INSERT INTO {preparer.format_table(into)} ({names}) VALUES "  # noqa: S608 - quoted
        self._row = f"({', '.join(['%s'] * len(into.columns))})"
        self._returning = f" RETURNING {self._hash(columns)}" if columns else ""
        self._found: Fingerprint | None = Fingerprint()

    def _hash(self, columns: Sequence[Covered]) -> str:
        values = {one.name: column(one.name, one.type) for one in self._table.columns}  # RETURNING knows no table
        hashed = self._dialect.hashed(values, columns)
        return str(hashed.compile(self._connection, compile_kwargs={"literal_binds": True}))

    def load(self, batch: Batch) -> int:
        """Add rows; returns their number."""
        rows = batch if isinstance(batch, list) else to_rows(batch, named(self._table))
        if not rows:
            return 0
        for part in _parts(self._dialect.stored(self._connection, self._table, rows)):
            statement = self._into + ", ".join([self._row] * len(part)) + self._returning
            result = self._connection.exec_driver_sql(statement, tuple(value for row in part for value in row))
            if self._returning:
                self._add([one[0] for one in result.cursor.fetchall()])
            result.close()
        if not self._returning and self._found is not None:
            self._found += Fingerprint(len(rows))
        return len(rows)

    def _add(self, hashes: Sequence[str | None]) -> None:
        if self._found is None or None in hashes:
            self._found = None  # a row that is too large for a hash
            return
        first = sum(int(one[:16], 16) for one in hashes if one)
        second = sum(int(one[16:], 16) for one in hashes if one)
        self._found += Fingerprint.of_sums(len(hashes), first, second)

    def counted(self, columns: Sequence[Covered] | None = None) -> Fingerprint | None:
        """The fingerprint of the rows that were added; not of some columns alone."""
        return self._found if columns is None or len(columns) == len(self._columns) else None


def _parts(rows: Rows) -> Iterator[Rows]:
    """So many rows as one statement may have."""
    part: list[Any] = []
    size = 0
    for row in rows:
        part.append(row)
        size += sum(len(value) for value in row if isinstance(value, str | bytes))
        if len(part) * len(row) >= _VALUES or size >= _BYTES:
            yield part
            part, size = [], 0
    if part:
        yield part


def landing(dialect: Lands, connection: Connection, into: Table, columns: Sequence[Covered]) -> Landing | str:
    """The rows that are added to a table; why they are not known, if they are not."""
    version: Any = getattr(connection.dialect, "server_version_info", None) or ()
    if not getattr(connection.dialect, "is_mariadb", False) or version < _RETURNS:
        return "the server's INSERT returns no rows, which MariaDB does from 10.5 on"
    return ReturnedRows(dialect, connection, into, columns)
