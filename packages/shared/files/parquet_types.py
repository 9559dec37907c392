"""The types that a Parquet file of DuckDB gives back: what a file would change is cast to one of these before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .text_files import identifier

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["LONGEST_INTEGER", "LONG_INTEGERS", "parquet_type"]

#: Integers of 128 bits, for which a file would have floats …
LONG_INTEGERS = frozenset({"hugeint", "uhugeint"})
#: … and the type that has their digits there.
LONGEST_INTEGER = "DECIMAL(38, 0)"


def parquet_type(type_: Any, is_text: Callable[[Any], bool]) -> str:
    """The type as which a file holds the values of another one, in DuckDB's words: the type itself where it does so.

    Args:
        type_: A type as DuckDB's driver describes it.
        is_text: Whether the values of a type go into a file as text.
    """
    if type_.id in LONG_INTEGERS:
        return LONGEST_INTEGER
    if is_text(type_):
        return "VARCHAR"
    nested = type_.children if type_.id in ("list", "array", "struct", "map") else []
    children = [(name, child) for name, child in nested if hasattr(child, "id")]
    forms = [parquet_type(child, is_text) for _, child in children]
    if type_.id == "array":
        # A file has lists only, and DuckDB writes arrays that are NULL in a way that PyArrow does not read.
        return f"{forms[0]}[]"
    if forms == [str(child) for _, child in children]:
        return str(type_)
    if type_.id == "struct":
        fields = [f"{identifier(name)} {form}" for (name, _), form in zip(children, forms, strict=True)]
        return f"STRUCT({', '.join(fields)})"
    return {"map": "MAP({0}, {1})", "list": "{0}[]"}[type_.id].format(*forms)
