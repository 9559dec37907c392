"""Which columns of MariaDB hold JSON: those that it has declared as LONGTEXT with a check."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["checked_document"]

_CHECK: Final = re.compile(r'json_valid\(([`"])(.+)\1\)', re.DOTALL)
"""The server writes names in the quotes of the session: with ``ANSI_QUOTES`` in others."""


def checked_document(clause: str) -> str | None:
    """The name of the column that a check holds to JSON; None of another check.

    Args:
        clause: The check, as ``information_schema.check_constraints`` has it.
    """
    found = _CHECK.fullmatch(clause)
    return None if found is None else found[2].replace(found[1] * 2, found[1])
