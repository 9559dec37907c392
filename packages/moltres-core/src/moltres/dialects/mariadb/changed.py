"""Values that the server changes and only warns of, or only notes."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import event

from ..._shared.databases.mariadb_settings import TELLS_ALL
from ..._shared.databases.mariadb_warnings import ASKS, changed_value
from ...errors import QueryError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

__all__ = ["refuse_changed", "refusing_changed", "telling_all"]

_FOR: Final = f"SET STATEMENT {', '.join(f'{name}={value}' for name, value in TELLS_ALL.items())} FOR "
_READS: Final = re.compile(r"(\s|/\*.*?\*/|(--\s|#)[^\n]*\n)*(SELECT|WITH|VALUES|\()", re.IGNORECASE | re.DOTALL)


@contextmanager
def telling_all(connection: Connection) -> Iterator[None]:
    """Let the server tell all warnings of each query of a block, whatever the session says.

    Args:
        connection: Where the queries run. MySQL has no settings of one statement.
    """
    server: Any = connection.dialect
    if not server.is_mariadb:
        yield
        return

    def tell(*executing: Any) -> tuple[str, Any]:
        statement, parameters = executing[2:4]
        return (f"{_FOR}{statement}" if _READS.match(statement) else statement), parameters

    event.listen(connection, "before_cursor_execute", tell, retval=True)
    try:
        yield
    finally:
        event.remove(connection, "before_cursor_execute", tell)


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
