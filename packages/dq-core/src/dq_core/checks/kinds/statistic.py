"""``statistic``: a statistic of a column is between two bounds."""

from __future__ import annotations

import datetime as dt
import decimal
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

import sqlalchemy as sa

from ..._shared.arguments import number
from ..._shared.moments import is_finer
from ..._shared.wording import repr_of
from ...relation.scale import scale_of
from ...relation.selection import OneValue
from ...relation.type_family import MOMENTS, NUMBERS, ORDERED
from ...report.view import number_text
from .. import options
from ..base import Aggregate, ColumnMetricCheck, EvaluationError, Outcome, count_where, expectation, outside
from ..registry import register

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from ...relation.relation import Relation
    from ...relation.selection import FollowUp

_IN_THE_SCAN = frozenset({"min", "max", "mean", "sum"})
STATISTICS = ("min", "max", "mean", "median", "sum", "stddev")
_EPOCH = dt.datetime(1970, 1, 1)  # noqa: DTZ001 (such columns have no zone)
_INFINITE = 2**63 - 1
#: How many of the last digits of a double a mean, computed in doubles, may be away from the exact one.
_NEAR = 4


@register("statistic")
@dataclass(frozen=True, kw_only=True)
class Statistic(ColumnMetricCheck):
    """A statistic of the column is between min and max; passes if there is no value. stddev is the sample's.

    The mean of booleans is the share of those that are true, and the sum is their number.

    Args:
        statistic: One of min, max, mean, median, sum or stddev.
        min: The least value allowed.
        max: The greatest value allowed.
        strict_min: Whether min itself is not allowed.
        strict_max: Whether max itself is not allowed.
    """

    variants: ClassVar[Mapping[str, Callable[[str], bool]]] = {"statistic": STATISTICS.__contains__}

    statistic: str
    min: Any = None
    max: Any = None
    strict_min: bool = False
    strict_max: bool = False

    @property
    def exposes_values(self) -> bool:
        """The least and greatest value, and the median, are values of the column."""
        return self.statistic in ("min", "max", "median")

    @property
    def default_name(self) -> str:
        """The statistic is part of the name."""
        return "_".join(map(options.name_part, (self.kind, self.statistic, self.column)))

    def problems(self) -> Iterator[str]:
        """What is wrong with the options."""
        yield from super().problems()
        given: object = self.statistic
        if not isinstance(given, str) or given not in STATISTICS:
            yield (
                f"{self.label}: statistic must be one of {', '.join(STATISTICS)}, not {repr_of(self.statistic)}."
                f"{options.question(self.statistic, STATISTICS)}"
            )
        yield from options.bounds(
            self.label, self.min, self.max, strict_min=self.strict_min, strict_max=self.strict_max
        )

    def misfits(self, relation: Relation) -> Iterator[str]:
        """A column that has no such statistic, or bounds that cannot be compared with it."""
        column = relation.columns[self.column]
        families = ORDERED if self.statistic in ("min", "max") else NUMBERS
        if self.statistic in ("mean", "sum"):
            families |= {"boolean"}
        yield from options.family_misfit(self.label, self.statistic, column, families - {"mixed", "unknown"})
        for name, bound in (("min", self.min), ("max", self.max)):
            if bound is not None and column.family == "boolean":
                for problem in number(f"{self.label}: {name}", bound):
                    yield f"{problem} ({column.name} is {column.type_name})"
            elif bound is not None:
                yield from options.misfit(self.label, name, column, bound)

    def _family(self, relation: Relation) -> str:
        """The family as which the values are read."""
        family = relation.columns[self.column].family
        if self.statistic not in ("min", "max"):
            return family if family in NUMBERS or family == "boolean" else "decimal"
        return relation.family_for(self.column, self.max if self.min is None else self.min)

    def aggregates(self, relation: Relation) -> dict[str, Aggregate]:
        """The considered rows and, unless it needs a statement of its own, the statistic."""
        measures = super().aggregates(relation)
        value: Any
        value, other = relation.of_family(self.column, self._family(relation))
        conditions = relation.among([], self.where)
        if relation.columns[self.column].family == "boolean":
            other = relation.dialect.stored_otherwise(relation[self.column], frozenset({"boolean"}))
            value = sa.case((value, 1), (value.is_not(None), 0))
        if other is not None:
            measures["others"] = ((id(self), "others"), count_where(other, *conditions))
        if self.statistic in _IN_THE_SCAN:
            if self.statistic in ("min", "max"):
                number = self._nanoseconds(relation)
                value = relation.dialect.ordered(value, relation.columns[self.column].family)
                value = value if number is None else number
            if conditions:
                value = sa.case((sa.and_(*conditions), value))
            key = (self.statistic, self.column, self.where)
            measures["value"] = (key, self._function(relation)(value))
        elif self.statistic == "stddev":
            if conditions:
                value = sa.case((sa.and_(*conditions), value))
            measures["least"] = (("min", self.column, self.where), sa.func.min(value))
            measures["greatest"] = (("max", self.column, self.where), sa.func.max(value))
        return measures

    def _function(self, relation: Relation) -> Callable[[Any], Any]:
        column, dialect = relation.columns[self.column], relation.dialect
        match self.statistic:
            case "mean":
                return lambda value: dialect.mean(value, column)
            case "sum":
                return lambda value: dialect.total(value, column)
        return sa.func.min if self.statistic == "min" else sa.func.max

    def follow_up(self, relation: Relation, measured: Mapping[str, Any]) -> FollowUp | None:
        """Median and variance require statements of their own in some databases, as does what is not finite."""
        if measured.get("others"):
            return None
        if self.statistic == "stddev":
            return self._deviation(relation, measured)
        if self.statistic == "median":
            return self._median(relation, measured)
        if self.statistic in ("mean", "sum") and _has_no_number(measured["value"], measured):
            return self._refuse_overflow(relation, measured)
        return None

    def _median(self, relation: Relation, measured: Mapping[str, Any]) -> FollowUp:
        of = relation
        if relation.columns[self.column].untyped is not None:
            of = relation.reading(self.column, "float", as_double=True)
        found = yield from relation.dialect.median(of, self.column, self.where)
        if _has_no_number(found["value"], measured):
            yield from self._refuse_overflow(relation, measured)
        return found

    def _refuse_overflow(self, relation: Relation, measured: Mapping[str, Any]) -> FollowUp:
        """Of finite numbers only, a statistic that is not finite is one that no double holds, or a step to it."""
        value, _ = relation.of_family(self.column, self._family(relation))
        conditions = relation.among([value.is_not(None)], self.where)
        least = yield OneValue(relation.select(sa.func.min(value)).where(*conditions))
        greatest = yield OneValue(relation.select(sa.func.max(value)).where(*conditions))
        if not any(map(_is_not_finite, (least, greatest))):
            self._refuse_beyond_doubles(measured)
        return {}

    def _refuse_beyond_doubles(self, measured: Mapping[str, Any]) -> NoReturn:
        raise EvaluationError(
            f"the {self.statistic} of {int(measured['considered_rows']):,} numbers, all of which are finite, is beyond "
            "the range of doubles, or a step of its computation is"
        )

    def _deviation(self, relation: Relation, measured: Mapping[str, Any]) -> FollowUp:
        least, greatest = measured["least"], measured["greatest"]
        if any(map(_is_not_finite, (least, greatest))):
            # NaN is the greatest of all where it has an order, and the distance from infinity is infinite or none.
            return {"value": math.nan if int(measured["considered_rows"]) > 1 else None}
        value, _ = relation.of_family(self.column, self._family(relation))
        scale = scale_of(least, greatest)
        scaled = value if scale is None else scale.of(value, relation, self.column)
        found = yield from relation.dialect.variance(relation, scaled, self.where)
        variance = found["value"]
        deviation = None if variance is None else math.sqrt(variance) * (scale.factor if scale else 1)
        if deviation == math.inf:
            self._refuse_beyond_doubles(measured)
        return {"value": deviation}

    def _refuse_lost_digits(self, value: float, *bounds: Any) -> None:
        """A mean or median of exact numbers is a double: beyond 2^53 it may be on the other side of a bound so near."""
        if not 2**53 <= abs(value) < math.inf:
            return
        for bound in bounds:
            if isinstance(bound, int) or (isinstance(bound, float | decimal.Decimal) and math.isfinite(bound)):
                apart = abs(decimal.Decimal(bound) - decimal.Decimal(value))
                if apart <= _NEAR * decimal.Decimal(math.ulp(value)):
                    raise EvaluationError(
                        f"the {self.statistic} is {value!r} to the digits of a double, which are too few to tell it "
                        f"from {bound}"
                    )

    def _refuse_others(self, relation: Relation, measured: Mapping[str, Any]) -> None:
        """No statistic leaves out values of other families."""
        others = int(measured.get("others", 0))
        if others:
            what = {
                "boolean": "no boolean",
                "text": "no text",
                "datetime": "no date",
                "date": "no date",
                "time": "no time",
            }
            raise EvaluationError(
                f"{others:,} of {int(measured['considered_rows']):,} values of {self.column} "
                f"{'is' if others == 1 else 'are'} {what.get(self._family(relation), 'no number')}"
            )

    def outcome(self, relation: Relation, measured: Mapping[str, Any]) -> Outcome:
        """Passed if the statistic is within the bounds, or does not exist."""
        self._refuse_others(relation, measured)
        considered, value = int(measured["considered_rows"]), measured["value"]
        if value is None and considered and self.statistic in ("mean", "median", "sum"):
            # Of infinity and its opposite there is none; SQLite says so by NULL.
            return self._judged(math.nan, considered, passed=False)
        if value is None:
            return Outcome(True, f"There is no value, so there is no {self.statistic}.", None, considered)
        if self.statistic in ("min", "max") and self._nanoseconds(relation) is not None:
            return self._of_nanoseconds(relation, int(value), considered)
        if isinstance(value, str) and self._is_text_of_moment(relation) and is_finer(value):
            return self._of_nanoseconds(relation, _read_nanoseconds(value), considered)
        if isinstance(value, dt.timedelta) and dt.timedelta() <= value < dt.timedelta(days=1):
            # The drivers of MariaDB hand over a TIME, which may be longer than a day, so.
            value = (dt.datetime.fromtimestamp(0, dt.UTC) + value).time()
        if isinstance(value, str) and self._family(relation) in NUMBERS:
            # Integers of any length come so out of aggregates.
            value = int(value)
        value = self._moment(relation, value)
        low, high = (self._bound(relation, bound, value) for bound in (self.min, self.max))
        if type(value) is dt.date and any(isinstance(bound, dt.datetime) for bound in (low, high)):
            # Columns without a declared type have dates, and bounds that may have a time.
            value = dt.datetime.combine(value, dt.time())
        if isinstance(value, float) and self._family(relation) != "float":
            self._refuse_lost_digits(value, low, high)
        try:
            passed = not outside(value, low, high, strict_min=self.strict_min, strict_max=self.strict_max)
        except TypeError:
            raise EvaluationError(
                f"the {self.statistic} {repr_of(value)} ({type(value).__name__}) cannot be compared with the bounds"
            ) from None
        return self._judged(value, considered, passed=passed)

    def _judged(self, value: Any, considered: int, *, passed: bool) -> Outcome:
        message = f"The {self.statistic} is {number_text(value)}; expected {expectation(self)}."
        return Outcome(passed, message, None, considered, value)

    def _nanoseconds(self, relation: Relation) -> Any:
        """The moments as whole numbers of nanoseconds, where they have more digits than those of Python."""
        return relation.dialect.nanoseconds(relation[self.column], relation.columns[self.column])

    def _of_nanoseconds(self, relation: Relation, value: int, considered: int) -> Outcome:
        """The outcome for a moment in nanoseconds since 1970, or since midnight."""
        if abs(value) == _INFINITE:
            raise EvaluationError(f"the {self.statistic} is infinite")
        bounds = (None if one is None else relation.adapted(self.column, one) for one in (self.min, self.max))
        low, high = (None if bound is None else _in_nanoseconds(bound) for bound in bounds)
        passed = not outside(value, low, high, strict_min=self.strict_min, strict_max=self.strict_max)
        shown = _printed(value, time=relation.columns[self.column].family == "time")
        return self._judged(shown, considered, passed=passed)

    def _is_text_of_moment(self, relation: Relation) -> bool:
        """Whether the database stores what is measured as strings, and it is dates, moments or times."""
        return relation.dialect.dates_are_text and self._family(relation) in MOMENTS | {"time"}

    def _moment(self, relation: Relation, value: Any) -> Any:
        """What the database returned; where it stores dates as strings, the date, timestamp or time."""
        family = self._family(relation)
        if not isinstance(value, str) or not self._is_text_of_moment(relation):
            return value
        if family == "time":
            return dt.time.fromisoformat(value)
        moment = dt.datetime.fromisoformat(value)
        if relation.columns[self.column].zoned:
            return moment.replace(tzinfo=dt.UTC)
        return moment.date() if family == "date" and moment.time() == dt.time() else moment

    def _bound(self, relation: Relation, bound: Any, value: Any) -> Any:
        """A bound as something to compare with what the database returned."""
        if bound is None:
            return None
        booleans = relation.columns[self.column].family == "boolean"
        adapted = bound if booleans else relation.adapted(self.column, bound)
        if isinstance(value, decimal.Decimal) and isinstance(adapted, float):
            return decimal.Decimal(str(adapted))
        if isinstance(value, float) and isinstance(adapted, decimal.Decimal):
            # As databases compare a float with a decimal, and `in_range` does: a float is never exactly 0.1.
            return float(adapted)
        return adapted


