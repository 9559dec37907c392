"""The portable way to do what databases do differently; each database's module overrides what it does better."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import DBAPIError, NoSuchTableError

from moltres.dialects.clock import Clock, timing
from moltres.errors import (
    ConfigurationError,
    DatabaseConnectionError,
    MoltresError,
    QueryCancelledError,
    QueryError,
    QueryTimeoutError,
    TableNotFoundError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Connection


def driver_connection(connection: Connection) -> Any:
    """The driver's own connection under a SQLAlchemy connection."""
    return connection.connection.driver_connection


class Dialect:
    """What one kind of database can do, and how. Stateless: one instance serves every connection.

    Args:
        name: The name of the SQLAlchemy dialect that this one stands for.

    Attributes:
        transactional_ddl: Whether CREATE, DROP and ALTER are rolled back with their transaction.
        limits_time: Whether the database (or its driver) stops a statement that takes too long.
        cancels: Whether a running statement can be stopped from another thread.
    """

    transactional_ddl: bool = False
    limits_time: bool = False
    cancels: bool = False

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name}>"

    # -- running statements

    @contextmanager
    def time_limit(self, connection: Connection, seconds: float | None) -> Iterator[None]:
        """Let no statement of this block run longer than the limit; the limit is gone after the block.

        Args:
            connection: Where the statements run.
            seconds: The most that one statement may take; None for no limit.

        Raises:
            ConfigurationError: If this database offers no way to limit a statement.
            QueryTimeoutError: From within the block, when a statement took too long.
        """
        if seconds is None:
            yield
            return
        if not self.limits_time:
            raise ConfigurationError(
                f"moltres knows no time limit that {self.name} enforces.",
                suggestion="Leave query_timeout out.",
            )
        if not seconds > 0:
            raise ConfigurationError(
                f"query_timeout is {seconds!r}; it must be a number of seconds above 0.",
                suggestion="Use None for no limit.",
            )
        clock = self._clock(connection, seconds)
        try:
            with timing(connection, clock), self._limited(connection, clock, seconds):
                yield
        except (DBAPIError, connection.dialect.loaded_dbapi.Error) as error:
            # Databases report a time-out and a cancellation alike: the clock tells which one it was.
            if issubclass(self.classify(error), QueryCancelledError) and clock.elapsed() >= seconds:
                raise QueryTimeoutError(
                    f"A statement took longer than {seconds:g} s and was stopped by the database.",
                    suggestion="Raise query_timeout, or narrow the query.",
                ) from error
            raise

    def _clock(self, connection: Connection, seconds: float) -> Clock:  # noqa: ARG002 - for the databases that need it
        return Clock()

    @contextmanager
    def _limited(self, connection: Connection, clock: Clock, seconds: float) -> Iterator[None]:  # noqa: ARG002
        """Switch the database's own limit on, and off again."""
        yield

    def canceller(self, connection: Connection) -> Callable[[], None]:  # noqa: ARG002 - databases that can cancel use it
        """A function for other threads, which stops what runs on this connection.

        Args:
            connection: The connection to watch. It must be in use: take the function when it is checked out.

        Returns:
            A thread-safe function without arguments. When nothing runs, it does nothing.
        """

        def refuse() -> None:
            raise ConfigurationError(f"moltres knows no way to cancel a statement on {self.name}.")

        return refuse

    def begin(self, connection: Connection) -> None:
        """Make sure that a real transaction is open, one which covers DDL as far as the database can.

        Args:
            connection: A connection that SQLAlchemy may or may not have begun a transaction on.
        """
        if not connection.in_transaction():
            connection.begin()

    def classify(self, error: BaseException) -> type[MoltresError]:
        """The class of ours that an error of the driver belongs to.

        Args:
            error: SQLAlchemy's DBAPIError, or the driver's error itself.

        Returns:
            A leaf of `moltres.errors`; QueryError when nothing narrower fits.
        """
        if isinstance(error, NoSuchTableError):
            return TableNotFoundError
        if isinstance(error, DBAPIError):
            if error.connection_invalidated:
                return DatabaseConnectionError
            if error.orig is not None:
                return self._classify(error.orig)
        return self._classify(error)

    def _classify(self, error: BaseException) -> type[MoltresError]:  # noqa: ARG002 - the portable way knows no codes
        return QueryError
