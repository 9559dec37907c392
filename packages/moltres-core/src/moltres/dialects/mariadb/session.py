"""Settings of a session that change what a write stores."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from ..._shared.databases.mariadb_settings import TELLS_ALL
from ..base import driver_connection
from .changed import refusing_changed
from .locks import LOCKED

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sqlalchemy import Connection

__all__ = ["storing_as_given"]

_WRITING: Final = ("sql_mode", "default_storage_engine", "sql_safe_updates", "optimizer_switch", *TELLS_ALL)
_MODES: Final = frozenset({"STRICT_ALL_TABLES", "NO_AUTO_VALUE_ON_ZERO"})
"""Without the second one, a numbered column stores the next number for 0."""
_OTHER_VALUES: Final = frozenset({"EMPTY_STRING_IS_NULL", "ORACLE", "NO_FIELD_OPTIONS"})
"""Modes with which a column holds something else: the second one makes a DATETIME of a DATE. With the last one the
server describes columns without AUTO_INCREMENT, so that one that is stated anew would lose it."""
_WITHOUT_TRANSACTIONS: Final = frozenset({"MyISAM", "Aria", "MEMORY", "CSV"})

_CACHES: Final = "subquery_cache="
"""Takes the answer of a subquery for one string also for others that the collation of the column takes for the same."""

_SETS: Final = "SET SESSION {}"


def _settings_of(connection: Connection) -> dict[str, Any]:
    asked = ", ".join(f"@@SESSION.{name}" for name in _WRITING)
    return dict(zip(_WRITING, connection.exec_driver_sql(f"SELECT {asked}").one(), strict=True))


def _wanted_for_writing(before: Mapping[str, Any]) -> dict[str, Any]:
    """What must be set so that a write stores what it is given, in tables that can roll it back."""
    modes = {mode for mode in before["sql_mode"].split(",") if mode}
    strict = (modes | _MODES) - _OTHER_VALUES
    wanted = {
        "sql_mode": before["sql_mode"] if strict == modes else ",".join(sorted(strict)),
        "sql_safe_updates": 0,
        **TELLS_ALL,
    }
    if before["default_storage_engine"] in _WITHOUT_TRANSACTIONS:
        wanted["default_storage_engine"] = "InnoDB"
    wanted["optimizer_switch"] = before["optimizer_switch"].replace(f"{_CACHES}on", f"{_CACHES}off")
    return {name: value for name, value in wanted.items() if value != before[name]}


@contextmanager
def storing_as_given(connection: Connection) -> Iterator[None]:
    """Let what does not fit its column be an error in the block, and 0 be 0; the settings from before are put back.

    Args:
        connection: The connection.
    """
    before = _settings_of(connection)
    wanted = _wanted_for_writing(before)
    setting = _SETS.format(", ".join(f"{name} = %s" for name in wanted))
    if wanted:
        connection.exec_driver_sql(setting, tuple(wanted.values()))
    try:
        with refusing_changed(connection):
            yield
    finally:
        # Both belong to the session, and so to whoever gets this connection from the pool next.
        locked = connection.info.pop(LOCKED, False)
        if (wanted or locked) and not (connection.closed or connection.invalidated):
            # Through the driver: the write has ended, so that nothing stops this or begins a transaction for it.
            try:
                with driver_connection(connection).cursor() as cursor:
                    if wanted:
                        cursor.execute(setting, tuple(before[name] for name in wanted))
                    if locked:
                        cursor.execute("DO RELEASE_ALL_LOCKS()")
            except connection.dialect.loaded_dbapi.Error:
                connection.invalidate()  # the session has ended, and with it both; what was committed stays so
