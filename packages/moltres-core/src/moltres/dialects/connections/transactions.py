"""A block of statements that is one transaction, or a part of the caller's."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from sqlalchemy.exc import SQLAlchemyError

from ...errors import ConfigurationError
from .isolation import require_transactions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from ..base import Dialect
    from ..stopping import Running

__all__ = ["in_transaction"]


@contextmanager
def in_transaction(
    connection: Connection, dialect: Dialect, running: Running, seconds: float | None, *, joined: bool
) -> Iterator[None]:
    """Run a block in a transaction that ends with it: committed, or rolled back if the block fails or is stopped.

    Args:
        connection: The connection.
        dialect: Its dialect.
        running: What stops the block.
        seconds: The time limit of a statement; None for no limit.
        joined: Whether the transaction is the caller's, who ends it; the block is a savepoint of it then.
    """
    outer = connection.in_transaction() if joined else False
    if joined:
        if not dialect.capabilities.transactions:
            raise ConfigurationError(
                f"{dialect.name} commits each statement: a write cannot be part of a transaction of the caller.",
                suggestion="Connect with a URL or an Engine.",
            )
        require_transactions(connection)
    dialect.begin(connection, seconds)
    with dialect.writing(connection):
        if not joined:
            try:
                yield
                running.check()
                connection.commit()
            except BaseException:
                # Before others may go on. A lost connection cannot, and need not.
                with suppress(SQLAlchemyError):
                    connection.rollback()
                raise
        elif outer and dialect.capabilities.savepoints:
            with connection.begin_nested():
                yield
        else:
            yield
