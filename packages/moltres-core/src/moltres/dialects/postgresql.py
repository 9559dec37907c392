"""PostgreSQL through psycopg (psycopg2 works where nothing but SQLAlchemy is needed)."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from moltres.dialects.base import Dialect, driver_connection
from moltres.errors import (
    ColumnNotFoundError,
    DatabaseConnectionError,
    MoltresError,
    QueryCancelledError,
    QueryError,
    TableExistsError,
    TableNotFoundError,
    TransientQueryError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Connection

    from moltres.dialects.clock import Clock

# https://www.postgresql.org/docs/current/errcodes-appendix.html
_CLASSES: dict[str, type[MoltresError]] = {
    "40001": TransientQueryError,  # serialization_failure
    "40P01": TransientQueryError,  # deadlock_detected
    "55P03": TransientQueryError,  # lock_not_available
    "57014": QueryCancelledError,  # query_canceled, by a limit or by a person
    "57P01": DatabaseConnectionError,  # admin_shutdown
    "57P02": DatabaseConnectionError,  # crash_shutdown
    "57P03": DatabaseConnectionError,  # cannot_connect_now
    "53300": DatabaseConnectionError,  # too_many_connections
    "42P01": TableNotFoundError,  # undefined_table
    "42703": ColumnNotFoundError,  # undefined_column
    "42P07": TableExistsError,  # duplicate_table
}
_CONNECTION_EXCEPTIONS = "08"

_STATUS_IN_TRANSACTION = 2  # libpq's PQTRANS_INTRANS


class PostgreSQLDialect(Dialect):
    """PostgreSQL: DDL in transactions, readers that never wait for writers, COPY for bulk."""

    transactional_ddl = True
    limits_time = True
    cancels = True

    def __init__(self) -> None:
        super().__init__("postgresql")

    @contextmanager
    def _limited(self, connection: Connection, clock: Clock, seconds: float) -> Iterator[None]:  # noqa: ARG002
        raw = driver_connection(connection)
        # Outside of a transaction a LOCAL setting has no effect, and a session's would stay in the pool.
        local = not raw.autocommit
        milliseconds = str(max(1, round(seconds * 1000)))
        before, _ = connection.execute(
            select(
                func.current_setting("statement_timeout"),
                func.set_config("statement_timeout", milliseconds, local),
            )
        ).one()
        try:
            yield
        finally:
            # A failed transaction takes its LOCAL settings with it; one that goes on belongs to the caller.
            usable = not (connection.closed or connection.invalidated)
            if usable and (not local or raw.info.transaction_status == _STATUS_IN_TRANSACTION):
                connection.execute(select(func.set_config("statement_timeout", before, local)))

    def canceller(self, connection: Connection) -> Callable[[], None]:
        """A request to the server over a connection of its own."""
        raw = driver_connection(connection)
        cancel: Callable[[], None] = getattr(raw, "cancel_safe", raw.cancel)
        return cancel

    def _classify(self, error: BaseException) -> type[MoltresError]:
        code = getattr(error, "sqlstate", None) or getattr(error, "pgcode", None)
        if code is None:
            # The server had no chance to say why: the connection is gone.
            name = type(error).__name__
            return DatabaseConnectionError if name in {"OperationalError", "InterfaceError"} else QueryError
        if code.startswith(_CONNECTION_EXCEPTIONS):
            return DatabaseConnectionError
        return _CLASSES.get(code, QueryError)
