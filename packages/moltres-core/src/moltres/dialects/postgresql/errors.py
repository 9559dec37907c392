"""What went wrong in PostgreSQL, by the code that the server sends."""

from __future__ import annotations

import re

from ...errors import (
    ColumnNotFoundError,
    DatabaseAccessError,
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

# https://www.postgresql.org/docs/current/errcodes-appendix.html
_CLASSES: dict[str, type[MoltresError]] = {
    "40001": TransientQueryError,  # serialization_failure
    "40P01": TransientQueryError,  # deadlock_detected
    "55P03": TransientQueryError,  # lock_not_available
    "57014": QueryCancelledError,  # query_canceled, by a person; see _BY_LIMIT
    "57P01": DatabaseConnectionError,  # admin_shutdown
    "57P02": DatabaseConnectionError,  # crash_shutdown
    "57P03": DatabaseConnectionError,  # cannot_connect_now
    "57P04": DatabaseAccessError,  # database_dropped
    "57P05": DatabaseConnectionError,  # idle_session_timeout
    "25P03": DatabaseConnectionError,  # idle_in_transaction_session_timeout
    "25P04": DatabaseConnectionError,  # transaction_timeout
    "72000": TransientQueryError,  # snapshot_too_old
    "28000": DatabaseAccessError,  # invalid_authorization_specification
    "28P01": DatabaseAccessError,  # invalid_password
    "3D000": DatabaseAccessError,  # invalid_catalog_name
    "08004": DatabaseAccessError,  # sqlserver_rejected_establishment_of_sqlconnection
    "53300": DatabaseConnectionError,  # too_many_connections
    "42P01": TableNotFoundError,  # undefined_table
    "42703": ColumnNotFoundError,  # undefined_column
    "42P07": TableExistsError,  # duplicate_table
}
_CONNECTION_EXCEPTIONS = "08"
_BY_LIMIT = "statement timeout"
"""What the server says of a statement that reached the limit of its role, database or session; the code does not."""
# Other transactions have changed a table while a statement looked it up; the code is that of internal errors.
_CHANGED_MEANWHILE = re.compile(
    r"concurrently (updated|deleted)|could not open relation with OID|cached plan must not change|cache lookup failed"
)


def classify(error: BaseException) -> type[MoltresError]:
    """The class of an error of the driver.

    Args:
        error: The error, which has the SQLSTATE of the server if it has sent one.
    """
    code = getattr(error, "sqlstate", None) or getattr(error, "pgcode", None)
    if code is None:
        # No code: the connection was lost before the server could send one.
        name = type(error).__name__
        return DatabaseConnectionError if name in {"OperationalError", "InterfaceError"} else QueryError
    known = _CLASSES.get(code)
    if known is None and code.startswith(_CONNECTION_EXCEPTIONS):
        return DatabaseConnectionError
    if known is QueryCancelledError and _BY_LIMIT in str(error):
        return QueryTimeoutError
    if known in {None, TableNotFoundError} and _CHANGED_MEANWHILE.search(str(error)):
        return TransientQueryError
    return known or QueryError
