"""How many rows an UPDATE finds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import func, select

from ..base import Dialect, driver_connection

if TYPE_CHECKING:
    from sqlalchemy import Connection, Update

__all__ = ["FoundRows"]

_ASKED: Final = 2
"""CLIENT_FOUND_ROWS, https://mariadb.com/kb/en/connection/#capabilities: the server counts rows that it finds.

SQLAlchemy asks for it; a connection that the caller makes may not, and then rows that stay the same are not counted.
"""


class FoundRows(Dialect):
    """Mixed into a dialect whose driver may not tell the rows that an UPDATE leaves as they were."""

    def update(self, connection: Connection, statement: Update) -> int:
        """As everywhere; where the driver does not tell, they are counted before."""
        if driver_connection(connection).client_flag & _ASKED:
            return super().update(connection, statement)
        query = select(func.count()).select_from(statement.table)
        if statement.whereclause is not None:
            query = query.where(statement.whereclause)
        found: int = connection.execute(query).scalar_one()
        connection.execute(statement)
        return found
