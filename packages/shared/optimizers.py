"""Optimizers of DuckDB that give wrong rows."""

from __future__ import annotations

from typing import Any, Final

__all__ = ["WRONG", "disable_wrong_optimizers"]

WRONG: Final = frozenset({"join_filter_pushdown"})
"""Of DuckDB 1.5: it loses rows at random in a page (LIMIT, OFFSET) that is joined with itself."""


def disable_wrong_optimizers(raw: Any) -> None:
    """Disable them for the database of a connection, beside what is disabled already.

    Args:
        raw: The driver's connection.
    """
    cursor = raw.cursor()
    try:
        cursor.execute("SELECT current_setting('disabled_optimizers')")
        (said,) = cursor.fetchone()
        disabled = {name.strip() for name in said.split(",") if name.strip()}
        if not disabled >= WRONG:
            cursor.execute(f"SET disabled_optimizers = '{','.join(sorted(disabled | WRONG))}'")
    finally:
        cursor.close()
