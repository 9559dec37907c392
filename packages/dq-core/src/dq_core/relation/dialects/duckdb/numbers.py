"""Numbers beside DuckDB's columns: of which type a column's are, and what stands for one that it does not hold."""

from __future__ import annotations

import decimal
import math
import re
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from ...type_family import MOST_DIGITS

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

    from ...column import Column

__all__ = ["end_beyond", "is_float", "nearest", "number_type"]


def number_type(column: Column) -> str | None:
    """The type of a column's numbers: what a file holds exactly, or the member of a UNION that has them."""
    if column.untyped is not None:
        return column.untyped.number
    found = re.search(r'[(,] ?"?(?:integer|decimal|float)"? (\w+(?:\(\d+,\d+\))?)', column.type_name)
    return column.type_name if found is None or column.family != "mixed" else found[1]


def is_float(number: str | None) -> bool:
    """Whether a type of numbers is one of floats."""
    return number in ("DOUBLE", "FLOAT")


def nearest(value: int | decimal.Decimal) -> float:
    """The float nearest to a number: DuckDB's own conversion need not give it, and takes 38 digits at most."""
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def end_beyond(value: int | decimal.Decimal, number: str | None) -> ColumnElement[Any] | None:
    """The end of a type for a number beyond it, which no type that holds the column's digits can hold as well.

    Only a column with 38 nines, or with the longest integer, has a value that is equal to it.
    """
    parts = re.fullmatch(r"DECIMAL\((\d+),(\d+)\)", number or "")
    if parts is None and isinstance(value, int) and not -(2**127) <= value < 2**128:
        return sa.literal_column(f"'{2**127 - 1 if value > 0 else -(2**127)}'::HUGEINT")
    if parts is None or not decimal.Decimal(value).is_finite():
        return None
    precision, scale = map(int, parts.groups())
    if len(str(abs(int(value)))) + scale <= MOST_DIGITS:
        return None
    end = f"{'-' if value < 0 else ''}{'9' * (precision - scale)}.{'9' * scale}"
    return sa.literal_column(f"'{end}'::DECIMAL({precision},{scale})")
