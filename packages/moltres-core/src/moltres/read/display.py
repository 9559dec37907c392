"""Rows as a table for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._shared.wording import plural

if TYPE_CHECKING:
    from ..types.records import Records

_WIDEST = 40


def _cell(value: Any) -> str:
    text = "NULL" if value is None else value if isinstance(value, str) else str(value)
    text = text.replace("\n", "⏎")
    return text if len(text) <= _WIDEST else f"{text[: _WIDEST - 1]}…"


def as_table(records: Records) -> str:
    """Records as a table in plain text, with numbers aligned to the right."""
    lines = [[_cell(name) for name in records.columns], *([_cell(value) for value in row] for row in records.rows)]
    widths = [max(map(len, cells)) for cells in zip(*lines, strict=True)]
    numeric = [
        any(values) and all(isinstance(value, int | float | None) for value in values)
        for values in (records.column(name) for name in records.columns)
    ]

    def line(cells: list[str]) -> str:
        padded = (
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(cells, widths, numeric, strict=True)
        )
        return "  ".join(padded).rstrip()

    return "\n".join([line(lines[0]), "  ".join("─" * width for width in widths), *map(line, lines[1:])])


def show(records: Records, rows: int) -> None:
    """Print the first rows, and whether there are more.

    Args:
        records: The rows, one more than to print if there are more.
        rows: The most rows to print.
    """
    print(as_table(records[:rows]))  # noqa: T201 - it is what the method is for
    if len(records) > rows:
        print(f"… more than {plural(rows, 'row')}")  # noqa: T201 - as above
