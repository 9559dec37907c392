"""The types of inputs and outputs."""

from __future__ import annotations

from typing import Final

__all__ = ["VALUE_TYPES", "all_types", "kestra_type"]

VALUE_TYPES: Final = (
    "STRING", "INT", "FLOAT", "BOOL", "DATE", "DATETIME", "TIME", "DURATION", "FILE", "JSON", "YAML", "URI", "EMAIL",
    "SECRET", "ARRAY", "SELECT", "MULTISELECT",
)  # fmt: skip
# Types that only one major version has: a mapping may name them.
_ONLY: Final = {1: ("BOOLEAN", "ENUM"), 2: ("ION", "FORM", "REUSABLE_INPUTS")}
_MODERN: Final = {"BOOLEAN": "BOOL", "ENUM": "SELECT"}


def kestra_type(name: str) -> str:
    """The name of a type that every version of Kestra supports."""
    return _MODERN.get(name, name)


def all_types(major: int) -> tuple[str, ...]:
    """Every type of a major version of Kestra."""
    return (*VALUE_TYPES, *_ONLY[major])
