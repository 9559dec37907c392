"""How other writers are kept off a table of MariaDB, and how long they wait."""

from __future__ import annotations

from contextlib import contextmanager
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from sqlalchemy import func, literal_column, select, text

from ...errors import TransientQueryError
from ..base.locks import Locks
from ..stopping import cleaning_up

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sqlalchemy import Connection, Table

__all__ = ["LOCKED", "NamedLocks"]

LOCKED: Final = "moltres_locked"
"""Key in `Connection.info`: whether locks by name are to be released."""
_LIMITS: Final = ("innodb_lock_wait_timeout", "lock_wait_timeout")
"""Seconds to wait for rows, and for whoever uses a table that is to be changed."""


class NamedLocks(Locks):
    """Locks of rows, of tables, and of names."""

    def hold(self, connection: Connection, table: Table) -> bool:
        """Use the table: from then on ALTER TABLE waits for the transaction."""
        connection.execute(select(literal_column("1")).select_from(table).limit(0))
        return True

    def lock(self, connection: Connection, table: Table) -> bool:
        """Lock every row and the gaps between them, as the DELETE or UPDATE that follows would."""
        connection.execute(select(func.count()).select_from(table).with_for_update())
        return True

    def lock_name(self, connection: Connection, name: str, *, owns_transaction: bool, wait: bool) -> bool:
        """A lock of the server, which the session holds until `writing` releases it or the connection ends."""
        seconds = connection.execute(text("SELECT @@SESSION.innodb_lock_wait_timeout")).scalar_one() if wait else 0
        lock = f"moltres {sha256(f'{connection.engine.url.database}.{name}'.encode()).hexdigest()[:40]}"
        connection.info[LOCKED] = True
        if not connection.execute(
            text("SELECT GET_LOCK(:lock, :seconds)"), {"lock": lock, "seconds": seconds}
        ).scalar():
            if not wait:
                return False
            raise TransientQueryError(
                f"Another write of the same table did not end within {seconds} s.", suggestion="Try again."
            )
        if owns_transaction:
            # What others did before is visible only to a transaction that begins now.
            connection.rollback()
            connection.begin()
        return True

    @contextmanager
    def waits_briefly(self, connection: Connection, seconds: float) -> Iterator[None]:
        """The limits of the session, and those from before after the block."""
        shown = ", ".join(f"@@SESSION.{name}" for name in _LIMITS)
        before = dict(zip(_LIMITS, connection.execute(text(f"SELECT {shown}")).one(), strict=True))
        longer = [name for name in _LIMITS if before[name] > seconds]
        _limit(connection, {name: int(seconds) for name in longer})
        try:
            yield
        finally:
            # They belong to the session, and would stay with the connection in the pool.
            if not (connection.closed or connection.invalidated):
                with cleaning_up():
                    _limit(connection, {name: before[name] for name in longer})


def _limit(connection: Connection, limits: Mapping[str, int]) -> None:
    if limits:
        connection.exec_driver_sql(f"SET SESSION {', '.join(f'{name} = {value}' for name, value in limits.items())}")
