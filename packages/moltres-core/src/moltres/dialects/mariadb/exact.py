"""Values of MariaDB as bytes, whatever their collation and however few digits of them are printed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import cast, collate, func, select
from sqlalchemy.dialects import mysql

from ...errors import WriteError
from ...types.logical import logical_type
from ..base.increments import Increments
from .types import EXACT

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection, Table
    from sqlalchemy.types import TypeEngine


class Exact(Increments):
    """Values compared byte by byte."""

    keeps_watermarks = compares_rows = True

    def exact(self, value: ColumnElement[Any]) -> ColumnElement[Any]:
        """Strings in one character set, and floats by their eight bytes, as a coordinate of a point has them."""
        kind = logical_type(value.type).name
        if kind == "binary":
            return value
        if kind == "float":
            return func.st_aswkb(func.point(value, 0))
        return cast(value, mysql.CHAR(charset="utf8mb4"))

    def by_code_points(self, value: ColumnElement[Any]) -> ColumnElement[Any]:
        """In the collation that columns of ours have; those of most others ignore case, accents and blanks."""
        if logical_type(value.type).name != "text" or getattr(value.type, "collation", None) == EXACT:
            return value
        return collate(cast(value, mysql.CHAR(charset="utf8mb4")), EXACT)

    def exact_text(self, length: int) -> TypeEngine[Any]:
        """Compared by bytes, trailing blanks included; the default collation of most servers ignores both and case."""
        return mysql.VARCHAR(length, charset="utf8mb4", collation=EXACT)

    def insert_new(self, connection: Connection, table: Table, values: dict[str, Any]) -> bool:
        """Wait for whoever inserts the same key right now, then insert or leave it."""
        if connection.execute(mysql.insert(table).prefix_with("IGNORE").values(values)).rowcount == 1:
            return True
        same = [column == values[column.key] for column in table.primary_key]
        # A locking read sees what was committed while the INSERT waited.
        if connection.execute(select(table).where(*same).with_for_update(read=True)).first() is not None:
            return False
        keys = ", ".join(f"{column.key} {values[column.key]!r}" for column in table.primary_key)
        raise WriteError(
            f"The table {table.name!r} takes another key for {keys}: its key columns are not compared byte by byte.",
            suggestion=f"Convert them to CHARACTER SET utf8mb4 COLLATE {EXACT}, or rename the table: the next write"
            " makes it anew.",
        )
