"""Which rules hold for a column, and on how many rows they were tried."""

from __future__ import annotations

import decimal
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from ..checks import parse
from ..relation.selection import count_where
from ..relation.type_family import NUMBERS
from .confidence import lower_limit, unique_limit
from .evidence import FOLDS
from .patterns import pattern_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from ..checks.base import Check
    from ..relation.column import Column
    from ..relation.relation import Relation
    from ..run.reader import Reader
    from ..run.sampling import HashedRows
    from .evidence import Evidence, Extremes

    Wanted = Callable[[str, str], bool]

__all__ = ["Proposal", "Proposer"]

_KEYS = frozenset({"integer", "text", "uuid"})
_CATEGORIES = frozenset({"integer", "text"})
_TYPES = {
    "integer": "integer", "float": "float", "decimal": "decimal", "boolean": "boolean", "text": "text", "date": "date",
    "datetime": "timestamp", "time": "time", "interval": "interval", "binary": "binary", "uuid": "uuid", "json": "json",
    "list": "list", "struct": "struct",
}  # fmt: skip
_EXAMPLES = 1000


@dataclass(frozen=True)
class Proposal:
    """A rule that all rows obey, and its evidence."""

    rule: dict[str, Any]
    rows: int
    exceptions: int
    confidence: float

    @classmethod
    def tried(cls, rule: dict[str, Any], rows: int, exceptions: int = 0) -> Proposal:
        """A rule that was tried on this many rows."""
        return cls(rule, rows, exceptions, lower_limit(rows, exceptions))


@dataclass(frozen=True)
class _Trial:
    """A rule to try: what to count for it, and what the counts say."""

    counts: dict[str, sa.ColumnElement[Any]]
    judge: Callable[[Mapping[str, int]], Proposal | None]


