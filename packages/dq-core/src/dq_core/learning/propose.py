"""Which rules could be learned of which column."""

from __future__ import annotations

import contextlib
import datetime as dt
import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from ..checks import parse
from ..profiling.prediction import most_unknown
from ..relation.selection import count_where
from ..relation.type_family import NUMBERS
from ..run.follow_ups import follow_all
from ..run.reader import StatementError
from .proposal import Proposal, share_rule
from .ranges import ends_of, ranges
from .structure import are_uuids, expected_repeats, is_key, is_measured, names_rows, span_of_texts
from .texts import Texts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from ..checks.base import Check
    from ..relation.column import Column
    from ..relation.relation import Relation
    from ..run.reader import Reader
    from ..run.sampling import HashedRows
    from .evidence import Evidence

    Wanted = Callable[[str, str], bool]

__all__ = ["Proposer", "certain"]

_KEYS = frozenset({"integer", "text", "uuid"})
_CATEGORIES = frozenset({"integer", "text", "boolean"})
_MOMENTS = frozenset({"date", "datetime"})
_TYPES = {
    "integer": "integer", "float": "float", "decimal": "decimal", "boolean": "boolean", "text": "text", "date": "date",
    "datetime": "timestamp", "time": "time", "interval": "interval", "binary": "binary", "uuid": "uuid", "json": "json",
    "list": "list", "struct": "struct",
}  # fmt: skip
#: From this share on, a value is what a column nearly always holds.
_NEARLY_ALL = 0.9
#: A set that misses more of the next rows than this is none.
_OPEN = 0.1
#: The error of a guess about a key that only decides whether its range is worth a rule.
_GUESS = 0.001


