"""``freshness``: the newest value of a column is not too old."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from ..._shared.durations import duration_for_people, iso_duration, parse_duration
from ..._shared.wording import repr_of
from .. import options
from ..base import Aggregate, ColumnMetricCheck, EvaluationError, Outcome, count_where
from ..registry import register

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ...relation.relation import Relation


@register("freshness")
@dataclass(frozen=True, kw_only=True)
class Freshness(ColumnMetricCheck):
    """The newest date or timestamp is at most max_age old; fails if there is none. Naive timestamps are UTC.

    Args:
        max_age: The greatest age: seconds, 36h, 7d, PT36H, or a timedelta.
    """

    compares = False

    max_age: Any

    @property
    def exposes_values(self) -> bool:
        """The newest value is a value of the column."""
        return True

    def problems(self) -> Iterator[str]:
        """What is wrong with the options."""
        yield from super().problems()
        try:
            object.__setattr__(self, "max_age", iso_duration(parse_duration(self.max_age)))
        except ValueError as error:
            yield f"{self.label}: max_age: {error}."

    def misfits(self, relation: Relation) -> Iterator[str]:
        """A column without dates. SQLite stores dates as strings, so that a text column may hold them there."""
        families = {"date", "datetime"} | ({"text"} if relation.dialect.dates_are_text else set())
        yield from options.family_misfit(self.label, self.kind, relation.columns[self.column], families)

    def aggregates(self, relation: Relation) -> dict[str, Aggregate]:
        """The newest value."""
        value: Any
        value, other = relation.of_family(self.column, "datetime")
        conditions = relation.among([], self.where)
        others = {} if other is None else {"others": ((id(self), "others"), count_where(other, *conditions))}
        if conditions:
            value = sa.case((sa.and_(*conditions), value))
        value = relation.dialect.cut(value, relation.columns[self.column])  # less than a microsecond of an age
        newest = (("newest", self.column, self.where), sa.func.max(value))
        return {**super().aggregates(relation), **others, "newest": newest}

    def outcome(self, relation: Relation, measured: Mapping[str, Any]) -> Outcome:
        """Passed if the newest value is recent enough."""
        del relation
        considered, newest = int(measured["considered_rows"]), measured["newest"]
        if others := int(measured.get("others", 0)):
            raise EvaluationError(
                f"{others:,} of {considered:,} values of {self.column} {'is' if others == 1 else 'are'} no date"
            )
        if newest is None:
            return Outcome(False, "There is no value.", None, considered)
        moment = _moment(newest)
        age = dt.datetime.now(dt.UTC) - moment
        allowed = parse_duration(self.max_age)
        message = (
            f"The newest value is {moment.isoformat()}, {duration_for_people(age)} old; at most "
            f"{duration_for_people(allowed)} is allowed."
        )
        passed = age <= allowed
        return Outcome(passed, message, None, considered, newest, {"age_seconds": age.total_seconds()})


def _moment(value: Any) -> dt.datetime:
    """A date, timestamp or ISO 8601 string as a timestamp in UTC."""
    if isinstance(value, str):
        try:
            value = dt.datetime.fromisoformat(value)
        except ValueError:
            raise EvaluationError(f"the newest value {repr_of(value)} is not an ISO 8601 date") from None
    if not isinstance(value, dt.date):
        raise EvaluationError(f"the newest value {repr_of(value)} ({type(value).__name__}) is not a date")
    if not isinstance(value, dt.datetime):
        value = dt.datetime.combine(value, dt.time())
    moment: dt.datetime = value
    return moment.replace(tzinfo=dt.UTC) if moment.tzinfo is None else moment.astimezone(dt.UTC)
