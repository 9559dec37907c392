"""What a write needs where each statement is a commit: rows within a statement, and what became of a query."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .tables import Tables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

    from sqlalchemy import Connection, FromClause, Table
    from sqlalchemy.sql.selectable import SelectBase
    from sqlalchemy.types import TypeEngine

    from ...types.arrow import Batch, Named
    from ..sql.statements import CreateTableAs


@dataclass(frozen=True)
class Snapshot:
    """A state of a table.

    Attributes:
        number: Its id.
        parent: The id of the one before; None for the first after the table was made or replaced.
        query: The query that made it.
        summary: What the catalog keeps of it.
    """

    number: int
    parent: int | None
    query: str | None
    summary: Mapping[str, str]

    def count(self, name: str) -> int:
        """A number of the summary; 0 if it is not there."""
        return int(self.summary.get(name, 0))


class Publishing(Tables):
    """How a write that is one statement is made, and found again: for databases without the capability `transactions`.

    Attributes:
        connector: What holds the tables, where that is for the server to say.
        takes_files: Whether rows can come by Parquet files in a folder that the server reaches.
    """

    connector: str = ""
    takes_files: bool = False

    def fitted(
        self, columns: Sequence[Named], query: SelectBase, declared: Mapping[str, TypeEngine[Any]] | None = None
    ) -> SelectBase:
        """A query whose columns have types that a new table keeps.

        Args:
            columns: Its columns.
            query: The rows.
            declared: The types that columns are to have; by default those of new columns.

        Raises:
            SchemaMismatchError: If there is none for a column.
        """
        raise NotImplementedError

    def encoded(self, columns: Sequence[Named], batch: Batch) -> list[str]:
        """The rows of a batch, each as a part of a statement.

        Raises:
            SchemaMismatchError: If a column cannot hold a value.
        """
        raise NotImplementedError

    def length(self, row: str) -> int:
        """The characters of an encoded row in a statement."""
        raise NotImplementedError

    def fits(self, characters: int) -> bool:
        """Whether rows of so many characters fit into one statement."""
        raise NotImplementedError

    def parts(self, encoded: Iterable[str]) -> Iterator[list[str]]:
        """Encoded rows in lists of which each fits into one statement."""
        raise NotImplementedError

    def inline(self, connection: Connection, columns: Sequence[Named], encoded: Sequence[str]) -> FromClause:
        """Rows as a part of a statement.

        Args:
            connection: Where they will be read.
            columns: Their names and types.
            encoded: The rows.
        """
        raise NotImplementedError

    def add_files(self, connection: Connection, table: Table, location: str) -> None:
        """Let Parquet files be rows of a table, without a copy.

        Args:
            connection: Where the table is.
            table: The table, whose columns they have.
            location: What the server calls their folder.
        """
        raise NotImplementedError

    def replace_as(
        self,
        connection: Connection,
        table: Table,
        columns: Sequence[Named],
        query: SelectBase,
        declared: Mapping[str, TypeEngine[Any]] | None = None,
    ) -> CreateTableAs | None:
        """The statement that replaces a table by the rows of a query, which keeps how its files are laid out.

        Args:
            connection: Where the table is.
            table: The table.
            columns: Its new columns.
            query: The rows.
            declared: The types that columns are to have; by default those of new columns.

        Returns:
            None if that would lose what the table declares: NOT NULL, comments.

        Raises:
            ConfigurationError: If columns that the layout needs are not among the new ones.
        """
        raise NotImplementedError

    def announced(self, connection: Connection, started: Callable[[str], None]) -> AbstractContextManager[None]:
        """Call a function with the id of the block's query before the server runs it; an error of it ends the query."""
        raise NotImplementedError

    def is_running(self, connection: Connection, query: str) -> bool:
        """Whether a query may still change something; one that was never begun does not run."""
        raise NotImplementedError

    def snapshots(self, connection: Connection, table: Table) -> list[Snapshot]:
        """The snapshots of a table, the oldest first; none if there is no such table."""
        raise NotImplementedError

    def has_lost(self, error: BaseException) -> bool:
        """Whether a statement has changed nothing because another writer committed first."""
        raise NotImplementedError
