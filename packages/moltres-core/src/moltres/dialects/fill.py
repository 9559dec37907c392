"""The columns of a table that the database fills by itself: defaults, numbers, identities, generated columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Column, Table

__all__ = ["Fill", "fill_of"]


@dataclass(frozen=True)
class Fill:
    """What the database fills.

    Attributes:
        optional: Columns that get a value of their own where a row gives none.
        generated: Columns that are computed from others, and take no value.
        stamped: Columns that get the moment when another value of their row is updated, unless they are set as well.
    """

    optional: frozenset[str] = frozenset()
    generated: frozenset[str] = frozenset()
    stamped: frozenset[str] = frozenset()

    @property
    def columns(self) -> frozenset[str]:
        """All columns that rows may leave out."""
        return self.optional | self.generated

    def left_alone(self, table: Table) -> dict[Column[Any], Column[Any]]:
        """What an UPDATE sets besides, so that it changes no value that it does not name.

        Args:
            table: The table.
        """
        return {column: column for column in table.columns if column.key in self.stamped}


def fill_of(described: Iterable[Any]) -> Fill:
    """What SQLAlchemy's reflection says of the columns of a table.

    Args:
        described: The dicts of `Inspector.get_columns`.
    """
    columns = list(described)
    generated = {column["name"] for column in columns if "computed" in column}
    optional = {column["name"] for column in columns if _has_default(column)}
    stamped = {column["name"] for column in columns if column.get("stamped")}
    return Fill(frozenset(optional - generated), frozenset(generated), frozenset(stamped))


def _has_default(column: Any) -> bool:
    default = column.get("default")
    # MariaDB says of a column without a default that its default is NULL.
    if default is not None and str(default).upper() != "NULL":
        return True
    return "identity" in column or column.get("autoincrement") not in {None, False, "auto"}
