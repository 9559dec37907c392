"""Rows in which two sides differ, as plain JSON values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from .jsonable import LONGEST, exact
from .view import count

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ..relation.differences import Found

__all__ = ["counted", "sample_dicts"]

_MASKED = "***"
_BEFORE = 100


_Row: TypeAlias = "Mapping[str, Any] | None"


def counted(numbers: Iterable[tuple[str, int]], columns: Iterable[tuple[str, int]]) -> str:
    """How many rows differ: "1 missing, 2 changed (in amount 2)".

    Args:
        numbers: The kinds of difference, each with its number; those without rows are left out.
        columns: The columns, each with the number of changed rows in which it differs.
    """
    parts = ", ".join(f"{count(number)} {what}" for what, number in numbers if number)
    listed = ", ".join(f"{name} {count(number)}" for name, number in columns)
    return f"{parts} (in {listed})" if listed else parts


def sample_dicts(samples: Sequence[Found], masked: frozenset[str]) -> list[dict[str, Any]]:
    """Samples of rows that differ, without the values of masked columns."""

    def row(values: Mapping[str, Any] | None) -> dict[str, Any] | None:
        if values is None:
            return None
        return {
            name: _MASKED if name in masked and value is not None else exact(value) for name, value in values.items()
        }

    pairs = [_seen(one.left, one.right, one.columns) for one in samples]
    return [
        {"kind": one.kind, "left": row(left), "right": row(right), "columns": list(one.columns)}
        for one, (left, right) in zip(samples, pairs, strict=True)
    ]


def _seen(left: _Row, right: _Row, columns: Iterable[str]) -> tuple[_Row, _Row]:
    """Two rows whose long strings and bytes begin shortly before they differ, if they would be cut off before that."""
    if left is None or right is None:
        return left, right
    rows = dict(left), dict(right)
    for name in columns:
        values = [f"0x{row[name].hex()}" if isinstance(row[name], bytes) else row[name] for row in rows]
        if all(isinstance(value, str) for value in values) and max(map(len, values)) > LONGEST:
            differs = (place for place, (one, other) in enumerate(zip(*values, strict=False)) if one != other)
            start = next(differs, min(map(len, values))) - _BEFORE
            if start > 0:
                for row, value in zip(rows, values, strict=True):
                    row[name] = f"…{value[start:]}"
    return rows
