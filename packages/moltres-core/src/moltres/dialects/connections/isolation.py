"""Transactions that are transactions, whatever isolation level an engine or a connection of the caller has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from weakref import WeakKeyDictionary

from ...errors import ConfigurationError

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

__all__ = ["at_least_committed", "autocommits", "require_transactions"]

_DIRTY: Final = "READ UNCOMMITTED"

_levels: WeakKeyDictionary[Engine, str] = WeakKeyDictionary()
"""The isolation level of each engine's connections, asked for once."""


def autocommits(connection: Connection) -> bool:
    """Whether each statement of a connection is a transaction of its own."""
    raw = connection.connection.dbapi_connection
    try:
        return raw is not None and connection.dialect.detect_autocommit_setting(raw)
    except NotImplementedError:
        return False


def at_least_committed(connection: Connection) -> None:
    """Let a connection of our own run at the database's default level where its engine's is lower than that.

    AUTOCOMMIT would leave half of the rows of a write that fails, and READ UNCOMMITTED would take the run_key of a load
    that is rolled back for that of a finished one. A stricter level stays. The pool puts the engine's level back.

    Args:
        connection: A connection from an engine's pool, on which nothing has begun.
    """
    if autocommits(connection) or _level(connection) == _DIRTY:
        connection.execution_options(isolation_level=connection.default_isolation_level)


def _level(connection: Connection) -> str:
    engine = connection.engine
    known = _levels.get(engine)
    if known is None:
        try:
            known = _levels[engine] = connection.get_isolation_level()
        except NotImplementedError:
            known = _levels[engine] = "unknown"
    return known


def require_transactions(connection: Connection) -> None:
    """Make sure that a connection of the caller can roll a write back.

    Raises:
        ConfigurationError: If it is in AUTOCOMMIT mode.
    """
    if autocommits(connection):
        raise ConfigurationError(
            "The connection is in AUTOCOMMIT mode: a write that fails would leave some of its rows.",
            suggestion="Pass the Engine or a URL, so that moltres opens a transaction, or a connection without"
            " isolation_level='AUTOCOMMIT'.",
        )
