"""The CHECKs of a table, read from the statement that made it."""

from __future__ import annotations

import re
from typing import Final

_PARTS: Final = re.compile(
    r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\]|--[^\n]*|/\*.*?\*/|\w+|[()]|\s+|.""", re.DOTALL
)
"""A literal, a quoted name, a comment, a word, a parenthesis, blanks, or any other character."""


def checks_of(statement: str) -> list[tuple[str | None, str]]:
    """The name and the condition of each CHECK.

    Args:
        statement: CREATE TABLE, as SQLite keeps it.
    """
    parts = [part for part in _PARTS.findall(statement) if not part.startswith(("--", "/*"))]
    found, place = [], 0
    while place < len(parts):
        if parts[place].upper() != "CHECK":
            place += 1
            continue
        start, depth = parts.index("(", place), 0
        for end in range(start, len(parts)):
            depth += {"(": 1, ")": -1}.get(parts[end], 0)
            if not depth:
                break
        before = [part for part in parts[:place] if not part.isspace()][-2:]
        named = len(before) == 2 and before[0].upper() == "CONSTRAINT"
        found.append((before[1].strip('"`[]') if named else None, "".join(parts[start + 1 : end]).strip()))
        place = end
    return found
