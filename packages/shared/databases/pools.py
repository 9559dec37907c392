"""How many connections an engine gives, and whether another one would be the caller's own."""

from __future__ import annotations

from contextlib import closing
from math import inf
from typing import TYPE_CHECKING, Any

from sqlalchemy.pool import AssertionPool, QueuePool, SingletonThreadPool, StaticPool

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Engine

__all__ = ["SHARED", "capacity", "is_in_transaction"]

SHARED = (StaticPool, SingletonThreadPool)
"""Pools that give a connection which is in use once more."""


def capacity(engine: Engine) -> float:
    """How many connections of an engine one thread can have at once."""
    pool = engine.pool
    if isinstance(pool, (*SHARED, AssertionPool)):
        return 1
    if isinstance(pool, QueuePool):
        most = getattr(pool, "_max_overflow", -1)  # the pool tells its size, but not this part of it
        return inf if most < 0 or pool.size() == 0 else pool.size() + most
    return inf


def is_in_transaction(engine: Engine) -> bool:
    """Whether the next connection of an engine is one that is in use, in a transaction which its return would end.

    Args:
        engine: The engine. No statement is run that changes anything.
    """
    pool = engine.pool
    if isinstance(pool, StaticPool):
        entry = vars(pool).get("connection")  # asked for as an attribute, it would be made
        return entry is not None and entry.in_use and _has_begun(engine.dialect.name, entry.driver_connection)
    if isinstance(pool, SingletonThreadPool):
        with closing(pool.connect()) as connection:
            return _has_begun(engine.dialect.name, connection.driver_connection)
    return False


def _has_begun(name: str, driver: Any) -> bool:
    """Whether a connection of a driver is in a transaction, or may be, because nobody knows; else it is not."""
    if isinstance(getattr(driver, "in_transaction", None), bool):  # sqlite3, mysql.connector
        return bool(driver.in_transaction)
    if name == "duckdb":  # without a transaction each statement is one of its own
        first, second = (driver.execute("SELECT txid_current()").fetchall() for _ in range(2))
        return bool(first == second)
    package = type(driver).__module__.partition(".")[0]
    if package in _ASKED:
        return _ASKED[package](driver)
    return name != "trino"  # whose connections commit each statement


def _says_transaction(driver: Any) -> bool:
    """What MariaDB says of a session; MySQL does not say it."""
    with closing(driver.cursor()) as cursor:
        try:
            cursor.execute("SELECT @@in_transaction")
        except driver.Error:
            return True
        return bool(cursor.fetchone()[0])


def _server_status(driver: Any) -> int:
    """The state of a session; PyMySQL does not look at what a SELECT says of it, which may have begun a transaction."""
    try:
        driver.ping(reconnect=False)
    except driver.Error:  # a lost connection has no transaction
        return 0
    return int(driver.server_status)


_ASKED: dict[str, Callable[[Any], bool]] = {
    "pymysql": lambda driver: bool(_server_status(driver) & 1),  # SERVER_STATUS_IN_TRANS of the protocol
    "MySQLdb": _says_transaction,
    "mariadb": _says_transaction,
    "psycopg": lambda driver: int(driver.info.transaction_status) != 0,  # PQTRANS_IDLE of libpq
    "psycopg2": lambda driver: int(driver.info.transaction_status) != 0,
}
"""By the package of the driver: whether a connection is in a transaction."""
