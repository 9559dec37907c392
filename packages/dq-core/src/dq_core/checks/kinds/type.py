"""``type``: the values of a column are of a type."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import sqlalchemy as sa

from ..._shared.wording import question, repr_of
from ...relation.type_family import NUMBERS, describe_type, type_names, wanted_families
from ..base import ColumnCheck
from ..registry import register

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from sqlalchemy import ColumnElement

    from ...relation.relation import Relation


def _holding(wanted: frozenset[str]) -> frozenset[str]:
    """The families whose values are of wanted ones, as in files: a whole number is a float, and a date a timestamp."""
    wider = {"float": NUMBERS, "decimal": {"integer"}, "datetime": {"date"}, "json": {"list", "struct"}}
    return wanted.union(*(wider.get(family, ()) for family in wanted))


@register("type")
@dataclass(frozen=True, kw_only=True)
class Type(ColumnCheck):
    """Every value is of the type: a Python type or a SQL type name. ``type`` itself names the rule in the dict form.

    Args:
        dtype: A Python type (or its name) or a SQL type name.
    """

    compares = False

    aliases: ClassVar[Mapping[str, str]] = {"expected_type": "dtype", "column_type": "dtype"}
    variants: ClassVar[Mapping[str, Callable[[str], bool]]] = {"dtype": lambda name: describe_type(name) is not None}

    dtype: Any

    def problems(self) -> Iterator[str]:
        """What is wrong with the options."""
        yield from super().problems()
        name = describe_type(self.dtype) if isinstance(self.dtype, str | type) else None
        if name is None:
            yield f"{self.label}: the type {repr_of(self.dtype)} does not exist.{question(self.dtype, type_names())}"
        object.__setattr__(self, "dtype", name)

    def violates(self, relation: Relation) -> ColumnElement[bool]:
        """The column's type differs, or the type of the stored value if the database allows any."""
        column = relation.columns[self.column]
        value = relation[self.column]
        wanted = wanted_families(self.dtype)
        if column.untyped is not None:
            return relation.misread(self.column, wanted)
        if column.kinds is not None:
            return relation.from_.c[column.kinds].not_in(sorted(_holding(wanted)))
        if column.family == "mixed":
            return relation.dialect.member(value).not_in(sorted(wanted))
        stored_otherwise = relation.dialect.stored_otherwise(value, wanted)
        if column.family == "unknown" and stored_otherwise is not None:
            return stored_otherwise
        if not column.is_of(self.dtype):
            return value.is_not(None)
        return sa.false() if stored_otherwise is None else stored_otherwise

    def sentence(self) -> str:
        """What is wrong with a failing row."""
        return f"are not of type {self.dtype}"
