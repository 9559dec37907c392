"""How other writers are kept off a table."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from .facts import Facts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection, Table


class Locks(Facts):
    """How other writers are kept off a table, and where loads are recorded.

    Attributes:
        notices_new_rows: Whether a transaction that holds the `lock` of a table sees, or fails because of, all rows
            that others have added to it. Elsewhere writers wait for each other by `lock_name`.
    """

    notices_new_rows: bool = True

    def own_load(self, connection: Connection, run_key: str, name: str, schema: str | None) -> Any:  # noqa: ARG002
        """A load that this database records in a way of its own, as `moltres.write.load_log.Load`.

        Args:
            connection: A connection in a transaction.
            run_key: The key of the load.
            name: The target.
            schema: Its schema; None for the default.

        Returns:
            None where the table `moltres_loads` records it.
        """
        return None

    def own_receipts(self, connection: Connection, name: str, schema: str | None) -> list[str] | None:  # noqa: ARG002
        """The receipts of the loads of a table, as JSON, where this database records them in a way of its own.

        Args:
            connection: A connection.
            name: The table.
            schema: Its schema; None for the default.

        Returns:
            None where the table `moltres_loads` has them.
        """
        return None

    @contextmanager
    def waits_briefly(self, connection: Connection, seconds: float) -> Iterator[None]:  # noqa: ARG002
        """Wait for no lock of another transaction longer than this in the block, where locks are waited for at all."""
        yield

    def hold(self, connection: Connection, table: Table) -> bool:  # noqa: ARG002 - for databases with locks of tables
        """Keep the columns of a table as they are until the transaction ends, and let others read and add rows.

        Args:
            connection: A connection in a transaction.
            table: The table, as it was looked up in that transaction.

        Returns:
            Whether others could change the table until now. Where the transaction sees one state of the database from
            its beginning, and fails where another has changed the same, what was looked up holds.
        """
        return False

    def lock(self, connection: Connection, table: Table) -> bool:  # noqa: ARG002 - as above
        """Keep other writers, but no reader, off a table until the transaction ends; its columns stay as well.

        Args:
            connection: A connection in a transaction.
            table: The table, as it was looked up in that transaction.

        Returns:
            As `hold`.
        """
        return False

    def lock_name(self, connection: Connection, name: str, *, owns_transaction: bool, wait: bool) -> bool:
        """Keep others who ask for the same name waiting until `writing` ends; for tables not yet there.

        Args:
            connection: A connection in a transaction that has changed nothing yet.
            name: What names a table, with its schema.
            owns_transaction: Whether the transaction is one of moltres, which may begin anew to see what those did
                who held the name before.
            wait: Whether to wait for whoever holds the name.

        Returns:
            Whether the name is held now; a database that cannot make others wait says that it is.

        Raises:
            TransientQueryError: If the name is still held when the wait ends.
        """
        del connection, name, owns_transaction, wait
        return True
