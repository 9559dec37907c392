"""What incremental loads need of a database: which rows a reader could not see yet, and which rows are equal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Text, and_, cast, func, literal_column

from ...types.logical import logical_type
from .facts import Facts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import ColumnElement, Connection, Table
    from sqlalchemy.types import TypeEngine

Horizon = dict[str, int]
"""What a database says of the transactions that ran when rows were read, as numbers that JSON keeps."""


class Increments(Facts):
    """How a database tells new rows from old ones.

    Attributes:
        keeps_watermarks: Whether rows and how far their source was read can be written in one transaction, to a table
            whose rows can be compared byte by byte.
        compares_rows: Whether `identity` holds.
    """

    keeps_watermarks: bool = False
    compares_rows: bool = False

    def horizon(self, connection: Connection, table: Table) -> Horizon | None:  # noqa: ARG002 - for those who know
        """What tells later which rows of a table were committed after this moment.

        Args:
            connection: Where the table is. The rows are read by a later statement.
            table: The table.

        Returns:
            None if the database cannot tell.
        """
        return None

    def unseen(self, table: Table, before: Mapping[str, int], now: Mapping[str, int]) -> ColumnElement[bool] | None:
        """Whether a row of a table may be committed after an earlier horizon; true also of some that were not.

        Args:
            table: The table.
            before: The earlier horizon.
            now: The one of this moment.

        Returns:
            None if the earlier horizon says nothing any more, so that every row may be.
        """
        raise NotImplementedError

    def at_least(self, column: ColumnElement[Any], value: Any) -> ColumnElement[bool]:
        """Whether a column is not below a value; true rather than false where the database compares something else."""
        found: ColumnElement[bool] = column >= value
        return found

    def unordered(self, column: ColumnElement[Any]) -> ColumnElement[bool] | None:  # noqa: ARG002 - for those with any
        """Whether a column of timestamps has no moment in the form whose order is that of the moments.

        Returns:
            None if its type leaves no other.
        """
        return None

    def finds(self, type_: TypeEngine[Any]) -> bool:
        """Whether rows are found by equal values of a type: documents of JSON are compared by how they are written."""
        return logical_type(type_).name != "json"

    def comparable(self, value: ColumnElement[Any]) -> ColumnElement[Any]:
        """A value in the form that is equal, and in order, if values of its type are."""
        return value

    def same(self, value: ColumnElement[Any], column: ColumnElement[Any]) -> ColumnElement[bool]:
        """Whether a value is that of a column; rows are found by an index of the column.

        Args:
            value: A column of another table.
            column: The column that it is looked up in.
        """
        return self.exactly(value == column, value, column)

    def exactly(
        self, equal: ColumnElement[bool], value: ColumnElement[Any], column: ColumnElement[Any]
    ) -> ColumnElement[bool]:
        """Whether two values are equal, and strings the same: some collations take no notice of case or blanks.

        Args:
            equal: Whether the database takes them for equal, by which it finds rows.
            value: One of them.
            column: The other one.
        """
        mine, other = self.by_code_points(value), self.by_code_points(column)
        return equal if mine is value and other is column else and_(equal, mine == other)

    def by_code_points(self, value: ColumnElement[Any]) -> ColumnElement[Any]:
        """A string as one that is equal only to the same code points; values of other types as they are."""
        return value

    def exact(self, value: ColumnElement[Any]) -> ColumnElement[Any]:
        """A string that two values of a column have in common only if they are the same, byte by byte."""
        return cast(value, Text())

    def identity(self, columns: Sequence[ColumnElement[Any]]) -> ColumnElement[Any]:
        """A string that two rows have in common only if all their values are the same; NULL is one, too.

        MD5 of the values: that two rows which nobody has made for it share one has a probability of 2**-128.

        Args:
            columns: The columns, each of one type of this database.
        """
        none = literal_column("'-'", Text())
        parts = [func.coalesce(func.md5(self.exact(column), type_=Text()), none) for column in columns]
        joined: ColumnElement[Any] = parts[0]
        for part in parts[1:]:
            joined = joined.concat(part)
        return func.md5(joined, type_=Text())
