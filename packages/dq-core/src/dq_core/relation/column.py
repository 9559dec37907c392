"""A column of a relation."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy.types import NullType

from .type_family import canonical, family_of_name, matches_type

if TYPE_CHECKING:
    from sqlalchemy.types import TypeEngine

__all__ = ["Column", "Untyped"]


@dataclass(frozen=True)
class Untyped:
    """How a file holds a column for which it declares no type.

    Attributes:
        raw: The relation's column with the values as the file has them.
        form: "csv" for text, "json" for tokens of JSON (strings within quotes).
        number: The type that holds all numbers of the column exactly; None if no type does.
        decimal_mark: What stands before the fraction of a number.
        nested: Whether some of the values are objects or lists of JSON.
        quoted: Whether only their quotes tell some strings of JSON from other values, such as ``"1"`` from ``1``.
    """

    raw: str
    form: str
    number: str | None
    decimal_mark: str = "."
    nested: bool = False
    quoted: bool = False


@dataclass(frozen=True)
class Column:
    """A column of a relation.

    Attributes:
        name: Its name.
        type_name: Its type as the database prints it; empty if the database does not say.
        family: One of `dq_core.relation.type_family.FAMILIES`.
        members: For a column of family "mixed", the families of its values.
        untyped: For a column of a file that declares no types, how the file holds it. The family is then the one that
            all values can be read as, or "untyped" if they have none in common.
        kinds: The relation's column with the family of each value, where values of Python of several families are kept
            as one type; None anywhere else.
        valueless: Whether a file that declares no types has no value of it, so that it is of any type for SQL of users.
        declared: The type that it was declared with, where the database keeps another; empty if it does not.
        refusal: Why no rule can be evaluated on it; empty if rules can.
    """

    name: str
    type_name: str
    family: str
    members: tuple[str, ...] = ()
    untyped: Untyped | None = None
    kinds: str | None = None
    valueless: bool = False
    declared: str = ""
    refusal: str = ""

    @classmethod
    def of(cls, name: str, type_name: str) -> Column:
        """A column whose family follows from the type's name."""
        return cls(name, type_name, family_of_name(type_name))

    @classmethod
    def typed(cls, name: str, kind: TypeEngine[Any] | None) -> Column:
        """A column of a type of SQLAlchemy; None, like NullType, stands for a type that is not known."""
        return cls.of(name, "" if kind is None or isinstance(kind, NullType) else str(kind))

    def is_of(self, dtype: str) -> bool:
        """Whether its type, or the one that it was declared with, is what a rule asks for."""
        declared = self.declared
        return matches_type(self.type_name, self.family, dtype) or (
            declared != "" and matches_type(declared, family_of_name(declared), dtype)
        )

    @property
    def is_json(self) -> bool:
        """Whether its values are documents of JSON."""
        return "json" in (self.family, self.declared)

    @property
    def zoned(self) -> bool:
        """Whether its timestamps, or times, carry a zone."""
        return canonical(self.type_name)[0] in ("timestamptz", "timetz")

    @property
    def number_family(self) -> str:
        """The family as which its numbers are compared; that of the column if it declares one."""
        return self.family if self.untyped is None else family_of_name(self.untyped.number or "")

    @property
    def scale(self) -> int | None:
        """How many digits its exact numbers have behind the point, as its type declares; None if it does not say."""
        if self.number_family not in ("integer", "decimal"):
            return None
        parameters = canonical(self.type_name if self.untyped is None else self.untyped.number or "")[1]
        if not parameters:
            return 0 if self.number_family == "integer" else None
        scale = parameters.partition(",")[2] or "0"
        return int(scale) if scale.isdecimal() else None

    @property
    def plain(self) -> Column:
        """The column by the type of its values; what has no type in common is text."""
        if self.untyped is None:
            return self
        return replace(self, untyped=None, family="text" if self.family == "untyped" else self.family)

    @property
    def judged_by_value(self) -> bool:
        """Whether each value decides for itself what it can be compared with."""
        return self.untyped is not None or self.family in ("mixed", "unknown")
