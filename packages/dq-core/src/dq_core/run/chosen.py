"""Columns that an argument chooses."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from .._shared.wording import question, repr_of
from ..errors import RuleError
from .reader import refuse

if TYPE_CHECKING:
    from ..relation.relation import Relation

__all__ = ["chosen_columns"]


def chosen_columns(relation: Relation, chosen: Collection[str] | None, what: str = "columns") -> list[str]:
    """The names of columns that an argument chose, in the order of the relation; all of them if it chose none.

    Raises:
        RuleError: Some do not exist, or the argument is not a list; lists all of them.
    """
    if chosen is None:
        return list(relation.columns)
    given: object = chosen
    names = given if isinstance(given, Collection) and not isinstance(given, str | bytes | Mapping) else None
    if names is None or not all(isinstance(name, str) for name in names):
        raise RuleError([f"{what} must be a list of column names, not {repr_of(chosen, 80)}."])
    refuse(
        f"{what}: the column {repr_of(name)} does not exist.{question(name, relation.columns)}"
        for name in chosen
        if name not in relation.columns
    )
    return [name for name in relation.columns if name in chosen]
