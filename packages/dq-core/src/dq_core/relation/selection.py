"""What to select from, and the expressions that everything built on it needs."""

from __future__ import annotations

from collections.abc import Generator, Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import ColumnElement, Connection, Dialect, FromClause, Select

    from .column import Column

__all__ = ["Aggregate", "FollowUp", "OneValue", "Selection", "count_where", "fragment", "literal_sql"]

#: An aggregate of the shared scan; checks that need the same one give it the same key.
Aggregate = tuple[Hashable, "ColumnElement[Any]"]

#: What comes after the shared scan: yields a SELECT of one value and is sent the value, any other SELECT and is sent
#: its rows, or a function without arguments and is sent what it returns; returns what it measured.
FollowUp = Generator["OneValue | Select[Any] | Callable[[], Any]", Any, dict[str, Any]]


@dataclass(frozen=True)
class OneValue:
    """A SELECT of one row and one column: those of many checks are read in one statement.

    Attributes:
        statement: The SELECT.
    """

    statement: Select[Any]


@dataclass(frozen=True)
class Selection:
    """Something to select from, with its columns.

    Attributes:
        from_: What follows FROM; its columns have the names in `columns`.
        columns: The columns by name, in order.
    """

    from_: FromClause
    columns: Mapping[str, Column]

    def __getitem__(self, name: str) -> ColumnElement[Any]:
        column = self.columns.get(name)
        if column is not None and column.family == "untyped" and column.untyped is not None:
            return self.from_.c[column.untyped.raw]
        return self.from_.c[name]

    def groups(self, name: str) -> list[ColumnElement[Any]]:
        """What to group rows by so that those with equal values of a column are together."""
        return [self[name]]

    def select(self, *entities: Any) -> Select[Any]:
        """A SELECT of these expressions."""
        return sa.select(*entities).select_from(self.from_)

    def select_all(self) -> Select[Any]:
        """A SELECT of all columns, in order."""
        return self.select(*self.stored() or [sa.null()])

    def stored(self) -> list[Any]:
        """All columns, in order, as they are stored; text where a file declares no type and values share none."""
        return [self.from_.c[name] for name in self.columns]

    def among(self, members: Iterable[Any], where: str | None) -> list[ColumnElement[bool]]:
        """Conditions for a row to be considered: the given ones and the rule's ``where``."""
        conditions = list(members)
        if where is not None:
            conditions.append(fragment(where))
        return conditions


def count_where(*conditions: ColumnElement[bool]) -> ColumnElement[int]:
    """The number of rows for which all conditions are true; 0 on an empty table, in every database."""
    return sa.func.count(sa.case((sa.and_(*conditions), 1))) if conditions else sa.func.count()


def fragment(sql: str) -> ColumnElement[bool]:
    """A boolean SQL expression written by the user, in parentheses so that it can be combined with others.

    The line break keeps a trailing comment from swallowing the parenthesis.
    """
    closing = "\n)" if "--" in sql or "#" in sql else ")"
    return sa.literal_column(f"({sql}{closing}", sa.Boolean())


def literal_sql(statement: Select[Any], connection: Connection) -> str:
    """A statement as SQL that any client of the database can run: values written out, percent signs single."""
    kind: Any = type(connection.dialect)
    dialect: Dialect = kind(paramstyle="named")
    return str(statement.compile(dialect=dialect, compile_kwargs={"literal_binds": True}))
