"""What is asked of a database before a row is read, for those that answer several questions sooner at once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .column import Column

__all__ = ["Answers", "LookedUp", "Named", "Questions"]

#: A table as it was named: the name, and the schema if one was given.
Named = tuple[str, "str | None"]
#: A table that was found: its schema, its name and its columns.
LookedUp = tuple["str | None", str, "list[Column]"]


@dataclass(frozen=True)
class Questions:
    """What the checks of a validation ask about.

    Attributes:
        tables: The tables that they refer to.
        fragments: Their fragments of SQL.
    """

    tables: tuple[Named, ...] = ()
    fragments: tuple[str, ...] = ()

    def within(self, schema: str | None) -> Questions:
        """The same, with a schema for the tables that were named without one."""
        return Questions(tuple((name, own if own is not None else schema) for name, own in self.tables), self.fragments)


@dataclass(frozen=True)
class Answers:
    """What was answered at once; whatever is missing here is asked by itself, which also says what is wrong.

    Attributes:
        tables: Tables that were found.
        sound: Fragments that compute one expression, and nothing else.
    """

    tables: Mapping[Named, LookedUp] = field(default_factory=dict)
    sound: frozenset[str] = frozenset()
