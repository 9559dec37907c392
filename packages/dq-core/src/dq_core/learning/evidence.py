"""Measurements of the columns by folds, so that a rule can be tried on rows that it was not learned from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from ..profiling.numbers import finite
from ..relation.type_family import NUMBERS
from ..run.sampling import HASH_RANGE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ..relation.column import Column
    from ..relation.relation import Relation
    from ..run.reader import Reader
    from ..run.sampling import HashedRows

__all__ = ["FOLDS", "Evidence", "Extremes", "extremes_of", "gather"]

#: How many parts the rows are divided into; each is tried on what was learned from the others.
FOLDS = 5
_EXAMPLES = 2000


@dataclass(frozen=True)
class Extremes:
    """The least and greatest value (or length) of a column, and the folds that have them.

    Attributes:
        low: The least value of all rows.
        high: The greatest value of all rows.
        low_fold: The only fold that reaches down to `low`; None if several do.
        high_fold: The only fold that reaches up to `high`; None if several do.
        others_low: The least value of the other folds; None if they have no values.
        others_high: The greatest value of the other folds.
    """

    low: Any
    high: Any
    low_fold: int | None
    high_fold: int | None
    others_low: Any
    others_high: Any


@dataclass(frozen=True)
class Evidence:
    """The result of one scan and of reading examples.

    Attributes:
        rows: The number of rows.
        counts: Values that are not NULL, by column.
        finite: Of these, the finite ones; for columns of numbers.
        ranges: The ends of the finite values, for columns of numbers that have any.
        lengths: The ends of the lengths, for columns of text that have any.
        examples: Up to 2000 values (without NULL) of each column; a random choice of rows of the first fold.
    """

    rows: int
    counts: Mapping[str, int]
    finite: Mapping[str, int]
    ranges: Mapping[str, Extremes]
    lengths: Mapping[str, Extremes]
    examples: Mapping[str, list[Any]]


def gather(reader: Reader, hashed: HashedRows, columns: Sequence[Column]) -> Evidence:
    """Scan the rows once, by folds, and fetch examples."""
    relation = hashed.relation
    aggregates = dict(_aggregates(relation, columns))
    by_fold = _by_fold(reader, hashed, aggregates)
    rows = sum(int(one["rows"]) for one in by_fold.values())

    def total(what: str) -> dict[str, int]:
        return {
            column.name: sum(int(one[what, column.name]) for one in by_fold.values())
            for column in columns
            if (what, column.name) in aggregates
        }

    def ends(low: str, high: str) -> dict[str, Extremes]:
        found = {}
        for column in columns:
            if (low, column.name) in aggregates:
                lows = {fold: one[low, column.name] for fold, one in by_fold.items()}
                highs = {fold: one[high, column.name] for fold, one in by_fold.items()}
                if any(value is not None for value in lows.values()):
                    found[column.name] = extremes_of(lows, highs)
        return found

    return Evidence(
        rows=rows,
        counts=total("count"),
        finite=total("finite"),
        ranges=ends("min", "max"),
        lengths=ends("shortest", "longest"),
        examples=_examples(reader, hashed, columns, rows),
    )


def extremes_of(lows: Mapping[int, Any], highs: Mapping[int, Any]) -> Extremes:
    """The extremes of all folds from those of each; folds without values have None."""
    known = {fold: value for fold, value in lows.items() if value is not None}
    tops = {fold: highs[fold] for fold in known}
    low, high = min(known.values()), max(tops.values())
    lowest = [fold for fold, value in known.items() if value == low]
    highest = [fold for fold, value in tops.items() if value == high]
    low_fold = lowest[0] if len(lowest) == 1 else None
    high_fold = highest[0] if len(highest) == 1 else None
    return Extremes(
        low=low,
        high=high,
        low_fold=low_fold,
        high_fold=high_fold,
        others_low=min((value for fold, value in known.items() if fold != low_fold), default=None),
        others_high=max((value for fold, value in tops.items() if fold != high_fold), default=None),
    )


def _aggregates(relation: Relation, columns: Sequence[Column]) -> Iterator[tuple[Any, sa.ColumnElement[Any]]]:
    func, dialect = sa.func, relation.dialect
    yield "rows", func.count()
    for column in columns:
        name, value = column.name, relation[column.name]
        yield ("count", name), func.count(value)
        if column.family in NUMBERS:
            number = finite(relation, column)
            yield ("finite", name), func.count(number)
            yield ("min", name), func.min(number)
            yield ("max", name), func.max(number)
        if column.family == "text":
            yield ("shortest", name), func.min(dialect.length(value))
            yield ("longest", name), func.max(dialect.length(value))


def _by_fold(
    reader: Reader, hashed: HashedRows, aggregates: Mapping[Any, sa.ColumnElement[Any]]
) -> dict[int, dict[Any, Any]]:
    names = list(aggregates)
    width = hashed.relation.dialect.widest_select - 1
    found: dict[int, dict[Any, Any]] = {}
    fold = hashed.fold(FOLDS)
    for start in range(0, len(names), width):
        batch = names[start : start + width]
        measures = (aggregates[name].label(f"m{place}") for place, name in enumerate(batch))
        for row in reader.fetch(hashed.relation.select(fold.label("fold"), *measures).group_by(sa.text("1"))):
            found.setdefault(int(row[0]), {}).update(zip(batch, row[1:], strict=True))
    return found


def _examples(reader: Reader, hashed: HashedRows, columns: Sequence[Column], rows: int) -> dict[str, list[Any]]:
    relation = hashed.relation
    if not rows:
        return {column.name: [] for column in columns}
    # Fold 0 has one row in FOLDS; take as many of them as are required.
    share = min(1.0, _EXAMPLES * FOLDS / rows)
    chosen = sa.and_(hashed.fold(FOLDS) == 0, hashed.row_hash < int(share * HASH_RANGE))
    names = [column.name for column in columns]
    found = reader.fetch(relation.select(*(relation[name] for name in names)).where(chosen).limit(_EXAMPLES))
    return {name: [row[place] for row in found if row[place] is not None] for place, name in enumerate(names)}
