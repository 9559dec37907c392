"""Standard deviations and quantiles of numbers."""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from ..relation.scale import scale_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sqlalchemy import ColumnElement

    from ..relation.column import Column
    from ..relation.dialects.base import Dialect
    from ..relation.relation import Relation
    from ..relation.scale import Scale
    from ..run.reader import Reader

__all__ = ["deviation", "finite", "number", "spread"]

_GREATEST: ColumnElement[Any] = sa.literal(sys.float_info.max, sa.Double())


def finite(relation: Relation, column: Column) -> ColumnElement[Any]:
    """A column's numbers, NULL where they are infinite or NaN, or where SQLite stores a value that is not a number."""
    value = relation[column.name]
    conditions: list[ColumnElement[Any]] = []
    if column.family != "integer" or relation.dialect.types_by_value:
        # True for no NaN in databases that order it last; the others have none.
        conditions.append(value.between(-_GREATEST, _GREATEST))
    otherwise = relation.dialect.stored_otherwise(value, frozenset({"float"}))
    if otherwise is not None:
        conditions.append(sa.not_(otherwise))
    return sa.case((sa.and_(*conditions), value)) if conditions else value


def deviation(dialect: Dialect, name: str, value: ColumnElement[Any]) -> Iterator[tuple[Any, ColumnElement[Any]]]:
    """The sample's standard deviation as an aggregate of the scan, if the database has one."""
    aggregate = dialect.deviation(value)
    if aggregate is not None:
        yield ("stddev", name), aggregate


def spread(
    reader: Reader,
    relation: Relation,
    values: Mapping[str, ColumnElement[Any]],
    scanned: Mapping[Any, Any],
    shares: Sequence[float],
    *,
    failures: dict[str, str],
) -> dict[str, tuple[float | None, dict[str, float]]]:
    """The standard deviation and the quantiles of columns of numbers.

    Args:
        reader: Runs the statements.
        relation: The rows.
        values: The columns' values, NULL where they are not finite.
        scanned: What the scan measured: "stddev" (if the database has it), "mean", "finite" or "count".
        shares: Which quantiles.
        failures: Where to note of which columns they cannot be measured, and why.
    """
    deviations = {name: scanned.get(("stddev", name)) for name in values}
    deviations |= _second_pass(reader, relation, values, scanned)
    found = _quantiles(reader, relation, values, scanned, shares, failures=failures) if shares else {}
    return {name: (number(deviations[name]), _named(shares, found.get(name))) for name in values}


def _second_pass(
    reader: Reader, relation: Relation, values: Mapping[str, ColumnElement[Any]], scanned: Mapping[Any, Any]
) -> dict[str, float | None]:
    """Deviations that the scan did not find, or of which it found few digits: of shares of the range."""
    scales: dict[str, Scale] = {}
    squares: dict[Any, ColumnElement[Any]] = {}
    for name, value in values.items():
        scale = scale_of(scanned.get(("min", name)), scanned.get(("max", name)))
        if scale is None or _count(scanned, name) < 2:
            continue
        if scanned.get(("stddev", name)) is None or not scale.keeps_squares:
            scales[name] = scale
            middle = scale.middle(scanned.get(("mean", name)))
            share = scale.of(value, relation, name) - sa.literal(middle, sa.Double())
            squares["sum", name], squares["squares", name] = sa.func.sum(share), sa.func.sum(share * share)
    sums = reader.aggregates(relation, squares) if squares else {}
    return {
        name: scale.deviation(_count(scanned, name), sums["sum", name], sums["squares", name])
        for name, scale in scales.items()
    }


def _quantiles(
    reader: Reader,
    relation: Relation,
    values: Mapping[str, ColumnElement[Any]],
    scanned: Mapping[Any, Any],
    shares: Sequence[float],
    *,
    failures: dict[str, str],
) -> dict[str, Sequence[Any] | None]:
    aggregates = {name: relation.dialect.quantiles(value, shares) for name, value in values.items()}
    known = {name: aggregate for name, aggregate in aggregates.items() if aggregate is not None}
    if known or not values:
        return reader.aggregates(relation, known, failures=failures)
    return {name: _ranked(reader, relation, value, _count(scanned, name), shares) for name, value in values.items()}


def _ranked(
    reader: Reader, relation: Relation, value: ColumnElement[Any], count: int, shares: Sequence[float]
) -> list[float] | None:
    """Quantiles by the ranks on both sides of each: one sort, few rows back."""
    if count == 0:
        return None
    positions = [share * (count - 1) for share in shares]
    ranks = sorted({rank for position in positions for rank in (math.floor(position), math.ceil(position))})
    ranked = (
        relation.select(value.label("value"), (sa.func.row_number().over(order_by=value) - 1).label("rank"))
        .where(value.is_not(None))
        .subquery("ranked")
    )
    rows = reader.fetch(sa.select(ranked.c.rank, ranked.c.value).where(ranked.c.rank.in_(ranks)))
    at = {int(row.rank): float(row.value) for row in rows}
    result = []
    for position in positions:
        low, high = at[math.floor(position)], at[math.ceil(position)]
        share = position - math.floor(position)
        apart = high - low
        result.append(low + apart * share if math.isfinite(apart) else low * (1 - share) + high * share)
    return result


def _count(scanned: Mapping[Any, Any], name: str) -> int:
    return int(scanned[("finite", name) if ("finite", name) in scanned else ("count", name)])


def _named(shares: Sequence[float], found: Sequence[Any] | None) -> dict[str, float]:
    """The quantiles by their names, without those to which a step is beyond all doubles: all numbers are finite."""
    named = {f"{share:g}": float(value) for share, value in zip(shares, found or (), strict=found is not None)}
    return {name: value for name, value in named.items() if math.isfinite(value)}


def number(value: Any) -> float | None:
    """A number as a float; None for NULL, and for what no finite float holds."""
    try:
        return None if value is None or not math.isfinite(value) else float(value)
    except OverflowError:
        return None
