"""The names of the checks of one suite: each once."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .base import Check

__all__ = ["names_of", "numbered"]


def names_of(checks: Iterable[Check]) -> tuple[str, ...]:
    """The names of checks as reports, quarantines and the history have them, in the order of the checks.

    The first check of a name has it as it is, later ones have ``#2``, ``#3`` behind it. Names depend on the rules and
    their order only, not on the data.
    """
    return numbered(check.label for check in checks)


def numbered(names: Iterable[str]) -> tuple[str, ...]:
    """Names of which each stands once: later ones of one name have ``#2``, ``#3`` behind it."""
    labels = list(names)
    # A name that is given as it is, such as one that ends in #2, is nobody else's.
    taken, given = set(labels), set[str]()
    found = []
    for label in labels:
        name, number = label, 1
        while name in given or (number > 1 and name in taken):
            number += 1
            name = f"{label}#{number}"
        given.add(name)
        found.append(name)
    return tuple(found)
