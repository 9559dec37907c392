"""Which rows of a table a load has added, and their fingerprint.

SQLite has no hashes. Its rows are in this process anyway, so that they are read and counted as those of a load are.
"""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from sqlalchemy import func, literal_column, select, type_coerce
from sqlalchemy.types import NullType

from ..._shared.fingerprints.fingerprint import Fingerprint
from ...types.documents import JsonText
from ..base.proving import MarkedLanding
from ..tally import Tally

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement, Connection, FromClause, Table

    from ..base.proving import Landing, Lands
    from ..tally import Covered

_KEY: Final = "SELECT name FROM pragma_table_xinfo(?, ?) WHERE pk > 0"
_NO_ROWID: Final = "SELECT wr FROM pragma_table_list WHERE name = ? AND schema = ?"
_BATCH_ROWS: Final = 50_000
_NUMBERS: Final = ("rowid", "_rowid_", "oid")


class NotedRows(MarkedLanding):
    """Rows whose numbers a trigger notes, where the rows themselves say which numbers they get."""

    def __init__(
        self, dialect: Lands, connection: Connection, table: Table, columns: Sequence[Covered], number: str
    ) -> None:
        self._name = f"moltres_{uuid4().hex[:16]}"
        super().__init__(
            dialect,
            connection,
            table,
            columns,
            literal_column(f"{number} IN (SELECT n FROM temp.{self._name})"),  # noqa: S608 - names of our own
        )
        of = connection.dialect.identifier_preparer.quote(table.name)
        schema = f"{connection.dialect.identifier_preparer.quote(table.schema or 'main')}."
        connection.exec_driver_sql(f"CREATE TEMP TABLE {self._name} (n INTEGER)")
        note = f"INSERT INTO {self._name} VALUES (new.{number})"  # noqa: S608 - names of our own
        connection.exec_driver_sql(
            f"CREATE TEMP TRIGGER {self._name}_added AFTER INSERT ON {schema}{of} BEGIN {note}; END"
        )

    def close(self) -> None:
        """Drop the trigger and what it noted."""
        self._connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS temp.{self._name}_added")
        self._connection.exec_driver_sql(f"DROP TABLE IF EXISTS temp.{self._name}")


def counted(
    connection: Connection, rows: FromClause, columns: Sequence[Covered], where: Sequence[ColumnElement[bool]]
) -> Fingerprint:
    """The fingerprint of rows."""
    if not columns:
        return Fingerprint(connection.execute(select(func.count()).select_from(rows).where(*where)).scalar_one())
    # As stored: what reads values for a frame would read some as others.
    stored = [type_coerce(rows.c[one.name], NullType()) for one in columns]
    result: Any = connection.execute(select(*stored).select_from(rows).where(*where))
    texts = [place for place, one in enumerate(columns) if one.form == "json"]
    with closing(Tally(columns, range(len(columns)))) as tally:
        try:
            while part := result.cursor.fetchmany(_BATCH_ROWS):
                tally.add([_documents(row, texts) for row in part] if texts else part)
        finally:
            result.close()
        return tally.sums()[0]


def _documents(row: Sequence[Any], places: Sequence[int]) -> Sequence[Any]:
    """A row whose strings in some places are JSON, and not a string that JSON holds."""
    values = list(row)
    for place in places:
        if isinstance(values[place], str):
            values[place] = JsonText(values[place])
    return values


def landing(dialect: Lands, connection: Connection, table: Table, columns: Sequence[Covered]) -> Landing | str:
    """The rows that are added to a table; why they cannot be told from the others, if they cannot."""
    schema = table.schema or "main"
    names = {one.name.lower() for one in table.columns}
    number = next((one for one in _NUMBERS if one not in names), None)
    without = connection.exec_driver_sql(_NO_ROWID, (table.name, schema)).scalar()
    if number is None or without:
        return "the table is one WITHOUT ROWID, whose rows have no numbers"
    keys = {name.lower() for (name,) in connection.exec_driver_sql(_KEY, (table.name, schema))}
    if keys & names:
        return NotedRows(dialect, connection, table, columns, number)
    most = connection.execute(select(literal_column(f"max({number})")).select_from(table)).scalar()
    least: Any = literal_column(f"{number} > {int(-(2**63) if most is None else most)}")
    if most == 2**63 - 1:  # behind the last number SQLite chooses free ones
        return NotedRows(dialect, connection, table, columns, number)
    return MarkedLanding(dialect, connection, table, columns, least)
