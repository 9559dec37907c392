"""Values of rules as Trino writes them: its driver's parameters know fewer types than the engine."""

from __future__ import annotations

import decimal
import math
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from ...._shared.databases.trino_literals import literal, number, string

if TYPE_CHECKING:
    from ...column import Column

__all__ = ["string", "type_of", "written"]


def type_of(value: Any) -> sa.types.TypeEngine[Any]:
    """SQLAlchemy's type for a value."""
    if isinstance(value, bool):
        return sa.Boolean()
    return sa.Text() if isinstance(value, str) else sa.literal(value).type


def written(value: Any, column: Column) -> str:
    """A value as a literal to compare a column with."""
    exact = column.family in ("integer", "decimal")
    if isinstance(value, float) and exact and math.isfinite(value) and 1e-15 < abs(value) < 1e20:
        return number(decimal.Decimal(repr(value)))
    return literal(value)
