"""What is compared on two sides: columns, keys and the form of each, or everything that stands in the way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._shared.wording import listing, question
from ..errors import RuleError
from .differences import Sides
from .forms import form_problems, forms_of, side_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .relation import Relation
    from .tolerance import Tolerance

__all__ = ["sides_of"]


def sides_of(
    left: Relation,
    right: Relation,
    *,
    keys: Sequence[str],
    columns: Sequence[str] | None,
    where: str | None,
    tolerance: Tolerance | None,
    samples: int,
) -> Sides:
    """Two relations, ready to be compared.

    Args:
        left: The left relation.
        right: The right relation.
        keys: The columns that identify a row.
        columns: The columns to compare, besides the keys; None for all, which both must have.
        where: Only these rows.
        tolerance: How far numbers may be apart.
        samples: How many rows of each kind to keep.

    Raises:
        RuleError: They cannot be compared; lists all problems.
    """
    names = list(dict.fromkeys([*keys, *(left.columns if columns is None else columns)]))
    problems = [*_unknown(left, right, keys, columns), *_without_sql(left, right)]
    if not problems:
        problems = list(form_problems(left, right, names))
    if not problems and not names:
        problems = ["There are no columns to compare."]
    if problems:
        raise RuleError(problems)
    forms = forms_of(left, right, names)
    return Sides(side_of(left, forms, where), side_of(right, forms, where), forms, tuple(keys), tolerance, samples)


def _unknown(left: Relation, right: Relation, keys: Sequence[str], columns: Sequence[str] | None) -> Iterator[str]:
    """Columns that a side does not have."""
    for what, wanted in (("keys", keys), ("columns", () if columns is None else columns)):
        for name in wanted:
            for side, relation in (("left", left), ("right", right)):
                if name not in relation.columns:
                    yield f"{what}: the column {name!r} does not exist on the {side}.{question(name, relation.columns)}"
    if columns is None:
        for side, own, other in (("left", left, right), ("right", right, left)):
            only = [name for name in own.columns if name not in other.columns and name not in keys]
            if only:
                yield f"Only the {side} has {listing(only)}; name the columns to compare in columns=."


def _without_sql(left: Relation, right: Relation) -> Iterator[str]:
    for side, relation in (("left", left), ("right", right)):
        if relation.dialect.canonical is None:
            yield (f"The {side} is a database that has no canonical forms of values; give its rows as a file or frame.")
