"""A relation: what checks are evaluated on, whatever it is behind — a table, a query, a file, a frame."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from dq_core.families import adapt, canonical, family_of_name

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import ColumnElement, FromClause, Select

    from dq_core.dialects.base import Dialect

__all__ = ["Column", "Relation", "fragment"]


@dataclass(frozen=True)
class Column:
    """A column of a relation.

    Attributes:
        name: Its name.
        type_name: Its type as the database prints it; empty if the database does not say.
        family: One of `dq_core.families.FAMILIES`.
        members: For a column of family "mixed", the families of its values.
    """

    name: str
    type_name: str
    family: str
    members: tuple[str, ...] = ()

    @classmethod
    def of(cls, name: str, type_name: str) -> Column:
        """A column whose family follows from the type's name."""
        return cls(name, type_name, family_of_name(type_name))

    @property
    def zoned(self) -> bool:
        """Whether its timestamps carry a zone."""
        return canonical(self.type_name)[0] == "timestamptz"


@dataclass(frozen=True)
class Relation:
    """Something to select from, with its columns and the peculiarities of its database.

    Attributes:
        from_: What stands behind FROM; its columns bear the names in `columns`.
        columns: The columns by name, in order.
        dialect: What is special about the database.
    """

    from_: FromClause
    columns: Mapping[str, Column]
    dialect: Dialect

    def __getitem__(self, name: str) -> ColumnElement[Any]:
        return self.from_.c[name]

    def select(self, *entities: Any) -> Select[Any]:
        """A SELECT of these expressions from the relation."""
        return sa.select(*entities).select_from(self.from_)

    def select_all(self) -> Select[Any]:
        """A SELECT of all columns, in order."""
        return self.select(*(self.from_.c[name] for name in self.columns))

    def operand(self, name: str, value: Any) -> ColumnElement[Any]:
        """A value from a rule, to compare a column with."""
        column = self.columns[name]
        return self.dialect.value(adapt(value, column.family, zoned=column.zoned))

    def among(self, members: Iterable[Any], where: str | None) -> list[ColumnElement[bool]]:
        """Conditions for a row to be considered: the given ones and the rule's ``where``."""
        conditions = list(members)
        if where is not None:
            conditions.append(fragment(where))
        return conditions


def fragment(sql: str) -> ColumnElement[bool]:
    """A boolean SQL expression written by the user, in parentheses so that it can stand anywhere.

    The line break keeps a trailing comment from swallowing the parenthesis.
    """
    closing = "\n)" if "--" in sql else ")"
    return sa.literal_column(f"({sql}{closing}", sa.Boolean())
