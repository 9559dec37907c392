"""What a statement says that fails because a column would change a value, so that the error can name both."""

from __future__ import annotations

REFUSED = "moltres refuses "
"""How it begins."""
REFUSED_END = " (refused)"
"""How it ends, if there is more in the error of the database."""


NO_NULL = "NULL, in whose place the database would store a value of its own; leave the column out for that"
"""Why a column that the database numbers takes no NULL."""


def said(column: str) -> tuple[str, str]:
    """What stands before and behind the value.

    Args:
        column: The name of the column.
    """
    return f"{REFUSED}column {column!r}: ", f", which the column would change{REFUSED_END}"


def without_null(column: str) -> str:
    """What a statement says that gives NULL to a column in which the database would store another value.

    Args:
        column: The name of the column.
    """
    return f"{REFUSED}column {column!r}: {NO_NULL}{REFUSED_END}"


def unread(column: str, reason: str) -> str:
    """What a query says that reads a column which cannot be read as it is.

    Args:
        column: The name of the column.
        reason: What is wrong with it.
    """
    return f"{REFUSED}column {column!r} {reason}{REFUSED_END}"
