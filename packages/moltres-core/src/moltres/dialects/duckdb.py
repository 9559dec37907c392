"""DuckDB through duckdb-sqlalchemy."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import duckdb

from moltres.dialects.base import Dialect, driver_connection
from moltres.dialects.clock import Alarm
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
    from collections.abc import Callable

    from sqlalchemy import Connection

    from moltres.dialects.clock import Clock

_CLASSES: tuple[tuple[type[Exception], type[MoltresError]], ...] = (
    (duckdb.InterruptException, QueryCancelledError),
    (duckdb.TransactionException, TransientQueryError),
    (duckdb.ConnectionException, DatabaseConnectionError),
)
# One exception class stands for everything that is wrong in the catalog: only its text tells them apart.
_TEXTS: tuple[tuple[type[Exception], str, type[MoltresError]], ...] = (
    (duckdb.CatalogException, "does not exist", TableNotFoundError),
    (duckdb.CatalogException, "already exists", TableExistsError),
    (duckdb.BinderException, "Referenced column", ColumnNotFoundError),
)


def _raw(connection: Connection) -> duckdb.DuckDBPyConnection:
    return cast("duckdb.DuckDBPyConnection", driver_connection(connection))


class DuckDBDialect(Dialect):
    """DuckDB: DDL in transactions, Arrow without a copy, one process at a time."""

    transactional_ddl = True
    limits_time = True
    cancels = True

    def __init__(self) -> None:
        super().__init__("duckdb")

    def _clock(self, connection: Connection, seconds: float) -> Clock:
        # DuckDB has no limit of its own, but stops at once when it is told to.
        return Alarm(seconds, _raw(connection).interrupt)

    def canceller(self, connection: Connection) -> Callable[[], None]:
        """`interrupt()` may be called from any thread."""
        return _raw(connection).interrupt

    def _classify(self, error: BaseException) -> type[MoltresError]:
        for exception, cls in _CLASSES:
            if isinstance(error, exception):
                return cls
        text = str(error)
        fits = (cls for exception, part, cls in _TEXTS if isinstance(error, exception) and part in text)
        return next(fits, QueryError)
