"""A relation: what checks are evaluated on, be it a table, a query, a file or a frame."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from ..errors import TableNotFoundError
from .selection import Selection
from .type_family import MOMENTS, NUMBERS, adapt, family_of_value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sqlalchemy import ColumnElement

    from .dialects.base import Dialect

__all__ = ["Relation"]

_MOST_PARAMETERS = 500


@dataclass(frozen=True)
class Relation(Selection):
    """A selection with the dialect of its database: it compares values and finds other relations.

    Attributes:
        dialect: What is special about the database.
        find: Finds another relation of the same source by name (a table of the same database, a file) and schema (None
            if none is given), under the alias ``referenced``; raises a SourceError if there is none.
    """

    dialect: Dialect
    find: Callable[[str, str | None], Relation] = field(default_factory=lambda: _no_other, repr=False)

    def __getitem__(self, name: str) -> ColumnElement[Any]:
        return self.dialect.reads(self.from_.c[name], self.columns[name])

    def groups(self, name: str) -> list[ColumnElement[Any]]:
        """What to group rows by so that those with equal values of a column are together."""
        return self.dialect.groups(self[name], self.columns[name])

    def adapted(self, name: str, value: Any) -> Any:
        """A value from a rule as one that the column's values can be compared with."""
        column = self.columns[name]
        return adapt(value, column.family, zoned=column.zoned)

    def operand(self, name: str, value: Any) -> ColumnElement[Any]:
        """A value from a rule as an expression to compare a column with."""
        return self.dialect.value(self.adapted(name, value), self.columns[name])

    def of_family(self, name: str, family: str) -> tuple[ColumnElement[Any], ColumnElement[bool] | None]:
        """A column's values of one family, and the predicate of those of other families.

        Args:
            name: The column.
            family: The family; numbers of all kinds count as one.

        Returns:
            The value (NULL where it is of another family), and None where there can be no other family.
        """
        column, value = self.columns[name], self[name]
        if column.family != "mixed":
            return value, None
        alike = next((group for group in (NUMBERS, MOMENTS) if family in group), frozenset({family}))
        member = next((member for member in column.members if member in alike), None)
        if member is None:
            return sa.null(), value.is_not(None)
        return self.dialect.member_value(value, member), self.dialect.member(value) != member

    def is_among(self, name: str, values: Iterable[Any]) -> ColumnElement[bool]:
        """Whether a column's value is one of these; NULL if it is NULL."""
        conditions: list[ColumnElement[bool]] = []
        families: dict[str, list[Any]] = {}
        for given in values:
            family = "" if self.columns[name].family != "mixed" else family_of_value(given) or ""
            families.setdefault(family, []).append(given)
        for family, alike in families.items():
            value, other = self.of_family(name, family)
            found = _is_in(value, [self.operand(name, given) for given in alike])
            # A value of another type is not in the list; the comparison is false, not NULL.
            conditions.append(found if other is None else sa.and_(sa.not_(other), found))
        return sa.or_(sa.false(), *conditions)


def _no_other(name: str, schema: str | None) -> Relation:
    del schema
    raise TableNotFoundError.missing(name, ())


def _is_in(value: ColumnElement[Any], operands: list[ColumnElement[Any]]) -> ColumnElement[bool]:
    """IN; long lists are written out, because databases limit the number of parameters."""
    written_out = len(operands) > _MOST_PARAMETERS
    plain = [one for one in operands if isinstance(one, sa.BindParameter)]
    if len(plain) == len(operands) and len({repr(one.type) for one in plain}) == 1:
        # One parameter for the whole list: SQLAlchemy takes time by the square of the number of those it writes out.
        members = [one.effective_value for one in plain]
        return value.in_(
            sa.bindparam(None, members, plain[0].type, expanding=True, unique=True, literal_execute=written_out)
        )
    if written_out:
        operands = [one.render_literal_execute() if isinstance(one, sa.BindParameter) else one for one in operands]
    return value.in_(operands)
