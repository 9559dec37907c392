"""The types of inputs and outputs."""

from __future__ import annotations

from typing import Final

__all__ = ["VALUE_TYPES", "kestra_type"]

VALUE_TYPES: Final = (
    "STRING", "INT", "FLOAT", "BOOL", "DATE", "DATETIME", "TIME", "DURATION", "FILE", "JSON", "YAML", "URI", "EMAIL",
    "SECRET", "ARRAY", "SELECT", "MULTISELECT",
)  # fmt: skip
_MODERN: Final = {"BOOLEAN": "BOOL", "ENUM": "SELECT"}


def kestra_type(name: str) -> str:
    """The name of a type that every version of Kestra supports."""
    return _MODERN.get(name, name)