@dataclass(frozen=True)
class Proposer:
    """Finds the rules of all columns.

    Attributes:
        reader: Runs the statements.
        hashed: The rows, each with its hash.
        evidence: What is known of them.
        explicit: Whether rules are wanted that a stronger rule makes unnecessary.
        categories: The most different values of a set.
    """

    reader: Reader
    hashed: HashedRows
    evidence: Evidence
    explicit: bool
    categories: int

    @property
    def relation(self) -> Relation:
        """The rows."""
        return self.hashed.relation

    def proposals(self, columns: Sequence[Column], wanted: Wanted) -> list[Proposal]:
        """All rules that hold for the rows."""
        filled = [column for column in columns if self.evidence.counts.get(column.name)]
        # Of values that cannot be handed over it is known how many there are, and nothing else.
        known = [column for column in filled if column.name not in self.evidence.odd]

        def of(kind: str, families: frozenset[str]) -> list[Column]:
            return [column for column in known if column.family in families and wanted(kind, column.name)]

        repeats = self._repeats([column for column in known if column.family in _KEYS])
        found = [
            self._unique(column.name, repeats[column.name]) for column in of("unique", _KEYS) if column.name in repeats
        ]
        for column in filled:
            kind = "not_null" if self.evidence.counts[column.name] == self.evidence.rows else "completeness"
            if wanted(kind, column.name):
                found.append(self._complete(kind, column.name, repeats.get(column.name, 0.0)))
        sets = {column.name: list(self._sets(column)) for column in of("in_set", _CATEGORIES)}
        settled = {name for name, proposals in sets.items() if proposals and not self.explicit}
        found += [proposal for proposals in sets.values() for proposal in proposals]
        found += self._types(of("type", frozenset(_TYPES)))
        for column in known:
            ranged = wanted("in_range", column.name) or wanted("freshness", column.name)
            unsettled = column.family in NUMBERS | _MOMENTS and column.name not in settled
            if ranged and unsettled and (self.explicit or not self._is_key(column, repeats)):
                found += self._ranges(column, wanted)
        texts = Texts(self.reader, self.hashed, self.evidence)
        for column in known:
            if column.family == "text" and column.name not in settled:
                found += self._of_texts(texts, column.name, wanted)
        return found

    def _repeats(self, columns: Sequence[Column]) -> dict[str, float]:
        """The columns whose values are all different, and how many pairs of equal ones would be there by chance."""
        examples = self.evidence.examples
        candidates = [column for column in columns if len(set(examples[column.name])) == len(examples[column.name])]
        checks: dict[str, Check] = {
            column.name: parse([{"type": "unique", "column": column.name}])[0] for column in candidates
        }
        needed = {
            (name, what): aggregate
            for name, check in checks.items()
            for what, (_, aggregate) in check.aggregates(self.relation).items()
        }
        measured = self.reader.aggregates(self.relation, needed) if needed else {}
        different, follow_ups = set(), {}
        for name, check in checks.items():
            known = {what: value for (one, what), value in measured.items() if one == name}
            follow_up = check.follow_up(self.relation, known)
            if "failed_rows" in known:  # counted in the scan
                different |= {name} if known["considered_rows"] > 1 and not known["failed_rows"] else set()
            elif follow_up is not None:
                follow_ups[name] = follow_up
        followed = follow_all(follow_ups, self.reader)
        refused = next((one for one in followed.values() if isinstance(one, Exception)), None)
        if refused is not None:
            raise refused
        different |= {name for name, one in followed.items() if isinstance(one, dict) and not one["failed_rows"]}
        return {column.name: self._by_chance(column) for column in candidates if column.name in different}

    def _by_chance(self, column: Column) -> float:
        name, count = column.name, self.evidence.counts[column.name]
        if column.family == "integer":
            least, greatest = self.evidence.spans[name]
            span = float(min(greatest - least + 1, 10**300))
        else:
            texts = [str(text) for text in self.evidence.examples[name]]
            span = 0.0 if are_uuids(texts) else span_of_texts(texts)
        if span == 0 or names_rows(name):
            # Made or named to be different: a key however many values there could be, if there are some to tell by.
            return count * math.log(2)
        return expected_repeats(count, span)

    def _is_key(self, column: Column, repeats: Mapping[str, float]) -> bool:
        """Whether a column holds names of rows: they go on growing, and no range says anything about them."""
        name = column.name
        return column.family == "integer" and (names_rows(name) or is_key(repeats.get(name, 0.0), _GUESS))

    def _unique(self, name: str, repeats: float) -> Proposal:
        """Keys have no exception; of other columns, some rows of the next sample may repeat a value."""
        rule, count = {"type": "unique", "column": name}, self.evidence.counts[name]
        some = share_rule(rule, 0, count, self.evidence.next_count(count), at_a_time=2)

        def make(error: float) -> dict[str, Any] | None:
            return rule if is_key(repeats, error) else some(error)

        return Proposal(name, make, count, strict=rule)

    def _complete(self, kind: str, name: str, repeats: float) -> Proposal:
        """Keys have no NULL; of other columns, some rows of the next sample may have one."""
        count, rows = self.evidence.counts[name], self.evidence.rows
        rule = {"type": kind, "column": name}
        some = share_rule(rule, rows - count, rows, self.evidence.further)

        def make(error: float) -> dict[str, Any] | None:
            return rule if kind == "not_null" and is_key(repeats, error) else some(error)

        return Proposal(name, make, rows, rows - count, rule if count == rows else None)

    def _sets(self, column: Column) -> Iterator[Proposal]:
        """The values of a column of few, and the value that nearly all rows have.

        How many rows of the next sample have a value that is not known yet is told by the values that were met once,
        twice and three times; see `most_unknown`.
        """
        name, count = column.name, self.evidence.counts[column.name]
        # Documents are the same by what they mean, where `in_set` compares their text.
        if column.is_json or len(set(self.evidence.examples[name])) > self.categories:
            return
        value = self.relation[name]
        groups = self.relation.groups(name)
        printed: set[int] = set()
        fetched = self.reader.rows(
            lambda chosen: (
                self.relation.select(*chosen, sa.func.count())
                .where(value.is_not(None))
                .group_by(*groups)
                .limit(self.categories + 1)
            ),
            [value],
            printed,
        )
        rows = [*map(tuple, fetched)]
        if printed or len(rows) > self.categories or not all(_is_of(row[0], column.family) for row in rows):
            return
        counts = Counter({bool(row[0]) if column.family == "boolean" else row[0]: int(row[1]) for row in rows})
        measured = column.family == "integer" and is_measured(counts)
        further, open_set = self.evidence.next_count(count), True
        rare = sum(number for number in counts.values() if number <= 2)
        if column.family != "boolean" and not measured and rare <= _OPEN * count:
            values = sorted(counts, key=lambda value: (str(type(value)), value))
            rule = {"type": "in_set", "column": name, "values": values}
            strict, open_set = None if rare else rule, False
            met = Counter(counts.values())

            def limit(error: float) -> int:
                return most_unknown((met[1], met[2], met[3]), count, further, error)

            yield Proposal(name, share_rule(rule, met[1], count, further, limit=limit), count, rare, strict)
        ((usual, number),) = counts.most_common(1)
        if _NEARLY_ALL * count <= number and not measured and (len(counts) > 1 or open_set):
            rule = {"type": "in_set", "column": name, "values": [usual], "name": f"in_set_{name}_usual"}
            yield Proposal(name, share_rule(rule, count - number, count, further), count, count - number)

    def _types(self, columns: Sequence[Column]) -> list[Proposal]:
        """The types, where no stored value is of another one: a type is not a matter of shares."""
        rules = {
            column.name: {"type": "type", "column": column.name, "dtype": _TYPES[column.family]} for column in columns
        }
        broken = {name: count_where(_failing(rule, self.relation)) for name, rule in rules.items()}
        found = self.reader.aggregates(self.relation, broken) if broken else {}
        counts = self.evidence.counts
        return [
            Proposal(name, certain(rule, counts[name]), counts[name], strict=rule)
            for name, rule in rules.items()
            if not found[name]
        ]

    def _of_texts(self, texts: Texts, name: str, wanted: Wanted) -> list[Proposal]:
        """The rules of a column of strings, up to the first that the database refuses to try though it reads the rows.

        It may not take a pattern, and its driver may not hand over a string.
        """
        found: list[Proposal] = []
        for _ in range(2):
            found.clear()
            with contextlib.suppress(StatementError):
                found.extend(texts.proposals(name, wanted))
                return found
        self.reader.fetch(self.relation.select(sa.func.count()), counted=False)
        return found

    def _ranges(self, column: Column, wanted: Wanted) -> list[Proposal]:
        ends = ends_of(self.reader, self.relation, self.evidence, column)
        return [] if ends is None else list(ranges(ends, dt.datetime.now(dt.UTC), wanted))


def certain(rule: dict[str, Any], rows: int) -> Callable[[float], dict[str, Any] | None]:
    """A rule without exceptions, unless the rows are too few to tell it from one that holds for every other row."""
    return lambda error: rule if 0.5**rows <= error else None


def _is_of(value: Any, family: str) -> bool:
    """Whether a value is a category of a column of this family: SQLite's columns may hold others."""
    kinds = {"boolean": (0, 1)}
    return (
        isinstance(value, str) if family == "text" else isinstance(value, int) and value in kinds.get(family, (value,))
    )


def _failing(rule: dict[str, Any], relation: Relation) -> sa.ColumnElement[bool]:
    """The predicate of the rows that break a rule about rows."""
    (check,) = parse([rule])
    failing = check.failing(relation)
    return sa.false() if failing is None else failing
