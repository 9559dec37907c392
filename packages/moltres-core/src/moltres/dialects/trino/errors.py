"""What an error of Trino means, by its name and type: https://trino.io/docs/current/develop/spi-overview.html."""

from __future__ import annotations

import re
from typing import Final

from ..._shared.databases.connecting import retry_can_help
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

_NAMES: Final[dict[str, type[MoltresError]]] = {
    "TABLE_NOT_FOUND": TableNotFoundError,
    "COLUMN_NOT_FOUND": ColumnNotFoundError,
    "TABLE_ALREADY_EXISTS": TableExistsError,
    "EXCEEDED_TIME_LIMIT": QueryTimeoutError,
    "USER_CANCELED": QueryCancelledError,
    "ADMINISTRATIVELY_KILLED": QueryCancelledError,
    "ADMINISTRATIVELY_PREEMPTED": TransientQueryError,
    "TRANSACTION_CONFLICT": TransientQueryError,
    "ICEBERG_COMMIT_ERROR": TransientQueryError,
    "ICEBERG_MISSING_METADATA": TransientQueryError,  # another write replaced or dropped the table meanwhile
    "QUERY_QUEUE_FULL": TransientQueryError,
    "CLUSTER_OUT_OF_MEMORY": TransientQueryError,
    "NO_NODES_AVAILABLE": TransientQueryError,
    "REMOTE_TASK_ERROR": TransientQueryError,
    "REMOTE_TASK_MISMATCH": TransientQueryError,
    "REMOTE_HOST_GONE": TransientQueryError,
    "PAGE_TRANSPORT_ERROR": TransientQueryError,
    "PAGE_TRANSPORT_TIMEOUT": TransientQueryError,
    "TOO_MANY_REQUESTS_FAILED": TransientQueryError,
    "WORKER_RESTARTED": TransientQueryError,
    "ABANDONED_QUERY": TransientQueryError,
    "SERVER_SHUTTING_DOWN": DatabaseConnectionError,
    "SERVER_STARTING_UP": DatabaseConnectionError,
}

# What no retry mends: not 404 (a coordinator that does not know the query any more), 408 and 429 (not now).
_REFUSED: Final = re.compile(r"error 4(?!04|08|29)\d\d\b")


def classify(error: BaseException) -> type[MoltresError]:
    """The class of moltres.errors that an error of the driver belongs to."""
    name = getattr(error, "error_name", None)
    if name is not None:
        return _NAMES.get(name, QueryError)
    kind = type(error).__name__
    if kind == "TrinoAuthError":
        return DatabaseAccessError
    if kind == "TrinoConnectionError":
        return DatabaseConnectionError if retry_can_help("trino", error) else DatabaseAccessError
    if kind == "FailedToObtainedFinalResponse" or kind.startswith("Http"):
        return DatabaseAccessError if _REFUSED.match(str(error)) else DatabaseConnectionError
    # What the driver raises of an answer that is no answer of a query: the coordinator does not know it any more.
    return DatabaseConnectionError if is_of_driver(error) and kind == "OperationalError" else QueryError


def is_of_driver(error: BaseException) -> bool:
    """Whether the driver or its HTTP client raised an error, which need not be one of DB-API's."""
    return type(error).__module__.partition(".")[0] in {"trino", "requests", "urllib3"}


def is_missing(error: BaseException) -> bool:
    """Whether an error says that there is no such table or schema."""
    return getattr(error, "error_name", None) in {"TABLE_NOT_FOUND", "SCHEMA_NOT_FOUND", "NOT_FOUND"}
