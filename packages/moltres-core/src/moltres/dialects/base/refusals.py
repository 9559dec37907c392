"""What a statement says that fails because a column would change a value, so that the error can name both."""

from __future__ import annotations

REFUSED = "moltres refuses "
"""How it begins."""
REFUSED_END = " (refused)"
"""How it ends, if there is more in the error of the database."""


def said(column: str) -> tuple[str, str]:
    """What stands before and behind the value.

    Args:
        column: The name of the column.
    """
    return f"{REFUSED}column {column!r}: ", f", which the column would change{REFUSED_END}"


def unread(column: str, reason: str) -> str:
    """What a query says that reads a column which cannot be read as it is.

    Args:
        column: The name of the column.
        reason: What is wrong with it.
    """
    return f"{REFUSED}column {column!r} {reason}{REFUSED_END}"
