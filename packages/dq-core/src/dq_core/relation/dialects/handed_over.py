"""In which form a database and its driver hand over values, and of which values the driver makes others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection

    from ..._shared.fingerprints.canonical_sql import CanonicalSQL
    from ..column import Column

__all__ = ["HandedOver"]


class HandedOver:
    """The part of a dialect that says how values are read."""

    #: The canonical forms of values and the hashes of rows in its SQL; None if nobody has written them.
    canonical: CanonicalSQL | None = None

    def reads(self, value: ColumnElement[Any], column: Column) -> ColumnElement[Any]:
        """A column's values in the form in which rules compare them."""
        del column
        return value

    def for_parquet(self, connection: Connection, query: str) -> str:
        """A query with the same rows, of types that a Parquet file holds, where `writes_parquet`."""
        del connection
        return query

    def printed(self, value: ColumnElement[Any]) -> ColumnElement[Any]:
        """A value as the database prints it, for one that the driver cannot hand over."""
        return sa.cast(value, sa.Text())

    def lost(self, value: Any) -> bool:
        """Whether the driver may have handed over another value than the database holds."""
        del value
        return False

    def unheld(self, printed: str | None) -> bool:
        """Whether a value that `lost` suspects is one that Python cannot hold, by how the database prints it."""
        return printed is not None

    def marked(self, value: ColumnElement[Any], column: Column) -> ColumnElement[Any]:
        """A column as it is stored, such that `exact` knows it again."""
        del column
        return value

    def exact(self, statement: sa.Select[Any] | sa.CompoundSelect[Any]) -> sa.Select[Any] | sa.CompoundSelect[Any]:
        """The same statement, of which the driver hands over all digits that Python can show."""
        return statement

    def shortened(self, value: ColumnElement[Any], column: Column) -> ColumnElement[bool] | None:
        """Whether the driver hands over fewer digits than a value has; None where it never does."""
        del value, column
        return None

    def shortens(self, column: Column) -> bool:
        """Whether the driver may hand over fewer digits than a value, or what stands in it, has."""
        del column
        return False

    def cut(self, value: ColumnElement[Any], column: Column) -> ColumnElement[Any]:
        """A value with the digits that the driver hands over, for what can do without the others."""
        del column
        return value

    def nanoseconds(self, value: ColumnElement[Any], column: Column) -> ColumnElement[int] | None:
        """A moment as a whole number of nanoseconds, where `shortened` may be true; None elsewhere."""
        del value, column
        return None

    def in_utc(self, moment: ColumnElement[Any]) -> ColumnElement[Any]:
        """A moment without a zone as one in UTC, for comparisons with those that have one; NULL if there is none."""
        return moment

    def groups(self, value: ColumnElement[Any], column: Column) -> list[ColumnElement[Any]]:
        """What to group rows by so that those with equal values are together; equal values have the same last part.

        Args:
            value: The values as `reads` gives them.
            column: The column.
        """
        del column
        return [value]

    def document(self, json: ColumnElement[Any]) -> ColumnElement[Any]:
        """What two documents of JSON that mean the same have in common."""
        return json if self.canonical is None else self.canonical.form(json, "json", "varchar")
