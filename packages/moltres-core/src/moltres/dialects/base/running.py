"""How statements run: time limits, stops, transactions, settings of the session, and what an error means."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import DBAPIError, NoSuchTableError

from ..._shared import arguments
from ..._shared.statements import Clock, timing
from ...errors import (
    ConfigurationError,
    DatabaseConnectionError,
    MoltresError,
    QueryCancelledError,
    QueryError,
    QueryTimeoutError,
    SchemaMismatchError,
    TableNotFoundError,
    refuse,
)
from ..sql.statements import Explain
from .facts import Facts
from .refusals import REFUSED, REFUSED_END

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Connection, Engine, Select


class Running(Facts):
    """How statements of a database run."""

    @contextmanager
    def time_limit(self, connection: Connection, seconds: float | None) -> Iterator[None]:
        """Let no statement of the block run longer than the limit, and remove the limit after it.

        Args:
            connection: Where the statements run.
            seconds: The time limit of each statement in seconds; None for no limit.

        Raises:
            ConfigurationError: If this database has no statement timeout.
            QueryTimeoutError: If a statement of the block took too long.
        """
        if seconds is None:
            yield
            return
        if not self.capabilities.statement_timeout:
            raise ConfigurationError(
                f"query_timeout is not supported for {self.name}.", suggestion="Leave query_timeout out."
            )
        refuse(arguments.seconds("query_timeout", seconds))
        clock = self._clock(connection, seconds)
        try:
            with timing(connection, clock), self._limited(connection, clock, seconds):
                yield
        except (DBAPIError, connection.dialect.loaded_dbapi.Error) as error:
            # Some databases report a timeout and a cancellation alike; the clock tells them apart.
            kind = self.classify(error)
            if kind is QueryTimeoutError or (kind is QueryCancelledError and clock.elapsed() >= seconds):
                raise QueryTimeoutError(
                    f"A statement exceeded the time limit of {seconds:g} s, and the database stopped it.",
                    suggestion="Raise query_timeout, or reduce the work of the query.",
                ) from error
            raise

    def _clock(self, connection: Connection, seconds: float) -> Clock:  # noqa: ARG002 - for the databases that need it
        return Clock()

    @contextmanager
    def _limited(self, connection: Connection, clock: Clock, seconds: float) -> Iterator[None]:  # noqa: ARG002
        """Set the limit of the database, and reset it after the block."""
        yield

    def canceller(self, connection: Connection) -> Callable[[], None]:  # noqa: ARG002 - databases that can cancel use it
        """A function for other threads that stops what this connection runs.

        Args:
            connection: The connection, checked out.

        Returns:
            A thread-safe function without arguments, which does nothing when nothing runs.
        """

        def refuse() -> None:
            raise ConfigurationError(f"Cancelling a statement is not supported for {self.name}.")

        return refuse

    def begin(self, connection: Connection, seconds: float | None = None) -> None:  # noqa: ARG002 - SQLite waits
        """Make sure that a transaction is open, which covers DDL as far as the database can.

        Args:
            connection: A connection, in a transaction or not.
            seconds: The longest time to wait for another writer, where a transaction has to.
        """
        if not connection.in_transaction():
            connection.begin()

    @contextmanager
    def settled(self, connection: Connection) -> Iterator[None]:  # noqa: ARG002 - for databases with such settings
        """Let no setting of the session change what the values of this block are; it is put back afterwards."""
        yield

    @contextmanager
    def writing(self, connection: Connection) -> Iterator[None]:  # noqa: ARG002 - for databases that need it
        """What holds while rows are written: strict settings, and the locks that `lock_name` takes.

        Args:
            connection: A connection in a transaction, which ends within the block if it is one of moltres.
        """
        yield

    def classify(self, error: BaseException) -> type[MoltresError]:
        """The class of moltres.errors that an error of the driver belongs to.

        Args:
            error: SQLAlchemy's DBAPIError, or the driver's error itself.

        Returns:
            The class; QueryError if the error has no other.
        """
        if isinstance(error, NoSuchTableError):
            return TableNotFoundError
        if isinstance(error, DBAPIError):
            if error.connection_invalidated:
                return DatabaseConnectionError
            if error.orig is not None:
                return self._classify(error.orig)
        return self._classify(error)

    def _classify(self, error: BaseException) -> type[MoltresError]:  # noqa: ARG002 - codes differ by database
        return QueryError

    def is_driver_error(self, error: BaseException) -> bool:  # noqa: ARG002 - for drivers with errors of other kinds
        """Whether an error that is none of DB-API comes from the driver."""
        return False

    def outgrown(self, engine: Engine, error: DBAPIError) -> str | None:  # noqa: ARG002 - for servers that hang up
        """What was too large to be sent, if that is why a connection was lost.

        Args:
            engine: The engine of the connection.
            error: What SQLAlchemy raised.
        """
        return None

    def refused(self, error: BaseException) -> SchemaMismatchError | None:
        """What a guarded statement says of a value that a column would change, if that is what an error is."""
        original = error.orig if isinstance(error, DBAPIError) else error
        _, found, fault = str(original).partition(REFUSED)
        fault, _, _ = fault.partition(REFUSED_END)
        return SchemaMismatchError("Some values would not come back equal.", mismatches=[fault]) if found else None

    def explain(self, connection: Connection, query: Select[Any], *, analyze: bool) -> str:
        """How the database would run a query.

        Args:
            connection: Where it would run.
            query: The query.
            analyze: Whether to run it and report what it took.

        Raises:
            ConfigurationError: If this database cannot report what a statement took.
        """
        if analyze and not self.capabilities.explain_analyze:
            raise ConfigurationError(
                f"explain(analyze=True) is not supported by {self.name}.", suggestion="Leave analyze out."
            )
        rows = connection.execute(Explain(query, "EXPLAIN ANALYZE" if analyze else "EXPLAIN"))
        return "\n".join(str(row[-1]) for row in rows)
