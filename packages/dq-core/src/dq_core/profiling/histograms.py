"""Histograms: bins of equal width, counted in one statement for all columns."""

from __future__ import annotations

import decimal
import itertools
import math
from typing import TYPE_CHECKING, Any

from ..relation.selection import count_where
from ..report.jsonable import measure
from .result import Bin

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import ColumnElement

    from ..relation.relation import Relation
    from ..run.reader import Reader

__all__ = ["edges", "histograms"]


def histograms(
    reader: Reader,
    relation: Relation,
    values: Mapping[str, ColumnElement[Any]],
    limits: Mapping[str, tuple[Any, Any]],
    bins: int,
    *,
    failures: dict[tuple[str, int], str],
) -> dict[str, tuple[Bin, ...]]:
    """Count the values of every column in bins between its least and its greatest value.

    Args:
        reader: Runs the statement.
        relation: The rows.
        values: The columns' values, NULL where they are not finite.
        limits: The least and the greatest value of each.
        bins: How many bins.
        failures: Where to note which bins cannot be counted, and why; their column is left out.
    """
    borders = {name: edges(low, high, bins) for name, (low, high) in limits.items() if low is not None}
    expressions: dict[tuple[str, int], ColumnElement[Any]] = {}
    for name, at in borders.items():
        value = values[name]
        bounds = [relation.dialect.value(edge, relation.columns[name]) for edge in at]
        for place, (low, high) in enumerate(itertools.pairwise(bounds)):
            upper = value <= high if place == len(at) - 2 else value < high
            expressions[name, place] = count_where(value >= low, upper)
    counted = reader.aggregates(relation, expressions, failures=failures) if expressions else {}
    failed = {name for name, _ in failures}
    return {
        name: tuple(
            Bin(measure(low), measure(high), int(counted[name, place]))
            for place, (low, high) in enumerate(itertools.pairwise(at))
        )
        for name, at in borders.items()
        if name not in failed
    }


def edges(low: Any, high: Any, bins: int) -> list[Any]:
    """The edges of at most ``bins`` bins, in ascending order from the least value to the greatest.

    Whole numbers give whole borders, so that no value is rounded into another bin.
    """
    if low == high:
        return [low, high]
    if isinstance(low, int) and isinstance(high, int):
        inner: list[Any] = [low + (high - low) * place // bins for place in range(1, bins)]
    elif isinstance(low, decimal.Decimal):
        inner = [low + (high - low) * place / bins for place in range(1, bins)]
    else:
        width = high / bins - low / bins
        inner = [low + width * place for place in range(1, bins)]
    between = [edge for edge in inner if low < edge < high and math.isfinite(edge)]
    return [low, *sorted(set(between)), high]
