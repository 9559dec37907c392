"""Values that have parts, on their way into DuckDB: it reads a string within one as the document that it writes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...types import documents
from ...types.logical import LogicalType, logical_type

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...types.arrow import Named, Rows

__all__ = ["has_parts", "with_documents"]


def has_parts(column: Named) -> bool:
    """Whether the values of a column are structures, maps, lists of one length or unions, or lists of these.

    Args:
        column: Its name and type.
    """
    kind = logical_type(column[1])
    while kind.item is not None:
        kind = kind.item
    return kind.within is not None


def with_documents(rows: Rows, columns: Sequence[Named]) -> Rows:
    """The same rows with the text of each document within a structure, map, list of one length, or list of these.

    Args:
        rows: Rows that fit the columns.
        columns: Their names and types.
    """
    kinds = [logical_type(column[1]) if has_parts(column) else None for column in columns]
    if not any(kind is not None and _has_documents(kind) for kind in kinds):
        return rows
    return [
        tuple(value if kind is None else _in_words(value, kind) for value, kind in zip(row, kinds, strict=True))
        for row in rows
    ]


def _has_documents(kind: LogicalType) -> bool:
    parts = [one for _, one in kind.within.parts] if kind.within is not None else [kind.item] if kind.item else []
    return any(map(_has_documents, parts)) if parts else kind.name == "json"


def _in_words(value: Any, kind: LogicalType) -> Any:
    if value is None or not _has_documents(kind):
        return value
    if kind.within is None:
        return [_in_words(one, kind.item) for one in value] if kind.item else documents.JsonText(documents.write(value))
    parts = dict(kind.within.parts)
    if kind.within.kind == "list":
        return [_in_words(one, parts["items"]) for one in value]
    if kind.within.kind == "map":
        return {key: _in_words(one, parts["value"]) for key, one in value.items()}
    return {name: _in_words(one, parts[name]) for name, one in value.items()} if kind.within.kind == "struct" else value
