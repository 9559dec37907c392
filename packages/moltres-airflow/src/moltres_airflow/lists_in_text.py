"""Lists in the text of a template: ``id IN {{ params.ids }}`` is SQL, ``sales_{{ params.ids }}`` names no table."""

from __future__ import annotations

import re
from numbers import Number
from typing import Final

_CLOSED: Final = re.compile(r"'[^']*'|\"[^\"]*\"|`[^`]*`|--[^\n]*|/\*.*?\*/", re.DOTALL)
"""Strings, names and comments of SQL that have ended."""

_BEFORE_LIST: Final = re.compile(r"([\s(\[,=<>]|\b(IN|ARRAY|VALUES))$", re.IGNORECASE)
_AFTER_LIST: Final = re.compile(r"$|[\s),;\]]|::")


def takes_list(before: str, after: str) -> bool:
    """Whether SQL can have a list between two parts of its text: within a name or a string it has none."""
    is_open = any(mark in _CLOSED.sub(" ", before) for mark in "'\"`")
    return not is_open and bool(_BEFORE_LIST.search(before)) and bool(_AFTER_LIST.match(after))


def is_written_alike(item: object) -> bool:
    """Whether Python writes an item of a list as SQL does."""
    return isinstance(item, Number) or (isinstance(item, str) and repr(item) == f"'{item}'")
