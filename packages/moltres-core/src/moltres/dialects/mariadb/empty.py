"""Lists without items, as MariaDB can compare them with columns of every type."""

from __future__ import annotations

from typing import Any

EMPTY = "SELECT CAST(NULL AS CHAR) FROM DUAL WHERE 1 <> 1"
"""No text, to which every type can be compared; a number, which SQLAlchemy takes, cannot be compared with a UUID."""


class _EmptyLists:
    """Mixed into SQLAlchemy's compiler."""

    def visit_empty_set_expr(self, element_types: Any, **options: Any) -> str:
        if len(element_types) == 1:
            return EMPTY
        found: str = super().visit_empty_set_expr(element_types, **options)  # type: ignore[misc]  # of the compiler
        return found


def with_empty_lists(base: type[Any]) -> type[Any]:
    """SQLAlchemy's compiler for MariaDB, with such lists.

    Args:
        base: The compiler of the driver's dialect.
    """
    return type(f"EmptyLists{base.__name__}", (_EmptyLists, base), {})