def _has_no_number(value: Any, measured: Mapping[str, Any]) -> bool:
    """Whether a statistic is infinite, NaN, or NULL although there are values."""
    return bool(measured["considered_rows"]) if value is None else _is_not_finite(value)


def _is_not_finite(value: Any) -> bool:
    return isinstance(value, float | decimal.Decimal) and not options.is_finite(value)


def _in_nanoseconds(bound: dt.date | dt.time) -> int:
    """A bound as nanoseconds since 1970, or since midnight."""
    if isinstance(bound, dt.datetime):
        moment = bound.replace(tzinfo=None)  # with a zone it is in UTC
    else:
        day, time = (_EPOCH, bound) if isinstance(bound, dt.time) else (bound, dt.time())
        moment = dt.datetime.combine(day, time)
    return (moment - _EPOCH) // dt.timedelta(microseconds=1) * 1000


def _read_nanoseconds(text: str) -> int:
    """The string of a moment or time as in `_in_nanoseconds`; what is left of a nanosecond counts as a whole one."""
    whole, _, digits = text.partition(".")
    seconds = _in_nanoseconds(dt.datetime.fromisoformat(whole) if "-" in whole else dt.time.fromisoformat(whole))
    return seconds + math.ceil(decimal.Decimal(f"0.{digits}") * 10**9)


def _printed(nanoseconds: int, *, time: bool) -> str:
    """A moment, or a time, with all its digits."""
    if time and nanoseconds == 24 * 3600 * 10**9:
        return "24:00:00"
    whole, rest = divmod(nanoseconds, 1000)
    moment = _EPOCH + dt.timedelta(microseconds=whole)
    text = (moment.time() if time else moment).isoformat(timespec="microseconds" if rest else "auto")
    return f"{text}{rest:03}" if rest else text
