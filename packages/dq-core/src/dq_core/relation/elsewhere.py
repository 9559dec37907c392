"""A relation of another source, which a rule compares with its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .relation import Relation

__all__ = ["Other", "Place"]

#: Where it is: the source, and the table, query and schema if that is a database.
Place = tuple[Any, "str | None", "str | None", "str | None"]


@dataclass(frozen=True)
class Other:
    """A relation of another source, open for reading.

    Attributes:
        relation: The relation.
        description: What it is, for people; without secrets.
        fetch: Runs a SELECT.
        problems: What stands in the way of comparing some columns of rows that meet a condition.
        masked: Columns whose values must not be shown.
    """

    relation: Relation
    description: str
    fetch: Callable[[Any], Sequence[Any]]
    problems: Callable[[Sequence[str], str | None], list[str]]
    masked: frozenset[str]
