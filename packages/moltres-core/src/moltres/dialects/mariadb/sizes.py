"""How long a statement is as the driver sends it."""

from __future__ import annotations

import re
from typing import Any

__all__ = ["most_bytes"]

_ESCAPED = re.compile(r"[\\'\"\0\n\r\x1a]")


def most_bytes(parameters: Any) -> int:
    """The bytes of the longest row among the parameters of a statement, as the driver writes them into SQL."""
    rows = parameters if isinstance(parameters, list) else [parameters]
    return max((sum(map(_bytes, row.values() if isinstance(row, dict) else row or ())) for row in rows), default=0)


def _bytes(value: Any) -> int:
    if isinstance(value, bytes):
        value = value.decode("latin-1")
        return len(value) + len(_ESCAPED.findall(value))
    if isinstance(value, str):
        return len(value.encode("utf-8", "surrogatepass")) + len(_ESCAPED.findall(value))
    return len(str(value))
