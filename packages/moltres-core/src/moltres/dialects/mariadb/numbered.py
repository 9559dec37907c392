"""Columns that get another value in the place of NULL: the next number, or the moment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import case, cast, literal
from sqlalchemy import types as sql

from ..base.refusals import without_null

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement

__all__ = ["not_null", "numbered"]


def numbered(described: Sequence[Any]) -> frozenset[str]:
    """Those of a table: of AUTO_INCREMENT, and a TIMESTAMP that is NOT NULL.

    Args:
        described: What `Inspector.get_columns` says of it.
    """
    return frozenset(
        column["name"]
        for column in described
        if column.get("autoincrement") is True or (isinstance(column["type"], sql.TIMESTAMP) and not column["nullable"])
    )


def not_null(value: ColumnElement[Any], name: str) -> ColumnElement[Any]:
    """A value, or a cast that fails with the column in its error.

    Args:
        value: The value.
        name: The column.
    """
    refused = cast(literal(without_null(name), sql.String()), sql.Integer)
    return case((value.is_(None), refused), else_=value)
