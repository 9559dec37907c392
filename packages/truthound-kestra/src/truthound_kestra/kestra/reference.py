"""References: how an expression of Kestra names an input, a variable or the outputs of a task."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["reference"]

# Names that are operators after a dot too.
_OPERATORS: Final = ("and", "contains", "equals", "is", "matches", "not", "or")


def reference(root: str, name: str) -> str:
    """How an expression refers to ``name`` of ``root``: ``inputs.name``, or ``inputs['a-name']``."""
    if re.fullmatch(r"[A-Za-z_]\w*", name, re.ASCII) and name not in _OPERATORS:
        return f"{root}.{name}"
    escaped = name.replace("\\", "\\\\").replace("'", "\\'")
    return f"{root}['{escaped}']"
