"""Ranges of numbers and dates: how far the next sample reaches, and where most of it lies."""

from __future__ import annotations

import datetime as dt
import decimal
import itertools
import math
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from ..profiling.numbers import finite
from ..relation.type_family import NUMBERS, adapt
from .proposal import Proposal, share_rule
from .structure import ends_at_zero, grows
from .tails import looked_at, piles_up, reach

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sqlalchemy import ColumnElement, Select

    from ..relation.column import Column
    from ..relation.relation import Relation
    from ..run.reader import Reader
    from .evidence import Evidence

__all__ = ["Ends", "ends_of", "ranges"]

#: The usual values leave out so many at either end.
_UNUSUAL = 0.05
#: A bound that lies so many times the known range away bounds nothing.
_NO_BOUND = 100
_DAY = 86_400.0


@dataclass(frozen=True)
class Ends:
    """The least and the greatest values of a column, and what is needed to reckon with them.

    Attributes:
        column: The column.
        lowest: The least values, in ascending order.
        highest: The greatest values, in descending order.
        count: All its values.
        further: Those of the next sample.
        ordered: Whether the values go up (or down) with the rows, so that the next ones lie beyond the last one.
        examples: Some of its values, or all.
        shortened: Whether Python has fewer digits than some of its values: they lie up to a microsecond beyond.
    """

    column: Column
    lowest: list[Any]
    highest: list[Any]
    count: int
    further: int
    ordered: bool
    examples: list[Any]
    shortened: bool = False


def ends_of(reader: Reader, relation: Relation, evidence: Evidence, column: Column) -> Ends | None:
    """The ends of a column; None if it has infinities or too few values, or the database cannot hand them over."""
    name, count = column.name, evidence.counts[column.name]
    value: Any = relation[name]
    if column.family in NUMBERS:
        value = finite(relation, column)
        if evidence.finite[name] < count:
            return None
    most = looked_at(count) + 1
    filled = relation.select().where(value.is_not(None))
    found, printed = [], set[int]()
    cut = relation.dialect.cut(value, column)
    for order in (value.asc(), value.desc()):
        from_its_end = filled.order_by(order).limit(most)
        found.append(reader.rows(partial(_columns_of, from_its_end), [cut], printed))
    if printed:
        return None  # an infinite date, which Python cannot hold, is at an end
    try:
        lowest, highest = ([_known(row[0], column.family) for row in rows] for rows in found)
        examples = [_known(example, column.family) for example in evidence.examples[name]]
    except ValueError:
        return None  # a string where SQLite should hold a date
    if len(lowest) < 2:
        return None
    ordered = column.family not in ("float", "decimal") and grows(examples)
    longer = relation.dialect.shortened(value, column)
    shortened = longer is not None and reader.exists(relation.select(value).where(longer), relation.from_)
    return Ends(column, lowest, highest, count, evidence.next_count(count), ordered, examples, shortened)


def _columns_of(statement: Select[Any], columns: Sequence[ColumnElement[Any]]) -> Select[Any]:
    return statement.add_columns(*columns)


def ranges(ends: Ends, now: dt.datetime, wanted: Callable[[str, str], bool]) -> Iterator[Proposal]:
    """The range of all values, the usual range, and, for dates that reach up to now, how fresh they are."""
    name, family = ends.column.name, ends.column.family
    numbers = _Scale(family, ends.lowest[0], shortened=ends.shortened)
    fresh = family in ("date", "datetime") and _is_recent(ends, numbers, now)
    growing = ends.ordered or fresh

    def whole(error: float) -> dict[str, Any] | None:
        low, high = _bounds(ends, numbers, error, growing=growing)
        bounds = {side: bound for side, bound in (("min", low), ("max", high)) if bound is not None}
        rule = {"type": "in_range", "column": name, **bounds}
        if not bounds or not _piles_up(ends, numbers):
            return rule if bounds else None
        # A scale from 1 to 5 has an end, but one of 4, 6 and 8 may have its 3 in the next sample.
        return share_rule(rule, 0, ends.count, ends.further)(error)

    if wanted("in_range", name):
        yield Proposal(name, whole, ends.count)
        if not growing:
            yield from _usual(ends, numbers)
    if fresh and wanted("freshness", name):
        yield Proposal(name, lambda error: _freshness(ends, numbers, now, error), ends.count)


def _piles_up(ends: Ends, numbers: _Scale) -> bool:
    """Whether many values share the least or the greatest one; zeros are an end of their own, not a pile."""
    lowest, highest = ([numbers.number(value) for value in values] for values in (ends.lowest, ends.highest))
    return piles_up(highest) or (piles_up(lowest) and lowest[0] != 0)


def _usual(ends: Ends, numbers: _Scale) -> Iterator[Proposal]:
    """Where nine of ten values lie at least: it notices another unit or sign however far the tails reach."""
    rank = min(len(ends.lowest) - 1, math.floor(_UNUSUAL * ends.count))
    if rank < 1:
        return
    low, high = ends.lowest[rank - 1], ends.highest[rank - 1]
    if low == ends.lowest[0] and high == ends.highest[0]:
        return
    rule = {
        "type": "in_range",
        "column": ends.column.name,
        "min": numbers.plain(low),
        "max": numbers.plain(high, up=True),
        "name": f"in_range_{ends.column.name}_usual",
    }
    outside = 2 * rank - 1
    yield Proposal(ends.column.name, share_rule(rule, outside, ends.count, ends.further), ends.count, outside)


