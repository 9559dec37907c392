"""Which rows of a table a load has added: each INSERT returns the hashes of its rows as the table holds them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import column

from ..._shared.fingerprints.fingerprint import Fingerprint
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
_BEFORE: Final = "moltres_before_rows"
_RETURNS: Final = (10, 5)
"""The first version whose INSERT returns rows."""


class ReturnedRows(Landing):
    """Rows by what their INSERT returns, behind all triggers before it: MariaDB keeps no mark on them.

    Columns are counted only if they have to be named: from the start if the rows cannot be read again, and else by
    loading the rows once more.
    """

    def __init__(self, dialect: Lands, connection: Connection, into: Table, columns: Sequence[Covered]) -> None:
        super().__init__(dialect, connection, into, columns)
        connection.exec_driver_sql(f"SAVEPOINT {_BEFORE}")
        preparer = connection.dialect.identifier_preparer
        names = ", ".join(preparer.quote(one.name) for one in into.columns)
        self._into = f"INSERT INTO {preparer.format_table(into)} ({names}) VALUES "  # noqa: S608 - quoted
        self._row = f"({', '.join(['%s'] * len(into.columns))})"
        self._count([list(columns)] if columns else [])

    def _count(self, wanted: list[list[Covered]]) -> None:
        """Count what comes from now on, each of these lists of columns by itself."""
        self._wanted = wanted
        self._returning = f" RETURNING {', '.join(map(self._hash, wanted))}" if wanted else ""
        self._found: list[Fingerprint | None] = [Fingerprint()] * max(len(wanted), 1)

    def by_column(self) -> None:
        """Let each INSERT return the hash of each column as well."""
        self._count([list(self._columns), *([one] for one in self._columns)] if self._columns else [])

    def starts_again(self) -> bool:
        """Take the rows back, which are loaded once more."""
        self._connection.exec_driver_sql(f"ROLLBACK TO SAVEPOINT {_BEFORE}")
        self.by_column()
        return True

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
                hashes = zip(*result.cursor.fetchall(), strict=True)
                self._found = [_more(found, some) for found, some in zip(self._found, hashes, strict=True)]
            result.close()
        if not self._returning:
            self._found = [_more(self._found[0], rows=len(rows))]
        return len(rows)

    def counted(self, columns: Sequence[Covered] | None = None) -> Fingerprint | None:
        """The fingerprint of the rows that were added; of some columns only if these were counted."""
        wanted = self._columns if columns is None else columns
        places = [place for place, one in enumerate(self._wanted or [[]]) if one == list(wanted)]
        return self._found[places[0]] if places else None


def _more(found: Fingerprint | None, hashes: Sequence[str | None] = (), rows: int = 0) -> Fingerprint | None:
    """A fingerprint with further rows; None once a row is too large for a hash."""
    if found is None or None in hashes:
        return None
    first = sum(int(one[:16], 16) for one in hashes if one)
    second = sum(int(one[16:], 16) for one in hashes if one)
    return found + Fingerprint.of_sums(rows or len(hashes), first, second)


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
