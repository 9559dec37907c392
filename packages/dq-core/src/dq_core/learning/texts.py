"""Lengths and patterns of strings, and numbers among which markers stand for missing ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..checks import parse
from ..relation.selection import count_where
from .patterns import FORMATS, markers_of, number_or, pattern_of, usual_pattern
from .proposal import Proposal, share_rule

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import sqlalchemy as sa

    from ..run.reader import Reader
    from ..run.sampling import HashedRows
    from .evidence import Evidence

__all__ = ["Texts", "null_markers"]

_EXCEPTIONS = 1000
#: The share of rows that may look otherwise.
_UNUSUAL = 0.05


def null_markers(evidence: Evidence, name: str) -> tuple[str, ...]:
    """What stands for a missing number in a column of text that holds numbers otherwise."""
    return markers_of([str(text) for text in evidence.examples[name]])


@dataclass(frozen=True)
class Texts:
    """Finds the rules about the characters of strings.

    Attributes:
        reader: Runs the statements.
        hashed: The rows, each with its hash.
        evidence: What is known of them.
    """

    reader: Reader
    hashed: HashedRows
    evidence: Evidence

    def proposals(self, name: str, wanted: Callable[[str, str], bool]) -> Iterator[Proposal]:
        """The rules of a column of text."""
        markers = null_markers(self.evidence, name)
        if wanted("length", name) and not markers:
            yield self._length(name)
        if wanted("regex", name):
            pattern = (
                number_or(markers) if markers else usual_pattern([str(text) for text in self.evidence.teachers[name]])
            )
            if pattern is not None:
                yield from self._regex(name, pattern)

    def _length(self, name: str) -> Proposal:
        """The shortest and the longest: order statistics, beyond which a known number of the next strings are."""
        count, (low, high) = self.evidence.counts[name], self.evidence.lengths[name]
        rule = {"type": "length", "column": name, "min": low, "max": high}
        beyond = 0 if low == high else 1
        make = share_rule(rule, beyond, count, self.evidence.next_count(count))
        return Proposal(name, make, count, strict=None if beyond else rule)

    def _regex(self, name: str, pattern: str) -> Iterator[Proposal]:
        """A pattern from some rows is tried on the others; if it can be widened so that all rows match, it is."""
        relation, value = self.hashed.relation, self.hashed.relation[name]
        others, unlike = self.hashed.row_hash >= self.evidence.teaching, self._unlike(name, pattern)
        counts = {
            "tried": count_where(others, value.is_not(None)),
            "unlike": count_where(others, unlike),
            "all unlike": count_where(unlike),
        }
        found = {what: int(number) for what, number in self.reader.aggregates(relation, counts).items()}
        count = self.evidence.counts[name]
        mended = self._mended(name, pattern) if found["all unlike"] else pattern
        if mended is None and found["all unlike"] > _UNUSUAL * count:
            return
        tried, unlikely = found["tried"], found["unlike"]
        if mended is None or pattern in FORMATS:
            # Nothing of a known format stems from these rows, so that all of them have tried it.
            tried, unlikely = count, found["all unlike"]
        if tried:
            rule = {"type": "regex", "column": name, "pattern": mended or pattern}
            make = share_rule(rule, unlikely, tried, self.evidence.next_count(count))
            yield Proposal(name, make, tried, unlikely, None if unlikely else rule)

    def _unlike(self, name: str, pattern: str) -> sa.ColumnElement[bool]:
        (check,) = parse([{"type": "regex", "column": name, "pattern": pattern}])
        failing: Any = check.failing(self.hashed.relation)
        return failing  # type: ignore[no-any-return]

    def _mended(self, name: str, pattern: str) -> str | None:
        """A pattern that the exceptions match as well, if there is one that all rows match."""
        relation = self.hashed.relation
        rows = self.reader.fetch(relation.select(relation[name]).where(self._unlike(name, pattern)).limit(_EXCEPTIONS))
        wider = pattern_of([*map(str, self.evidence.teachers[name]), *(str(row[0]) for row in rows)])
        if wider is None:
            return None
        left = self.reader.aggregates(relation, {name: count_where(self._unlike(name, wider))})
        return None if left[name] else wider
