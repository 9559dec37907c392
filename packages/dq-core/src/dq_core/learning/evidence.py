"""What the database knows about the columns: one scan, and some rows to look at."""

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

__all__ = ["Evidence", "gather"]

_EXAMPLES = 2000
#: Patterns are taken from this share of the rows at most, and tried on the others.
_TEACHING = 0.2


@dataclass(frozen=True)
class Evidence:
    """What one scan and one look at examples tell.

    Attributes:
        rows: The number of rows.
        further: The number of rows that the next sample is taken to have.
        counts: Values that are not NULL, by column.
        finite: Of these, the finite ones; for columns of numbers.
        spans: Least and greatest value of columns of integers that have any.
        lengths: Least and greatest length of columns of text that have any.
        examples: Up to 2000 values (without NULL) of each column, in the order of the rows: a random choice, or all.
        teachers: Those of them that patterns may be taken from.
        teaching: The rows of a smaller hash than this are the teachers.
        odd: Columns with values that the database or its driver cannot hand over, or cannot reckon with.
    """

    rows: int
    further: int
    counts: Mapping[str, int]
    finite: Mapping[str, int]
    spans: Mapping[str, tuple[int, int]]
    lengths: Mapping[str, tuple[int, int]]
    examples: Mapping[str, list[Any]]
    teachers: Mapping[str, list[Any]]
    teaching: int
    odd: frozenset[str] = frozenset()

    def next_count(self, count: int) -> int:
        """How many of the next sample's rows there are to so many of this one."""
        return round(count * self.further / self.rows)


def gather(reader: Reader, hashed: HashedRows, columns: Sequence[Column], total: int | None) -> Evidence:
    """Scan the rows once and fetch examples.

    Args:
        reader: Runs the statements.
        hashed: The rows.
        columns: What to learn about.
        total: The rows of the whole source if these are a sample.
    """
    failures: dict[Any, str] = {}
    measured = reader.aggregates(hashed.relation, dict(_aggregates(hashed.relation, columns)), failures=failures)
    rows = int(measured["rows"])
    odd = {key[1] for key in failures}

    def of(what: str) -> dict[str, int]:
        return {column.name: int(measured[what, column.name]) for column in columns if (what, column.name) in measured}

    def ends(low: str, high: str) -> dict[str, tuple[int, int]]:
        found = (
            (column.name, measured.get((low, column.name)), measured.get((high, column.name))) for column in columns
        )
        return {name: (int(least), int(most)) for name, least, most in found if least is not None and most is not None}

    shown = min(1.0, _EXAMPLES / max(rows, 1))
    teaching = int(min(shown, _TEACHING) * HASH_RANGE)
    names = [column.name for column in columns]
    printed: set[int] = set()
    examples = _examples(reader, hashed, names, int(shown * HASH_RANGE), teaching, printed=printed)
    return Evidence(
        rows=rows,
        further=max(rows, total or 0),
        counts=of("count"),
        finite=of("finite"),
        spans=ends("min", "max"),
        lengths=ends("shortest", "longest"),
        examples={name: [value for value, _ in values] for name, values in examples.items()},
        teachers={name: [value for value, teaches in values if teaches] for name, values in examples.items()},
        teaching=teaching,
        odd=frozenset(odd) | {names[place] for place in printed},
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
            if column.family == "integer":
                yield ("min", name), func.min(number)
                yield ("max", name), func.max(number)
        if column.family == "text":
            yield ("shortest", name), func.min(dialect.length(value))
            yield ("longest", name), func.max(dialect.length(value))


def _examples(
    reader: Reader, hashed: HashedRows, names: Sequence[str], shown: int, teaching: int, *, printed: set[int]
) -> dict[str, list[tuple[Any, bool]]]:
    """The values of some rows in the order of the rows, each with whether its row teaches."""
    relation = hashed.relation
    values = [relation.dialect.cut(relation[name], relation.columns[name]) for name in names]
    fetched = reader.rows(
        lambda chosen: relation.select(*chosen, hashed.number, hashed.row_hash < teaching).where(
            hashed.row_hash < shown
        ),
        values,
        printed,
    )
    rows = sorted(map(tuple, fetched), key=lambda row: int(row[-2]))
    return {
        name: [(row[place], bool(row[-1])) for row in rows if row[place] is not None]
        for place, name in enumerate(names)
    }
