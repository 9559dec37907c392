"""Strings of moments and times of day that say more than Python's classes hold."""

from __future__ import annotations

import re

__all__ = ["finer_than_columns", "is_finer"]

_FINER = re.compile(r":\d\d[.,]\d{6}\d*[1-9]")


def is_finer(text: str) -> bool:
    """Whether a string of a moment or time has digits below a microsecond, which `fromisoformat` leaves out."""
    return _FINER.search(text) is not None


def finer_than_columns(text: str) -> str | None:
    """What is wrong with a string of a moment or time that is compared with a column; None if nothing is."""
    return f"{text!r} has digits below a microsecond, with which no column is compared" if is_finer(text) else None
