"""Values that the server changes and only warns of, or only notes."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy import event

from ..._shared.mariadb_warnings import ASKS, changed_value
from ...errors import QueryError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

__all__ = ["refuse_changed", "refusing_changed"]


def refuse_changed(connection: Connection) -> None:
    """Raise for what the last statement changed.

    Args:
        connection: Where it ran; its rows have been read to the end.

    Raises:
        QueryError: If it did not take each value as it is.
    """
    message = changed_value(connection)
    if message is not None:
        raise QueryError(
            f"MariaDB answers with a value that it changed: {message.rstrip('.')}.",
            suggestion="Compare values of one type, and convert only those that the other type can hold.",
        )


@contextmanager
def refusing_changed(connection: Connection) -> Iterator[None]:
    """Look after each statement of a block: in strict mode most of that is an error, but not what is only noted.

    Args:
        connection: Where the statements run.
    """

    def look(*executed: Any) -> None:
        cursor, statement = executed[1:3]
        if getattr(cursor, "warning_count", 0) and statement != ASKS:
            refuse_changed(connection)

    event.listen(connection, "after_cursor_execute", look)
    try:
        yield
    finally:
        event.remove(connection, "after_cursor_execute", look)
