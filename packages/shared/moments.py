"""Strings of moments and times of day that say more than Python's classes hold."""

from __future__ import annotations

import re

__all__ = ["is_finer"]

_FINER = re.compile(r":\d\d[.,]\d{6}\d*[1-9]")


def is_finer(text: str) -> bool:
    """Whether a string of a moment or time has digits below a microsecond, which `fromisoformat` leaves out."""
    return _FINER.search(text) is not None
