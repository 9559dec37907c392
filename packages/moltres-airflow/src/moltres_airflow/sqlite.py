"""The extra of an Airflow connection to a file of SQLite: parameters of its URI, and arguments of its driver."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from moltres.errors import ConfigurationError, closest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import URL

_OF_SQLITE_FILE: Final = frozenset({"cache", "immutable", "mode", "modeof", "nolock", "psow", "vfs"})
"""Parameters of SQLite's file URIs, https://www.sqlite.org/uri.html."""

_OF_SQLITE: Final = frozenset({"cached_statements", "check_same_thread", "detect_types", "timeout", "uri"})
"""Arguments of ``sqlite3.connect``; ``isolation_level`` is one of the engine."""


def sqlite_arguments(url: URL, given: Mapping[str, Any], conn_id: str) -> tuple[URL, dict[str, Any]]:
    """SQLite's URL and arguments: those of the file belong into its URI.

    Args:
        url: The URL of the file.
        given: The options of the extra that are for the driver, by name.
        conn_id: The name of the connection, for messages.

    Raises:
        ConfigurationError: If SQLite does not know an option.
    """
    unknown = sorted(set(given) - _OF_SQLITE - _OF_SQLITE_FILE)
    if unknown:
        match = closest(unknown[0], _OF_SQLITE | _OF_SQLITE_FILE)
        raise ConfigurationError(
            f"The extra of the connection {conn_id!r} has options that SQLite does not know: {', '.join(unknown)}.",
            suggestion=f"Did you mean {match!r}?" if match else None,
            context={"unknown": unknown},
        )
    file = {name: str(value) for name, value in given.items() if name in _OF_SQLITE_FILE}
    if file:
        url = url.set(database=f"file:{quote(url.database or '')}").update_query_dict({**file, "uri": "true"})
    return url, {name: value for name, value in given.items() if name not in _OF_SQLITE_FILE}
