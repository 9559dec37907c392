"""Which rows a load has added to a table: those of the files that it has written, read back before the commit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import column, select, text

from ..base.proving import Landing, Lands
from .engine import full_name, session_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, Table

    from ..._shared.fingerprints.fingerprint import Fingerprint
    from ..tally import Covered
    from .pending import Pending


class WrittenFiles(Landing):
    """Rows by the files that were written since this was made; rows of others are not read."""

    def __init__(
        self, dialect: Lands, connection: Connection, table: Table, columns: Sequence[Covered], pending: Pending
    ) -> None:
        super().__init__(dialect, connection, table, columns)
        self._pending = pending
        pending.settle()
        self._before = {one.file_path for one in pending.added}

    def counted(self, columns: Sequence[Covered] | None = None) -> Fingerprint | None:
        """The fingerprint of the rows in the new files."""
        query = self._pending.query_of_added(without=self._before).replace(":", r"\:")
        read = text(f"({query}) AS files")
        rows = select(*(column(one.name, one.type) for one in self._table.columns)).select_from(read)
        chosen = self._columns if columns is None else columns
        return self._dialect.counted(self._connection, rows.subquery("added"), chosen)


def landing(dialect: Lands, connection: Connection, table: Table, columns: Sequence[Covered]) -> Landing | str:
    """The rows that are added to a table; why they cannot be told from the others, if they cannot."""
    session = session_of(connection)
    place = session.place(full_name(table))
    if place is None:
        return "the table is none of the catalog"
    return WrittenFiles(dialect, connection, table, columns, session.change(*place))
