"""What rules mean on a database that no conformance suite ran on.

What is equal and what is less among strings is the business of collations, and patterns are that of each database's
own language. On the databases with a conformance suite rules mean the same; on any other, what depends on this is
refused, unless the caller takes the database's own meaning.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._shared.arguments import choice
from ..relation.type_family import NUMBERS
from .reader import refuse

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ..checks.base import Check
    from ..sources import Opened

__all__ = [
    "PORTABLE", "SEMANTICS", "dependent_columns", "dependent_rules", "refuse_dependent_columns", "semantics_of",
    "semantics_problems",
]  # fmt: skip

PORTABLE, DATABASE = "portable", "database"
SEMANTICS = (PORTABLE, DATABASE)

#: Families whose values are equal and ordered alike everywhere.
_ALIKE = NUMBERS | {"boolean", "date", "datetime", "time"}


def semantics_problems(given: object) -> Iterator[str]:
    """The argument must be "portable" or "database"."""
    return choice("semantics", given, SEMANTICS)


def semantics_of(opened: Opened, semantics: str) -> str:
    """Whose meaning rules have: "portable" wherever a conformance suite ran."""
    return PORTABLE if opened.relation.dialect.conforms else semantics


def dependent_rules(checks: Sequence[Check], opened: Opened, semantics: str) -> Iterator[str]:
    """Every rule whose meaning depends on a database that no conformance suite ran on."""
    for check in checks:
        names = dependent_columns(check.targets, opened, semantics) if check.compares else []
        if names:
            yield (
                f"{check.label}: {check.kind} compares values of {', '.join(names)}, and no conformance suite says "
                f'what that means on {opened.connection.dialect.name}; semantics="database" takes its own meaning.'
            )


def refuse_dependent_columns(names: Iterable[str], opened: Opened, semantics: str, verb: str) -> None:
    """Refuse columns of which a profile or learned rules would say what nobody has tested, all of them at once.

    Raises:
        RuleError: There are some.
    """
    refuse(semantics_problems(semantics))
    refuse(
        f"{verb}: what values of {name} ({opened.relation.columns[name].type_name}) are equal or less on "
        f"{opened.connection.dialect.name} no conformance suite says; leave the column out, or give "
        'semantics="database".'
        for name in dependent_columns(names, opened, semantics)
    )


def dependent_columns(names: Iterable[str], opened: Opened, semantics: str) -> list[str]:
    """The columns, out of these, whose values may be compared in a way that no conformance suite has seen."""
    relation = opened.relation
    if semantics_of(opened, semantics) == DATABASE or relation.dialect.conforms:
        return []
    return [name for name in names if name in relation.columns and relation.columns[name].family not in _ALIKE]
