"""Samples of failing rows, those of many checks in one statement."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from .plan import failing_rows
from .reader import StatementError, by_halves

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from sqlalchemy import ColumnElement, Select

    from ..checks.base import Check, Outcome
    from .reader import Reader

__all__ = ["Failing", "Samples", "failing_of", "fetch_samples"]

#: For each check, by its place: the values of some failing rows, or why the database refused to look for them.
Samples = dict[int, "list[Sequence[Any]] | StatementError"]

#: How many rows, for each sample that is wanted, are read in one go for many checks; then what is left is looked for
#: check by check. Most checks that fail at all fail in the first rows that fail any.
_ROUNDS = (1, 8, 64)


@dataclass(frozen=True)
class Failing:
    """The failing rows of a check.

    Attributes:
        label: What the check is called.
        number: How many there are.
        statement: The SELECT of all of them.
        some: A SELECT that finds some of them cheaply.
        predicate: The predicate that one scan can look for together with those of others; None if it is costly.
    """

    label: str
    number: int
    statement: Select[Any]
    some: Select[Any]
    predicate: ColumnElement[bool] | None


def failing_of(check: Check, outcome: Outcome, reader: Reader) -> Failing | None:
    """The failing rows of a failed check; None if it is not about rows."""
    relation = reader.opened.relation
    statement = failing_rows(check, relation)
    if statement is None or not outcome.failed_rows:
        return None
    narrowed = None if outcome.narrow is None else failing_rows(check, relation, outcome.narrow)
    some = statement if narrowed is None else narrowed
    return Failing(
        check.label,
        outcome.failed_rows,
        statement,
        some if check.windowed else some.with_only_columns(*relation.stored()),
        check.failing(relation) if check.scanned else None,
    )


def fetch_samples(failing: Mapping[int, Failing], reader: Reader, most: int) -> Samples:
    """The first of the failing rows of each check.

    Args:
        failing: The failing rows by the places of their checks.
        reader: Runs the statements, as few as the database allows.
        most: How many rows of each check to fetch.
    """
    found: Samples = {}
    relation = reader.opened.relation
    dialect, columns = relation.dialect, len(relation.columns)
    together = [place for place, one in failing.items() if one.predicate is not None]
    size = max(1, min(dialect.most_flags, dialect.most_columns - columns))
    for start in range(0, len(together) if len(failing) > 1 else 0, size):
        _look_together({place: failing[place] for place in together[start : start + size]}, reader, most, found)
    rest = {place: one.some.limit(most) for place, one in failing.items() if place not in found}
    for batch in _batches(list(rest), min(dialect.most_union_parts, dialect.most_union_columns // max(1, columns))):
        labels = {place: failing[place].label for place in batch}
        found.update(by_halves(list(batch), partial(_fetch_union, rest, labels, reader, found)))
    return found


def _batches(places: Sequence[int], size: int) -> Iterator[Sequence[int]]:
    for start in range(0, len(places), max(1, size)):
        yield places[start : start + max(1, size)]


def _look_together(failing: Mapping[int, Failing], reader: Reader, most: int, found: Samples) -> None:
    """The first rows that break any of the rules: the first ones of a rule are among them, if they are enough."""
    left = dict(failing)
    for factor in _ROUNDS:
        if len(left) < 2:
            return
        reader.expect(1)
        try:
            rows = _flagged(left, reader, most * factor)
        except StatementError:
            # Then it is found out check by check which one the database refuses.
            return
        finally:
            reader.step(f"looked for failing rows of {len(left)} checks")
        for place, one in list(left.items()):
            known = rows.get(place)
            if isinstance(known, list) and len(known) >= min(most, one.number):
                found[place] = known[:most]
                del left[place]


def _fetch_union(
    statements: Mapping[int, Select[Any]],
    labels: Mapping[int, str],
    reader: Reader,
    found: Samples,
    places: Sequence[int],
) -> None:
    reader.expect(1)
    what = labels[places[0]] if len(places) == 1 else f"{len(places)} checks"
    try:
        found.update(_union(statements, reader, places))
        reader.step(f"fetched failing rows of {what}")
    except StatementError:
        reader.step(f"looked for failing rows of {what}")
        raise


def _flagged(failing: Mapping[int, Failing], reader: Reader, limit: int) -> Samples:
    """The first rows that break any of the rules, by the rules that they break."""
    relation = reader.opened.relation
    predicates = [one.predicate for one in failing.values() if one.predicate is not None]
    flags = [sa.case((predicate, 1), else_=0).label(f"failing_{place}") for place, predicate in enumerate(predicates)]
    columns = relation.stored()
    rows = reader.rows(
        lambda chosen: relation.select(*chosen).where(sa.or_(*predicates)).limit(limit), [*columns, *flags]
    )
    found: Samples = {place: [] for place in failing}
    for row in rows:
        for place, flag in zip(failing, row[len(columns) :], strict=True):
            if flag:
                found[place].append(row[: len(columns)])  # type: ignore[union-attr]
    return found


def _union(statements: Mapping[int, Select[Any]], reader: Reader, places: Iterable[int]) -> Samples:
    """The rows of the SELECTs of the checks in these places."""
    statements = {place: statements[place] for place in places}
    if len(statements) == 1:
        ((place, alone),) = statements.items()
        rows = reader.rows(lambda columns: alone.with_only_columns(*columns), list(alone.selected_columns))
        return {place: list(map(tuple, rows))}
    found: Samples = {place: [] for place in statements}
    for row in reader.exact_rows(sa.union_all(*(_marked(one, place) for place, one in statements.items()))):
        found[int(row[-1])].append(row[:-1])  # type: ignore[union-attr]
    return found


def _marked(statement: Select[Any], place: int) -> Any:
    """The rows of a statement with the place of its check behind them."""
    rows = statement.subquery(f"failing_{place}")
    return sa.select(*rows.c, sa.literal_column(str(place)).label("place of the check")).select_from(rows)