def _bounds(ends: Ends, numbers: _Scale, error: float, *, growing: bool) -> tuple[Any, Any]:
    """The bounds of all values: each with half of the error, none where the next values lie beyond any."""
    ratio = ends.further / ends.count
    lowest, highest = ([numbers.number(value) for value in values] for values in (ends.lowest, ends.highest))
    bottom, top = lowest[0], highest[0]
    low = reach([-value for value in lowest], error / 2, ratio)
    low = None if low is None else -low
    high = None if growing else reach(highest, error / 2, ratio)
    wide = _NO_BOUND * (top - bottom)
    if numbers.family in NUMBERS and bottom >= 0 and (low is None or low < 0):
        # Nothing is below 0, though it could be by the way the values thin out: is that by chance?
        by_nature = ends_at_zero([float(value) for value in ends.examples], ends.count, error / 2)
        low = 0.0 if by_nature else low
    if low is not None and bottom - low > wide:
        low = None
    if high is not None and high - top > wide:
        high = None
    step = numbers.step((top if high is None else high) - (bottom if low is None else low))
    return (
        None if low is None else numbers.bound(min(low, bottom), ends.lowest[0], step, up=False),
        None if high is None else numbers.bound(max(high, top), ends.highest[0], step, up=True),
    )


def _is_recent(ends: Ends, numbers: _Scale, now: dt.datetime) -> bool:
    """Whether the newest value is as young as the distances between the newest ones let expect."""
    age = now.timestamp() - numbers.number(ends.highest[0])
    return -_DAY <= age <= _DAY + 3 * max(_gaps(ends, numbers))


def _freshness(ends: Ends, numbers: _Scale, now: dt.datetime, error: float) -> dict[str, Any] | None:
    """The age of the newest value, or a day, and the longest distance to the next one that is to be expected."""
    gaps = sorted(_gaps(ends, numbers), reverse=True)
    longest = reach(gaps, error)
    if longest is None:
        return None
    age = max(_DAY, now.timestamp() - numbers.number(ends.highest[0]))
    return {"type": "freshness", "column": ends.column.name, "max_age": f"{math.ceil((age + longest) / _DAY)}d"}


def _gaps(ends: Ends, numbers: _Scale) -> list[float]:
    """The distances between the newest values that differ, in seconds."""
    newest = sorted({numbers.number(value) for value in ends.highest})
    return [new - old for old, new in itertools.pairwise(newest)] or [0.0]


def _known(value: Any, family: str) -> Any:
    """A number or date; ISO 8601 text, as SQLite holds dates, becomes one.

    Raises:
        ValueError: It is nothing of the kind.
    """
    if isinstance(value, str) and family not in NUMBERS:
        value = dt.datetime.fromisoformat(value) if len(value) > len("2024-01-01") else dt.date.fromisoformat(value)
        if family == "datetime":
            value = adapt(value, family)
    kinds: Any = (int, float, decimal.Decimal)
    if family not in NUMBERS:
        kinds = dt.datetime if family == "datetime" else dt.date
    if not isinstance(value, kinds) or (family == "date" and isinstance(value, dt.datetime)):
        raise ValueError(f"{value!r} is no {family}")
    return value


class _Scale:
    """A family of values as plain numbers and back: numbers as they are, dates as seconds in UTC."""

    def __init__(self, family: str, example: Any, *, shortened: bool = False) -> None:
        self.family = family
        self._shortened = shortened
        self._zone = example.tzinfo if isinstance(example, dt.datetime) else None

    def number(self, value: Any) -> float:
        """A value as a number."""
        if isinstance(value, dt.datetime):
            return (value if value.tzinfo else value.replace(tzinfo=dt.UTC)).timestamp()
        if isinstance(value, dt.date):
            return value.toordinal() * _DAY - dt.date(1970, 1, 1).toordinal() * _DAY
        return float(value)

    def step(self, width: float) -> float:
        """To what bounds are rounded: a hundredth of the range or less, whole integers, days, seconds."""
        fine = 10.0 ** (math.floor(math.log10(width)) - 2) if width > 0 else 0.0
        if self.family == "date" or (self.family == "datetime" and fine >= _DAY):
            return _DAY
        return max(fine, 1.0) if self.family in ("integer", "datetime") else fine

    def bound(self, number: float, end: Any, step: float, *, up: bool) -> Any:
        """A number as a bound of the values, rounded outwards; ``end`` as it is if the number is no other."""
        if number == self.number(end):
            return self.plain(end, up=up)
        if not step:
            return number
        rounded = (math.ceil if up else math.floor)(number / step) * step
        if self.family == "integer":
            return int(rounded)
        if self.family in ("date", "datetime"):
            return self._moment(rounded)
        # The shortest number: 0.30000000000000004 is what the multiplication leaves.
        shortest = float(f"{rounded:.12g}")
        return shortest if (shortest >= number if up else shortest <= number) else rounded

    def plain(self, value: Any, *, up: bool = False) -> Any:
        """A value as rules hold it: not above it, or not below it, where YAML has no such number."""
        if self._shortened and isinstance(value, dt.datetime):
            value += dt.timedelta.resolution if up else -dt.timedelta.resolution
        if isinstance(value, dt.date):
            return value.isoformat()
        if not isinstance(value, decimal.Decimal):
            return value
        if value == value.to_integral_value():
            return int(value)
        number = float(value)
        if decimal.Decimal(repr(number)) == value:
            return number
        return math.nextafter(number, math.inf if up else -math.inf)

    def _moment(self, seconds: float) -> str | None:
        try:
            moment = dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(seconds=seconds)
        except OverflowError:
            return None
        if self.family == "date":
            return moment.date().isoformat()
        return (moment if self._zone is not None else moment.replace(tzinfo=None)).isoformat()
