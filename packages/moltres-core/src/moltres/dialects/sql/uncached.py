"""Functions that another package puts in the place of SQLAlchemy's, of every database of the process."""

from __future__ import annotations

import sys
from typing import Final

__all__ = ["leave_uncached"]

_IGNORING_NULLS: Final = ("FirstValue", "LastValue", "NthValue", "Lead", "Lag")
"""What Trino's dialect makes of ``func.lag(…)`` and its like once it is loaded."""


def leave_uncached() -> None:
    """Say that no statement with these functions is cached, of which SQLAlchemy warns otherwise.

    No key of a cached statement holds their ``ignore_nulls``.
    """
    compiler = getattr(sys.modules.get("trino.sqlalchemy.compiler"), "TrinoSQLCompiler", None)
    for function in filter(None, (getattr(compiler, name, None) for name in _IGNORING_NULLS)):
        if "inherit_cache" not in vars(function):
            function.inherit_cache = False
