"""Settings of a session or transaction that hold for a block of statements."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from sqlalchemy import event, func, select, text

from ..base import driver_connection
from ..stopping import cleaning_up

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sqlalchemy import Connection

__all__ = ["with_lock_limit", "with_settings"]

_IN_TRANSACTION: Final = 2  # libpq's PQTRANS_INTRANS
_LOCK_LIMIT = text("SELECT setting::integer FROM pg_catalog.pg_settings WHERE name = 'lock_timeout'")


@contextmanager
def with_settings(connection: Connection, wanted: Mapping[str, str]) -> Iterator[None]:
    """Let settings have these values within the block, and those from before after it.

    They have them in each transaction of the block: some writes commit in between, and a LOCAL setting ends with that.
    """
    raw = driver_connection(connection)
    # Outside of a transaction a LOCAL setting has no effect, and a session's would stay in the pool.
    local = not raw.autocommit
    values = connection.execute(select(*(func.current_setting(name) for name in wanted))).one()
    before = {
        name: value
        for name, value in zip(wanted, values, strict=True)
        if value != wanted[name] and not value.startswith(f"{wanted[name]},")
    }
    if not before:
        yield
        return
    connection.execute(select(*(func.set_config(name, wanted[name], local) for name in before)))

    def set_again(_: Connection) -> None:
        with raw.cursor() as cursor:  # of the driver: SQLAlchemy would begin once more
            for name in before:
                cursor.execute("SELECT set_config(%s, %s, true)", (name, wanted[name]))

    if local:
        event.listen(connection, "begin", set_again)
    try:
        yield
    finally:
        if local and event.contains(connection, "begin", set_again):  # it is gone if the connection is collected
            event.remove(connection, "begin", set_again)
        # A failed transaction takes its LOCAL settings with it; one that goes on belongs to the caller.
        usable = not (connection.closed or connection.invalidated)
        if usable and (not local or raw.info.transaction_status == _IN_TRANSACTION):
            with cleaning_up():
                connection.execute(select(*(func.set_config(name, value, local) for name, value in before.items())))


@contextmanager
def with_lock_limit(connection: Connection, seconds: float) -> Iterator[None]:
    """Let statements of the block wait at most so long for a lock; less if the session says so."""
    milliseconds = connection.execute(_LOCK_LIMIT).scalar_one()
    if 0 < milliseconds <= seconds * 1000:
        yield
        return
    with with_settings(connection, {"lock_timeout": f"{seconds:g}s"}):
        yield
