"""Tables: what is known of them, how they are made, replaced and dropped."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Column, MetaData, Table, func, inspect, select
from sqlalchemy.schema import CreateTable, DropTable

from ..._shared.databases.tables import has_table
from ...errors import ConfigurationError
from ..fill import Fill, fill_of
from ..sql.statements import AlterType, CreateTableAs, RenameTable
from .inserting import Inserting

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection, CursorResult
    from sqlalchemy.sql.selectable import SelectBase
    from sqlalchemy.types import TypeEngine

    from ...types.arrow import Named


DELETE_ACTIONS = frozenset({"CASCADE", "SET NULL", "SET DEFAULT"})
"""What a foreign key can do to rows of its own table when the row that they reference is deleted."""

TEMPORARY = "moltres_temporary"
"""Key in `Table.info`: whether the table is temporary."""

KEYS = "moltres_keys"
"""Key in `Table.info`: columns that a temporary table is searched by, as a tuple of names."""


@dataclass(frozen=True)
class Told:
    """What a catalog says of a table.

    Attributes:
        name: Its name, as it was written when the table was made.
        columns: What SQLAlchemy says of its columns: a dict for each, as of `Inspector.get_columns`.
    """

    name: str
    columns: Sequence[Any]


class Tables(Inserting):
    """How tables are described, made, changed, replaced and dropped.

    Attributes:
        adds_columns: Whether a table that is there can get columns.
        widens_types: Whether the type of a column can become one that holds more, with all else of the column kept.
        columns_tell: Whether `columns_of` gives nothing, and no error, for a table that is not there.
    """

    adds_columns: bool = True
    widens_types: bool = False
    columns_tell: bool = False

    def listed(self, connection: Connection, schema: str | None) -> Mapping[str, bool] | None:  # noqa: ARG002
        """The tables and views of a schema, each with whether it is a view, where one statement tells all of that.

        Args:
            connection: Where the schema is.
            schema: Its name; None for the default.

        Returns:
            None where SQLAlchemy must ask for each.
        """
        return None

    def told(self, connection: Connection, table: str, schema: str | None) -> Told | None:  # noqa: ARG002
        """What `spelled` and `columns_of` say of a table that is there and no view, where the database tells it fast.

        Args:
            connection: Where it is.
            table: Its name.
            schema: Its schema; None for the default.

        Returns:
            None where SQLAlchemy must be asked, as for all that is no such table.
        """
        return None

    def has(self, connection: Connection, table: str, schema: str | None) -> bool:
        """Whether there is such a table or view; see `told`."""
        return self.told(connection, table, schema) is not None or has_table(inspect(connection), table, schema)

    def spelled(self, connection: Connection, table: str, schema: str | None) -> str:  # noqa: ARG002
        """The name of a table that is there, as its catalog has it: what is on record of a table has one name.

        Args:
            connection: Where it is.
            table: Its name, as the caller gives it.
            schema: Its schema; None for the default.
        """
        return table

    def columns_of(self, connection: Connection, table: str, schema: str | None) -> Sequence[Any]:
        """What SQLAlchemy says of the columns of a table or view: a dict for each, as of `Inspector.get_columns`.

        Args:
            connection: Where it is.
            table: Its name.
            schema: Its schema; None for the default.
        """
        return inspect(connection).get_columns(table, schema=schema)

    def refine(self, connection: Connection, table: Table) -> None:
        """Correct the types of a reflected table where this database says more than SQLAlchemy heard.

        Args:
            connection: Where the table is.
            table: What `autoload_with` made; changed in place.
        """

    def fill(self, connection: Connection, table: Table, described: Sequence[Any]) -> Fill:  # noqa: ARG002
        """The columns of a table that the database fills by itself.

        Args:
            connection: Where the table is.
            table: The table, whose `info` has what `instead_of_null` gives.
            described: What `Inspector.get_columns` says of it.
        """
        return fill_of(described)

    def instead_of_null(
        self,
        connection: Connection,  # noqa: ARG002 - for databases that do so
        table: Table,  # noqa: ARG002 - as above
        described: Sequence[Any],  # noqa: ARG002 - as above
    ) -> frozenset[str]:
        """The columns of a table in which the database puts another value in the place of NULL.

        Args:
            connection: Where the table is.
            table: The table.
            described: What `columns_of` says of it.
        """
        return frozenset()

    def checks(self, connection: Connection, table: Table) -> list[tuple[str | None, str]]:
        """The CHECKs of a table: the name of each, if it has one, and its condition in SQL.

        Args:
            connection: Where the table is.
            table: The table.
        """
        if not self.capabilities.constraints:
            return []
        found = inspect(connection).get_check_constraints(table.name, schema=table.schema)
        return [(check["name"], check["sqltext"]) for check in found]

    def widened(self, held: TypeEngine[Any], given: TypeEngine[Any]) -> TypeEngine[Any] | None:  # noqa: ARG002
        """The type that a column gets to hold more.

        Args:
            held: The type that it has.
            given: The type of what is to come.

        Returns:
            None if this database has no such type.
        """
        return self.column_type(given)

    def widen(self, connection: Connection, table: Table, column: Column[Any]) -> None:
        """Change the type of a column to one that holds all that it does; the rest of the column stays.

        Args:
            connection: A connection in a transaction.
            table: The table.
            column: The column with its new type.
        """
        connection.execute(AlterType(table, column))

    def delete_actions(self, connection: Connection, table: Table, *, own: bool) -> list[str]:
        """What deleting rows of a table does to the rows of other tables.

        Args:
            connection: Where the table is.
            table: The table.
            own: Whether what it does to other rows of the same table counts.

        Returns:
            One phrase for each foreign key with such an action: "orders (ON DELETE CASCADE)".
        """
        if not self.capabilities.constraints:
            return []
        inspector = inspect(connection)
        found = []
        for name in inspector.get_table_names(table.schema):
            if name == table.name and not own:
                continue
            for key in inspector.get_foreign_keys(name, schema=table.schema):
                action = str(key.get("options", {}).get("ondelete") or "").upper()
                same_schema = key["referred_schema"] in {None, table.schema}
                if key["referred_table"] == table.name and same_schema and action in DELETE_ACTIONS:
                    found.append(f"{name} (ON DELETE {action})")
        return found

    def contained(self, connection: Connection, tables: Sequence[Table]) -> list[tuple[int, int, bool]]:  # noqa: ARG002
        """Which of some tables have rows that another one of them shows as well.

        Args:
            connection: Where the tables are.
            tables: Tables that are there.

        Returns:
            The positions of the table that has the rows and of the one that shows them, too, and whether the former is
            a partition of the latter.
        """
        return []

    def create(self, connection: Connection, table: Table) -> None:
        """Create an empty table."""
        connection.execute(CreateTable(table))

    def divide(self, connection: Connection, table: Table, columns: Sequence[str]) -> None:
        """Let a table that is about to be created be stored by partition, where the database has such tables.

        Args:
            connection: A connection in the transaction that creates it.
            table: Name and schema of the new table.
            columns: The columns that tell partitions apart.
        """

    def create_as(
        self,
        connection: Connection,
        table: Table,
        columns: Sequence[Named],
        query: SelectBase,
        *,
        temporary: bool = False,
    ) -> int:
        """Create a table from a query of the same database, in one statement.

        Args:
            connection: A connection in a transaction.
            table: Name and schema of the new table.
            columns: What `describe` says of the query.
            query: The rows.
            temporary: Whether the table is dropped when the connection is closed.

        Returns:
            The number of rows in it.
        """
        del columns
        statement = CreateTableAs(table, query, temporary=temporary)
        with self.unchanged(connection, query):
            result = connection.execute(statement, execution_options={"preserve_rowcount": True})
            return self._created(connection, table, result)

    def create_declared(
        self,
        connection: Connection,
        table: Table,
        columns: Sequence[Named],
        query: SelectBase,
        *,
        temporary: bool = False,
    ) -> int:
        """Like `create_as`, in two statements: create with these types, then insert."""
        made = [Column(name, self.column_type(type_) or type_) for name, type_ in columns]
        prefixes = ["TEMPORARY"] if temporary else []
        new = Table(table.name, MetaData(), *made, schema=table.schema, prefixes=prefixes, info=table.info)
        self.create(connection, new)
        return self.insert_select(connection, new, [name for name, _ in columns], query)

    def _created(self, connection: Connection, table: Table, result: CursorResult[Any]) -> int:
        if result.rowcount >= 0:
            return result.rowcount
        return connection.execute(select(func.count()).select_from(table)).scalar_one()

    def may_alter(self, connection: Connection, table: Table) -> bool:  # noqa: ARG002 - for those with permissions
        """Whether the user of a connection may change the columns of a table."""
        return True

    def may_record(self, connection: Connection, table: Table) -> bool:
        """Whether a table has these columns, and the user may add and delete rows; nothing is changed."""
        found = {column["name"] for column in self.columns_of(connection, table.name, table.schema)}
        return found.issuperset(table.columns.keys())

    def drop(self, connection: Connection, table: Table) -> None:
        """Drop a table."""
        connection.execute(DropTable(table))

    def drop_if_exists(self, connection: Connection, table: Table) -> None:
        """Drop a table that may be gone."""
        connection.execute(DropTable(table, if_exists=True))

    def replace(self, connection: Connection, old: Table, new: Table) -> None:
        """Replace a table by another one, which takes its name. Readers see the old one or the new one.

        Args:
            connection: A connection in a transaction.
            old: The table to replace; it is dropped.
            new: A table of the same schema.

        Raises:
            ConfigurationError: If this database cannot do that atomically.
        """
        if not self.capabilities.transactional_ddl:
            raise ConfigurationError(
                f"Replacing a table by one with other columns is not atomic in {self.name}, and refused.",
                suggestion="Drop the table first, or write to another name.",
            )
        self.drop(connection, old)
        connection.execute(RenameTable(new, old.name))

    def rename_all(self, connection: Connection, pairs: Sequence[tuple[Table, str]]) -> None:
        """Give tables their names: in the transaction of the connection, or all at once where renaming commits.

        Args:
            connection: A connection in a transaction.
            pairs: Each table and its new name, within its schema.
        """
        for table, name in pairs:
            connection.execute(RenameTable(table, name))

    def fingerprint(self, connection: Connection, table: Table) -> str | None:  # noqa: ARG002 - for those who have one
        """What is another text once rows of a table have changed, as far as that is cheap to find out.

        Args:
            connection: Where the table is.
            table: The table.

        Returns:
            None if only the number of rows can be compared.
        """
        return None

    def label(self, connection: Connection, table: Table, text: str) -> None:
        """Attach a string to a table that goes with it when it is renamed; where making a table commits.

        Args:
            connection: Where the table is.
            table: The table.
            text: What to attach instead of what is there.
        """

    def label_of(self, connection: Connection, table: Table) -> str | None:  # noqa: ARG002
        """The text that `label` attached; None if there is none."""
        return None
