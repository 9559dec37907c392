"""What went wrong in MariaDB, by the code of the server or of its client."""

from __future__ import annotations

from ...errors import (
    ColumnNotFoundError,
    DatabaseConnectionError,
    MoltresError,
    QueryCancelledError,
    QueryError,
    QueryTimeoutError,
    TableExistsError,
    TableNotFoundError,
    TransientQueryError,
)

__all__ = ["classify"]

# https://mariadb.com/kb/en/mariadb-error-codes/, and above 2000 those of the client
_CLASSES: dict[int, type[MoltresError]] = {
    1020: TransientQueryError,  # the record has changed since it was read
    1205: TransientQueryError,  # lock wait timeout
    1213: TransientQueryError,  # deadlock
    1412: TransientQueryError,  # the table definition has changed
    1614: TransientQueryError,  # deadlock of a distributed transaction
    1615: TransientQueryError,  # the statement needs to be prepared again
    1684: TransientQueryError,  # skipped, because it is being changed
    1637: TransientQueryError,  # too many transactions at once
    1317: QueryCancelledError,  # interrupted by KILL
    1689: TransientQueryError,  # another needs the table alone, and was waiting for it
    3572: TransientQueryError,  # NOWAIT, of MySQL
    1969: QueryTimeoutError,  # max_statement_time
    3024: QueryTimeoutError,  # max_execution_time, of MySQL
    1054: ColumnNotFoundError,
    1050: TableExistsError,
    1051: TableNotFoundError,
    1146: TableNotFoundError,
    1040: DatabaseConnectionError,  # too many connections
    1053: DatabaseConnectionError,  # the server shuts down
    1080: DatabaseConnectionError,  # the connection was closed
    1158: DatabaseConnectionError,  # packets could not be read or written
    1159: DatabaseConnectionError,
    1160: DatabaseConnectionError,
    1161: DatabaseConnectionError,
    1203: DatabaseConnectionError,  # too many connections of this user
    1226: DatabaseConnectionError,  # a limit of the user, per hour or at a time
    1927: DatabaseConnectionError,  # the connection was killed
    2002: DatabaseConnectionError,
    2003: DatabaseConnectionError,
    2005: DatabaseConnectionError,
    2006: DatabaseConnectionError,
    2013: DatabaseConnectionError,
    2055: DatabaseConnectionError,
}
_UNKNOWN_COMMAND = 1047


def classify(error: BaseException) -> type[MoltresError]:
    """The class of an error of the driver.

    Args:
        error: The error, whose first argument is the code, if it has one.
    """
    code = error.args[0] if error.args else None
    if code == _UNKNOWN_COMMAND and "WSREP" in str(error):
        return DatabaseConnectionError  # a node of a cluster that is not ready yet
    return _CLASSES.get(code, QueryError) if isinstance(code, int) else QueryError
