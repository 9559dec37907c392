"""What is compared on two sides: columns, keys and the form of each, or everything that stands in the way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .._shared.wording import listing, question
from ..errors import RuleError
from .forms import form_problems, forms_of, side_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from .forms import Side
    from .relation import Relation
    from .tolerance import Tolerance

__all__ = ["Sides", "sides_of"]

#: The forms of values that a tolerance is for.
_NUMBERS = ("number", "float", "any")


@dataclass(frozen=True)
class Sides:
    """Both sides with what is compared.

    Attributes:
        left: The left side.
        right: The right side.
        forms: The form of each column.
        keys: The columns that identify a row; none if only whole rows are compared.
        tolerance: How far numbers may be apart.
        samples: How many rows of each kind to keep.
    """

    left: Side
    right: Side
    forms: Mapping[str, str]
    keys: tuple[str, ...] = ()
    tolerance: Tolerance | None = None
    samples: int = 20

    @property
    def names(self) -> list[str]:
        """The columns, keys first."""
        return [*self.keys, *(name for name in self.forms if name not in self.keys)]

    def is_boolean(self, name: str) -> bool:
        """Whether a column has booleans on both sides, whose canonical form is a number."""
        return self._families(name) == {"boolean"}

    def is_tolerant(self, name: str) -> bool:
        """Whether values of a column may be apart: numbers, and no booleans, even where a side has them as numbers."""
        return self.tolerance is not None and self.forms[name] in _NUMBERS and "boolean" not in self._families(name)

    def _families(self, name: str) -> set[str]:
        return {side.relation.columns[name].family for side in (self.left, self.right)}

    @property
    def integer_key(self) -> str | None:
        """The only key, if it is an integer on both sides."""
        if len(self.keys) != 1:
            return None
        (key,) = self.keys
        return key if self._families(key) == {"integer"} else None


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
    if columns is not None and not columns:
        yield "columns is empty, with which no value beside the keys would be compared: name columns, or the keys."
    if columns is None:
        for side, own, other in (("left", left, right), ("right", right, left)):
            only = [name for name in own.columns if name not in other.columns and name not in keys]
            if only:
                yield f"Only the {side} has {listing(only)}; name the columns to compare in columns=."


def _without_sql(left: Relation, right: Relation) -> Iterator[str]:
    for side, relation in (("left", left), ("right", right)):
        if relation.dialect.canonical is None:
            yield (f"The {side} is a database that has no canonical forms of values; give its rows as a file or frame.")
