"""Warnings of MariaDB and MySQL that say that a query was answered with other values than it asked for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from .mariadb_settings import MOST_WARNINGS

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["ASKS", "changed_value"]

ASKS: Final = "SHOW WARNINGS"
"""What asks for them."""

_CHANGED: Final = frozenset({
    1139,  # a pattern was given up, and is taken as not found
    1260,  # GROUP_CONCAT was cut at group_concat_max_len
    1264,  # a number that is out of range became the nearest one that is not
    1292,  # a string that is no number became 0, one that is no date NULL
    1300,  # bytes that are no characters became question marks
    1301,  # a string that is longer than max_allowed_packet became NULL
    1366,  # a character that a column lacks became a question mark
    1441,  # a date that is out of range became NULL
    1916,  # a number that is out of range became the nearest integer
    1977,  # a character that a character set lacks became a question mark
})  # fmt: skip
"""The codes of https://mariadb.com/kb/en/mariadb-error-codes/ that no other database answers with a value.

Not among them are 1365, a division by zero, 1411, a string that STR_TO_DATE does not understand, and 4038, a document
that is none: by the manual these are NULL, and SQLite says so of the first, too.
"""

_CAST: Final = 1105
_KEPT: Final = re.compile(r"Truncated incorrect (CHAR|BINARY)\(")
"""What a cast to a length cuts, as the standard wants it."""


def changed_value(connection: Connection) -> str | None:
    """What the last statement of a connection says of a value that was not taken as it is.

    Args:
        connection: Where it ran, in a session that tells of `MOST` warnings and notes; its rows have been read to the
            end.

    Returns:
        The message of the server; None if all values were.
    """
    told = connection.exec_driver_sql(ASKS).mappings().all()
    for warning in told:
        level, code, message = str(warning["Level"]), int(warning["Code"]), str(warning["Message"])
        # ' 5 ' for 5 is a note, but so is 2^63 - 1 for 1e30, and 2^64 - 1 for -1.
        counts = code == 1916 or (code == _CAST and message.startswith("Cast to ")) or level != "Note"
        if counts and code in _CHANGED | {_CAST} and not _KEPT.match(message):
            # A statement that reads no table would show it once more.
            connection.exec_driver_sql("SELECT 1 FROM (SELECT 1) AS nothing")
            return message
    if len(told) >= MOST_WARNINGS:
        return f"more warnings than the server tells, the first of which is {told[0]['Message']}"
    return None
