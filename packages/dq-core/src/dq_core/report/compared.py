"""Rows in which two sides differ, as plain JSON values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .jsonable import exact

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..relation.differences import Found

__all__ = ["sample_dicts"]

_MASKED = "***"


def sample_dicts(samples: Sequence[Found], masked: frozenset[str]) -> list[dict[str, Any]]:
    """Samples of rows that differ, without the values of masked columns."""

    def row(values: Mapping[str, Any] | None) -> dict[str, Any] | None:
        if values is None:
            return None
        return {
            name: _MASKED if name in masked and value is not None else exact(value) for name, value in values.items()
        }

    return [
        {"kind": one.kind, "left": row(one.left), "right": row(one.right), "columns": list(one.columns)}
        for one in samples
    ]