class Proposer:
    """Finds the rules of all columns together, so that one statement serves as many as possible."""

    def __init__(
        self,
        reader: Reader,
        hashed: HashedRows,
        relation: Relation,
        evidence: Evidence,
        *,
        explicit: bool,
        categories: int,
    ) -> None:
        self.reader = reader
        self.hashed = hashed
        self.relation = relation
        self.evidence = evidence
        self.explicit = explicit
        self.categories = categories

    def proposals(self, columns: Sequence[Column], wanted: Wanted) -> list[Proposal]:
        """All rules that hold, of any confidence."""
        filled = [column for column in columns if self.evidence.counts[column.name]]

        def of(kind: str, families: frozenset[str]) -> list[str]:
            return [column.name for column in filled if column.family in families and wanted(kind, column.name)]

        found = [self._not_null(column.name) for column in filled if wanted("not_null", column.name)]
        unique = self._unique(of("unique", _KEYS))
        sets = self._in_set(of("in_set", _CATEGORIES))
        known = set() if self.explicit else set(sets)
        keys = set() if self.explicit else self._serials(columns)
        texts = frozenset({"text"})
        trials = [self._type(self.relation.columns[name]) for name in of("type", frozenset(_TYPES))]
        for name in of("in_range", NUMBERS):
            if name not in known | keys:
                trials += self._range(name)
        trials += [self._length(name) for name in of("length", texts) if name not in known]
        for name in of("regex", texts):
            if name not in known:
                trials += self._regex(name)
        found += [*unique.values(), *sets.values(), *self._tried(trials)]
        return [proposal for proposal in found if proposal is not None]

    def _serials(self, columns: Sequence[Column]) -> set[str]:
        """Integers that are all different: they identify rows and keep growing."""
        names = [
            column.name
            for column in columns
            if column.family == "integer" and self._all_differ(self.evidence.examples[column.name])
        ]
        return set(names)

    @staticmethod
    def _all_differ(examples: list[Any]) -> bool:
        return len(examples) > 1 and len(set(examples)) == len(examples)

    def _not_null(self, name: str) -> Proposal | None:
        rows = self.evidence.rows
        if self.evidence.counts[name] < rows:
            return None
        return Proposal.tried({"type": "not_null", "column": name}, rows)

    def _unique(self, names: list[str]) -> dict[str, Proposal]:
        """Columns without a repeated value among the examples are counted exactly."""
        candidates = [
            name for name in names if len(set(self.evidence.examples[name])) == len(self.evidence.examples[name])
        ]
        checks: dict[str, Check] = {name: parse([{"type": "unique", "column": name}])[0] for name in candidates}
        needed = {
            (name, what): aggregate
            for name, check in checks.items()
            for what, (_, aggregate) in check.aggregates(self.relation).items()
        }
        measured = self.reader.aggregates(self.relation, needed) if needed else {}
        found = {}
        for name, check in checks.items():
            known = {what: value for (column, what), value in measured.items() if column == name}
            follow_up = check.follow_up(self.relation, known)
            if follow_up is not None and not self.reader.follow(follow_up)["failed_rows"]:
                rows = self.evidence.counts[name]
                found[name] = Proposal({"type": "unique", "column": name}, rows, 0, unique_limit(rows))
        return found

    def _in_set(self, names: list[str]) -> dict[str, Proposal]:
        """Columns of few distinct values; a value in only one fold is an exception."""
        found = {}
        for name in names:
            if len(set(self.evidence.examples[name])) > self.categories:
                continue
            value, fold = self.hashed.relation[name], self.hashed.fold(FOLDS)
            statement = (
                self.hashed.relation.select(
                    value.label("value"),
                    sa.func.count().label("n"),
                    sa.func.min(fold).label("first"),
                    sa.func.max(fold).label("last"),
                )
                .where(value.is_not(None))
                .group_by(value)
                .limit(self.categories + 1)
            )
            rows = self.reader.fetch(statement)
            if len(rows) > self.categories or any(not isinstance(row.value, int | str) for row in rows):
                continue
            exceptions = sum(int(row.n) for row in rows if row.first == row.last)
            values = sorted((row.value for row in rows), key=lambda value: (str(type(value)), value))
            rule = {"type": "in_set", "column": name, "values": values}
            if exceptions < self.evidence.counts[name]:
                found[name] = Proposal.tried(rule, self.evidence.counts[name], exceptions)
        return found

    def _tried(self, trials: Sequence[_Trial]) -> list[Proposal | None]:
        """Rules that are tried by counting: all of them in one statement."""
        needed = {(place, what): one for place, trial in enumerate(trials) for what, one in trial.counts.items()}
        counted = self.reader.aggregates(self.hashed.relation, needed) if needed else {}
        return [
            trial.judge({what: int(counted[place, what]) for what in trial.counts})
            for place, trial in enumerate(trials)
        ]

    def _type(self, column: Column) -> _Trial:
        rule = {"type": "type", "column": column.name, "dtype": _TYPES[column.family]}
        broken = count_where(_failing(rule, self.hashed.relation))
        rows = self.evidence.counts[column.name]
        return _Trial({"broken": broken}, lambda found: None if found["broken"] else Proposal.tried(rule, rows))

    def _range(self, name: str) -> Iterator[_Trial]:
        """Nothing if there are infinities, which are in no range."""
        rows, bounds = self.evidence.counts[name], self.evidence.ranges.get(name)
        if bounds is not None and self.evidence.finite[name] == rows:
            rule = {"type": "in_range", "column": name, "min": _bound(bounds.low), "max": _bound(bounds.high, up=True)}
            beyond = self._outside(bounds, self.hashed.relation[name])
            yield _Trial({"beyond": beyond}, lambda found: Proposal.tried(rule, rows, found["beyond"]))

    def _length(self, name: str) -> _Trial:
        rows, bounds = self.evidence.counts[name], self.evidence.lengths[name]
        rule = {"type": "length", "column": name, "min": int(bounds.low), "max": int(bounds.high)}
        beyond = self._outside(bounds, self.hashed.relation.dialect.length(self.hashed.relation[name]))
        return _Trial({"beyond": beyond}, lambda found: Proposal.tried(rule, rows, found["beyond"]))

    def _regex(self, name: str) -> Iterator[_Trial]:
        """Nothing if the examples have no pattern. They are in the first fold; the pattern is tried on the others."""
        pattern = pattern_of([str(text) for text in self.evidence.examples[name]])
        if pattern is None:
            return
        others, unlike = self.hashed.fold(FOLDS) != 0, self._unlike(name, pattern)
        counts = {
            "tried": count_where(others, self.hashed.relation[name].is_not(None)),
            "unlike": count_where(others, unlike),
            "all unlike": count_where(unlike),
        }

        def judge(found: Mapping[str, int]) -> Proposal | None:
            widened = self._widened(name, pattern) if found["all unlike"] else pattern
            rule = {"type": "regex", "column": name, "pattern": widened}
            return None if widened is None else Proposal.tried(rule, found["tried"], found["unlike"])

        yield _Trial(counts, judge)

    def _outside(self, bounds: Extremes, value: sa.ColumnElement[Any]) -> sa.ColumnElement[int]:
        """The rows outside of the range of the other folds; only the fold with an extreme can have any."""
        fold = self.hashed.fold(FOLDS)
        beyond: list[sa.ColumnElement[bool]] = [sa.false()]
        if bounds.low_fold is not None:
            below = value.is_not(None) if bounds.others_low is None else value < sa.literal(bounds.others_low)
            beyond.append(sa.and_(fold == bounds.low_fold, below))
        if bounds.high_fold is not None:
            above = value.is_not(None) if bounds.others_high is None else value > sa.literal(bounds.others_high)
            beyond.append(sa.and_(fold == bounds.high_fold, above))
        return count_where(sa.or_(*beyond))

    def _unlike(self, name: str, pattern: str) -> sa.ColumnElement[bool]:
        return _failing({"type": "regex", "column": name, "pattern": pattern}, self.hashed.relation)

    def _widened(self, name: str, pattern: str) -> str | None:
        """A wider pattern that all rows match, the exceptions included, if there is one."""
        relation = self.hashed.relation
        rows = self.reader.fetch(relation.select(relation[name]).where(self._unlike(name, pattern)).limit(_EXAMPLES))
        wider = pattern_of([*map(str, self.evidence.examples[name]), *(str(row[0]) for row in rows)])
        if wider is None:
            return None
        left = self.reader.aggregates(relation, {name: count_where(self._unlike(name, wider))})
        return None if left[name] else wider


def _failing(rule: dict[str, Any], relation: Relation) -> sa.ColumnElement[bool]:
    """The predicate of the rows that break a rule about rows."""
    (check,) = parse([rule])
    failing = check.failing(relation)
    return sa.false() if failing is None else failing


def _bound(value: Any, *, up: bool = False) -> Any:
    """A bound that YAML can hold: not above the least value, or not below the greatest."""
    if not isinstance(value, decimal.Decimal):
        return value
    if value == value.to_integral_value():
        return int(value)
    number = float(value)
    if decimal.Decimal(repr(number)) == value:
        return number
    return math.nextafter(number, math.inf if up else -math.inf)
