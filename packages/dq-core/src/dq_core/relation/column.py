"""A column of a relation."""

from __future__ import annotations

from dataclasses import dataclass

from .type_family import canonical, family_of_name

__all__ = ["Column"]


@dataclass(frozen=True)
class Column:
    """A column of a relation.

    Attributes:
        name: Its name.
        type_name: Its type as the database prints it; empty if the database does not say.
        family: One of `dq_core.relation.type_family.FAMILIES`.
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
