"""Settings of a session of MariaDB or MySQL without which queries give or say less than both cores ask for."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

__all__ = ["MOST_WARNINGS", "TELLS_ALL", "with_whole_results"]

MOST_WARNINGS: Final = 65_535
"""As many the server tells at most."""

TELLS_ALL: Final = {"max_error_count": MOST_WARNINGS, "sql_notes": 1}
"""All warnings: by default the server keeps all but the first 64 to itself."""

_WHOLE_RESULTS: Final[dict[str, Any]] = {
    "sql_select_limit": 2**64 - 1,
    "sql_quote_show_create": 1,
    "character_set_client": "utf8mb4",
    "character_set_connection": "utf8mb4",
    "character_set_results": "utf8mb4",
}
"""All rows of a query; tables described as SQLAlchemy reads them, which leaves out columns without quotes; and all
characters: those that the set of a connection lacks are read as question marks."""
_SORTING: Final[dict[str, int]] = {"max_sort_length": 2**20, "sort_buffer_size": 2**24}
"""What sorts and windows need at least: by default they take strings for equal whose first 1024 bytes are. The server
refuses to sort where its buffer would not hold some 15 strings of the greatest length, and takes what the rows need."""
_COLLATION: Final = "collation_connection"
"""Follows the character set, and does not come back with it."""


@contextmanager
def with_whole_results(connection: Connection) -> Iterator[None]:
    """Let no query of the block give less than it asks for; the settings from before are put back after it.

    Args:
        connection: The connection.
    """
    raw: Any = connection.connection.driver_connection
    names = (*_WHOLE_RESULTS, *_SORTING, _COLLATION)
    asked = ", ".join(f"@@SESSION.{name}" for name in names)
    before = dict(zip(names, connection.exec_driver_sql(f"SELECT {asked}").one(), strict=True))
    wanted = {name: value for name, value in _WHOLE_RESULTS.items() if before[name] != value}
    wanted |= {name: least for name, least in _SORTING.items() if before[name] < least}
    encoding = getattr(raw, "encoding", None)
    if not wanted:
        yield
        return
    connection.exec_driver_sql(_setting(wanted))
    back = {name: before[name] for name in (*wanted, _COLLATION)}
    if encoding is not None:
        raw.encoding = "utf8"
    try:
        yield
    finally:
        if encoding is not None:
            raw.encoding = encoding
        if not (connection.closed or connection.invalidated):
            # Through the driver: the work has ended, so that nothing stops this or begins a transaction for it.
            try:
                with raw.cursor() as cursor:
                    cursor.execute(_setting(back))
            except connection.dialect.loaded_dbapi.Error:
                connection.invalidate()


def _setting(values: dict[str, Any]) -> str:
    return "SET SESSION " + ", ".join(f"{name} = {_literal(value)}" for name, value in values.items())


def _literal(value: Any) -> str:
    """A number, the name of a character set, or no such name; written out, since drivers mark values differently."""
    if value is None:
        return "NULL"
    return f"'{value}'" if isinstance(value, str) else str(value)
