"""Settings of a session that change which rows are read, or what a write stores."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from ..stopping import cleaning_up
from .changed import TELLS_ALL

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sqlalchemy import Connection

__all__ = ["SETS", "settings_of", "wanted_for_writing", "with_whole_results"]

_WHOLE: Final = {"sql_select_limit": 2**64 - 1, "sql_quote_show_create": 1}
"""All rows of a query, and tables described as SQLAlchemy reads them: it leaves out columns without quotes."""

_WRITING: Final = ("sql_mode", "default_storage_engine", "sql_safe_updates", *TELLS_ALL)
_MODES: Final = frozenset({"STRICT_ALL_TABLES", "NO_AUTO_VALUE_ON_ZERO"})
"""Without the second one, a numbered column stores the next number for 0."""
_OTHER_VALUES: Final = frozenset({"EMPTY_STRING_IS_NULL", "ORACLE"})
"""Modes with which a column holds something else: the second one makes a DATETIME of a DATE."""
_WITHOUT_TRANSACTIONS: Final = frozenset({"MyISAM", "Aria", "MEMORY", "CSV"})

SETS: Final = "SET SESSION {}"


def settings_of(connection: Connection, names: tuple[str, ...] = _WRITING) -> dict[str, Any]:
    """What settings of the session are.

    Args:
        connection: The connection.
        names: The settings.
    """
    asked = ", ".join(f"@@SESSION.{name}" for name in names)
    return dict(zip(names, connection.exec_driver_sql(f"SELECT {asked}").one(), strict=True))


def wanted_for_writing(before: Mapping[str, Any]) -> dict[str, Any]:
    """What must be set so that a write stores what it is given, in tables that can roll it back.

    Args:
        before: What the session says.
    """
    modes = {mode for mode in before["sql_mode"].split(",") if mode}
    strict = (modes | _MODES) - _OTHER_VALUES
    wanted = {
        "sql_mode": before["sql_mode"] if strict == modes else ",".join(sorted(strict)),
        "sql_safe_updates": 0,
        **TELLS_ALL,
    }
    if before["default_storage_engine"] in _WITHOUT_TRANSACTIONS:
        wanted["default_storage_engine"] = "InnoDB"
    return {name: value for name, value in wanted.items() if value != before[name]}


@contextmanager
def with_whole_results(connection: Connection) -> Iterator[None]:
    """Let no query of the block give less than it asks for; the settings from before are put back after it.

    Args:
        connection: The connection.
    """
    before = settings_of(connection, tuple(_WHOLE))
    changed = {name: value for name, value in before.items() if value != _WHOLE[name]}
    if not changed:
        yield
        return
    setting = SETS.format(", ".join(f"{name} = %s" for name in changed))
    connection.exec_driver_sql(setting, tuple(_WHOLE[name] for name in changed))
    try:
        yield
    finally:
        if not (connection.closed or connection.invalidated):
            with cleaning_up():
                connection.exec_driver_sql(setting, tuple(changed.values()))
