"""What a query returns, and its rows."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy import types as sql

from ...errors import ConfigurationError
from ..rows import by_sqlalchemy, open_rows
from .facts import Facts

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence

    from sqlalchemy import ColumnElement, Connection, Select, Table
    from sqlalchemy.types import TypeEngine

    from ..._shared.iceberg.snapshots import AsOf
    from ...types.arrow import Batch, Named
    from ..rows import Reader


class Reading(Facts):
    """How the rows of a query are read.

    Attributes:
        trusts_tables: Whether the types of what a query passes on are those of its tables as they were looked up;
            other databases are asked for each query.
        tells_case: Whether names in a query that differ in upper and lower case only are those of two columns.
    """

    trusts_tables: bool = False
    tells_case: bool = True

    def begin_together(
        self,
        connections: Sequence[Connection],  # noqa: ARG002
        tables: Sequence[Table],  # noqa: ARG002
        *,
        seconds: float | None,  # noqa: ARG002
    ) -> int:
        """Begin a transaction on connections such that whatever they read of some tables is of one moment.

        Args:
            connections: Connections of one engine, on which nothing has begun; at least one.
            tables: The tables, with their schemas.
            seconds: How long to wait for others at most; None if there is no limit.

        Returns:
            On how many connections, from the first on, such a transaction has begun. None where each statement reads
            the tables as they are when it begins.
        """
        return 0

    def describe(self, connection: Connection, query: Select[Any]) -> list[Named]:  # noqa: ARG002 - asked by others
        """Names and types of the columns that a query returns.

        Args:
            connection: Where it would run.
            query: The query. Databases that say what they return are asked for no row of it.

        Returns:
            One pair for each column; NullType if the type is not known.
        """
        return [(column.key or "", column.type) for column in query.selected_columns]

    def results(self, connection: Connection, query: Select[Any]) -> list[Named]:
        """As `describe`, with the types that the database makes: for what is computed, SQLAlchemy's are a guess.

        They are what a table has to hold to which the database copies the rows, and need not be what reads them.

        Args:
            connection: Where it would run.
            query: The query.

        Returns:
            One pair for each column; NullType if the type is not known.
        """
        return self.describe(connection, query)

    def version(self, connection: Connection, name: str, schema: str | None, as_of: AsOf) -> str:  # noqa: ARG002
        """The name that a snapshot of a table has in statements.

        Args:
            connection: Where the table is.
            name: The table.
            schema: Its schema; None for the default.
            as_of: Which snapshot.

        Raises:
            ConfigurationError: If this database has no snapshots that can be read, or not this one.
        """
        raise ConfigurationError(
            f"as_of is not supported for {self.name}.", suggestion="It reads snapshots of Iceberg tables."
        )

    def declared(self, connection: Connection, text: str, described: list[Named]) -> list[Named]:  # noqa: ARG002
        """What `describe` says of a query in SQL, with the types that its columns were declared with where they help.

        Args:
            connection: Where it would run.
            text: The query, with NULL in the place of each value.
            described: What `describe` says.
        """
        return described

    def keeps_rows(self, connection: Connection) -> bool:  # noqa: ARG002 - for databases that may refuse
        """Whether a temporary table can hold the rows of a query, with their types and in their order."""
        return bool(self.capabilities.insertion_order)

    @contextmanager
    def reading(self, connection: Connection, query: Select[Any]) -> Iterator[Select[Any]]:  # noqa: ARG002
        """The statement to run so that the driver loses nothing of the rows of a query.

        Args:
            connection: Where it runs; what has to be set on it for that holds within the block.
            query: The query.
        """
        yield query

    def reported(self, connection: Connection, cursor: Any) -> list[TypeEngine[Any]]:  # noqa: ARG002
        """The types of a result as the database reports them with it; NullType where it does not.

        Args:
            connection: Where it runs.
            cursor: The driver's cursor, executed.
        """
        return [sql.NullType() for _ in cursor.description]

    def reader(
        self,
        connection: Connection,
        element: ColumnElement[Any],
        reported: TypeEngine[Any],  # noqa: ARG002 - for those who report
        code: Any,
    ) -> Reader | None:
        """What turns the driver's values of a column into those that the database holds.

        Args:
            connection: Where it runs.
            element: The column, with the type that SQLAlchemy knows.
            reported: The database's, from `reported`.
            code: The type in the driver's description of the result.

        Returns:
            None if they are that already.
        """
        return by_sqlalchemy(connection, element.type, code)

    def read(
        self,
        connection: Connection,
        query: Select[Any],
        columns: Sequence[Named],  # noqa: ARG002 - for those who read by type
        rows: int,
    ) -> Generator[Batch, None, None]:
        """The rows of a query in batches, in memory that does not grow with their number.

        Args:
            connection: Where it runs; in use until the iterator ends.
            query: The query.
            columns: What `describe` says of it.
            rows: The most rows of a batch.
        """
        with open_rows(self, connection, query, rows) as (_, batches):  # closed also if the reader stops early
            yield from batches

    def for_file(self, connection: Connection, query: Select[Any], kind: str) -> Select[Any]:  # noqa: ARG002
        """A query whose rows a file of some kind holds as they are; for databases that write files.

        Args:
            connection: Where it will run.
            query: The rows.
            kind: parquet or csv.
        """
        return query
