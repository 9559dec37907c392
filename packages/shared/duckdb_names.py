"""Which names of columns and tables are one to DuckDB."""

from __future__ import annotations

import string
from typing import Final

__all__ = ["without_case"]

_LOWER: Final = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


def without_case(name: str) -> str:
    """What names that are one to DuckDB have in common: it takes no notice of the case of A to Z, and of no others.

    Args:
        name: A name.
    """
    return name.translate(_LOWER)
