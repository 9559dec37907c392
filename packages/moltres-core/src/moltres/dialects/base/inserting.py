"""How rows get into a table, and change there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Table, insert, literal_column, select
from sqlalchemy.exc import IntegrityError

from ...errors import TransientQueryError
from ...types import documents
from ...types.arrow import to_rows
from ...types.documents import JsonText
from .values import INSTEAD_OF_NULL, Values

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, Update
    from sqlalchemy.sql.selectable import SelectBase

    from ...types.arrow import Batch, Named


def named(table: Table) -> list[Named]:
    """Names and types of a table's columns."""
    return [(column.key, column.type) for column in table.columns]


def _parsed(value: Any) -> Any:
    return documents.read(value) if isinstance(value, JsonText) else value


class Inserting(Values):
    """How rows are added to a table, and changed."""

    def load(self, connection: Connection, table: Table, batch: Batch) -> int:
        """Add rows to a table.

        Args:
            connection: A connection in a transaction.
            table: The table, with the columns of the batch in their order and no others.
            batch: The rows.

        Returns:
            The number of rows added.
        """
        rows = batch if isinstance(batch, list) else to_rows(batch, named(table))
        if not rows:
            return 0
        if self.placeholder is not None:
            # One text for all rows, and each value converted once: SQLAlchemy's own way takes twice the time.
            preparer = connection.dialect.identifier_preparer
            names = ", ".join(preparer.quote(column.name) for column in table.columns)
            values = ", ".join([self.placeholder] * len(table.columns))
            statement = f"INSERT INTO {preparer.format_table(table)} ({names}) VALUES ({values})"  # noqa: S608 - quoted
            connection.exec_driver_sql(statement, self.stored(connection, table, rows))
        else:
            keys = [column.key for column in table.columns]
            connection.execute(insert(table), [dict(zip(keys, map(_parsed, row), strict=True)) for row in rows])
        return len(rows)

    def insert_select(self, connection: Connection, table: Table, names: Sequence[str], query: SelectBase) -> int:
        """Add the rows of a query to a table, in one statement.

        Args:
            connection: A connection in a transaction.
            table: The table.
            names: The table's columns, in the order of the query's.
            query: The rows.

        Returns:
            The number of rows added.
        """
        given = self._without_nulls(table, names, query)
        statement = insert(table).from_select(list(names), given, include_defaults=False)
        with self.unchanged(connection, query):
            return connection.execute(statement, execution_options={"preserve_rowcount": True}).rowcount

    def _without_nulls(self, table: Table, names: Sequence[str], query: SelectBase) -> SelectBase:
        """The rows of a query, which fails where it has NULL for a column that the database would fill."""
        filled = table.info.get(INSTEAD_OF_NULL, frozenset())
        if filled.isdisjoint(names):
            return query
        values = zip(names, query.subquery().columns, strict=True)
        return select(*(self.not_null(value, name) if name in filled else value for name, value in values))

    def update(self, connection: Connection, statement: Update) -> int:
        """Change rows.

        Args:
            connection: A connection in a transaction.
            statement: The statement.

        Returns:
            The number of rows that it finds, whether they are others then or not.
        """
        return max(connection.execute(statement).rowcount, 0)

    def insert_new(self, connection: Connection, table: Table, values: dict[str, Any]) -> bool:
        """Insert a row unless its key exists, also if a running transaction is about to commit that key.

        Args:
            connection: A connection in a transaction.
            table: A table with a primary key.
            values: The row.

        Returns:
            Whether the row was inserted.
        """
        key = [column == values[column.key] for column in table.primary_key]
        if connection.execute(select(literal_column("1")).select_from(table).where(*key)).first() is not None:
            return False
        try:
            connection.execute(insert(table).values(values))
        except IntegrityError as error:
            raise TransientQueryError(
                "A concurrent transaction inserted the same key.", suggestion="Try again."
            ) from error
        return True
