"""Which patterns a backtracking engine may search in exponential time.

The pattern becomes a position automaton (Glushkov 1961), whose transitions are counted once for each way to take them.
A search takes exponential time where a state leads back to itself in two ways with one string: then a second path
through pairs of states exists (Weber and Seidl, "On the degree of ambiguity of finite automata", 1991). Many ways
without a cycle, as in ``(a?){40}``, are counted on strings of one character.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from .pattern import Pattern

K = TypeVar("K")

__all__ = ["takes_exponential_time"]

_TOKEN = re.compile(r"\\U[0-9a-f]{8}|\\.|\[\^?(?:\\U[0-9a-f]{8}|\\.|[^\]\\])*\]|\(\?:|\{\d+(?:,\d*)?\}|.", re.DOTALL)
_EMPTY = frozenset({"\\A", "\\Z", "\\b", "\\B"})
_MOST_POSITIONS = 3000
_MOST_PAIRS = 200_000
#: More ways than these on a string of so many characters are too many.
_MOST_WAYS, _LENGTH = 1_000_000, 100


class _TooManyError(Exception):
    """There is more to look at than is looked at."""


class _Part(NamedTuple):
    """A part of a pattern: whether it may be empty, and the positions at which it begins and ends."""

    empty: bool
    first: frozenset[int]
    last: frozenset[int]


_NOTHING = _Part(True, frozenset(), frozenset())


@lru_cache(maxsize=1000)
def takes_exponential_time(pattern: Pattern) -> bool:
    """Whether an engine that backtracks may take exponential time, or more than cubic time, to search a string."""
    try:
        return _Automaton.of(pattern.for_python().removeprefix("(?a)")).is_ambiguous()
    except (_TooManyError, RecursionError):
        return True


@dataclass
class _Automaton:
    """Positions of characters, and in how many ways one follows another."""

    tokens: list[str]
    place: int = 0
    characters: list[str] = field(default_factory=list)
    ways: Counter[tuple[int, int]] = field(default_factory=Counter)
    start: frozenset[int] = frozenset()

    @classmethod
    def of(cls, written: str) -> _Automaton:
        """That of a pattern as `Pattern.for_python` writes it."""
        made = cls(_TOKEN.findall(written))
        made.start = made._alternatives().first
        return made

    # Reading the pattern

    def _alternatives(self) -> _Part:
        parts = [self._sequence()]
        while self._next() == "|":
            self.place += 1
            parts.append(self._sequence())
        return _Part(
            any(part.empty for part in parts),
            frozenset().union(*(part.first for part in parts)),
            frozenset().union(*(part.last for part in parts)),
        )

    def _sequence(self) -> _Part:
        whole = _NOTHING
        while self._next() not in ("", "|", ")"):
            whole = self._joined(whole, self._repeated())
        return whole

    def _repeated(self) -> _Part:
        begin = self.place
        part = self._single()
        ended = self.place
        token = self._next()
        if token not in ("*", "+", "?") and not re.fullmatch(r"\{\d+(?:,\d*)?\}", token):
            return part
        self.place += 1
        least, most = {"*": (0, None), "+": (1, None), "?": (0, 1)}.get(token) or _bounds(token)
        after = self.place
        copies = [part]
        for _ in range(1, max(1, least if most is None else most)):
            self.place = begin
            copies.append(self._single())
            assert self.place == ended  # noqa: S101 (the same tokens)
        self.place = after
        return self._copies(copies, least, loops=most is None)

    def _copies(self, copies: list[_Part], least: int, *, loops: bool) -> _Part:
        empty = copies[0].empty
        for place, one in enumerate(copies):
            for other in copies[place + 1 :] if empty else copies[place + 1 : place + 2]:
                self._follow(one.last, other.first)
        if loops:
            self._follow(copies[-1].last, copies[-1].first)
        ends = copies if empty else copies[max(0, least - 1) :]
        begins = copies if empty else copies[:1]
        return _Part(
            empty or least == 0,
            frozenset().union(*(one.first for one in begins)),
            frozenset().union(*(one.last for one in ends)),
        )

    def _single(self) -> _Part:
        token = self._next()
        self.place += 1
        if token.startswith("(?"):
            part = self._alternatives()
            self.place += 1
            return part
        if token in _EMPTY:
            return _NOTHING
        if len(self.characters) >= _MOST_POSITIONS:
            raise _TooManyError
        self.characters.append(token)
        own = frozenset({len(self.characters) - 1})
        return _Part(False, own, own)

    def _joined(self, one: _Part, other: _Part) -> _Part:
        self._follow(one.last, other.first)
        return _Part(
            one.empty and other.empty,
            one.first | other.first if one.empty else one.first,
            one.last | other.last if other.empty else other.last,
        )

    def _follow(self, last: frozenset[int], first: frozenset[int]) -> None:
        if len(last) * len(first) > _MOST_PAIRS:
            raise _TooManyError
        for pair in ((one, other) for one in last for other in first):
            self.ways[pair] += 1

    def _next(self) -> str:
        return self.tokens[self.place] if self.place < len(self.tokens) else ""

    # Judging it

    def is_ambiguous(self) -> bool:
        """Whether a string may be matched in too many ways."""
        matched = [_matched(one) for one in self.characters]
        following: dict[int, list[int]] = defaultdict(list)
        for one, other in self.ways:
            following[one].append(other)
        parts = _cycles(range(len(matched)), following)
        if any(count > 1 and parts[one] == parts[other] for (one, other), count in self.ways.items()):
            return True
        return self._pairs_meet(matched, following, parts) or self._counts_explode(matched, following)

    def _pairs_meet(
        self, matched: list[frozenset[str]], following: dict[int, list[int]], parts: dict[int, int]
    ) -> bool:
        """Whether two different paths within a cycle begin and end in one position and match one string."""
        pairs: dict[tuple[int, int], list[tuple[int, int]]] = {}
        waiting = [(one, one) for one in following]
        while waiting:
            pair = waiting.pop()
            if pair in pairs:
                continue
            if len(pairs) > _MOST_PAIRS:
                raise _TooManyError
            pairs[pair] = [
                (one, other)
                for one in following[pair[0]]
                for other in following[pair[1]]
                if parts[one] == parts[pair[0]] == parts[other] == parts[pair[1]] and matched[one] & matched[other]
            ]
            waiting += pairs[pair]
        together = _cycles(pairs, pairs)
        equal = {together[pair] for pair in pairs if pair[0] == pair[1]}
        return any(together[pair] in equal for pair in pairs if pair[0] != pair[1])

    def _counts_explode(self, matched: list[frozenset[str]], following: dict[int, list[int]]) -> bool:
        for character in set().union(*matched):
            counts = {one: 1 for one in self.start if character in matched[one]}
            for _ in range(_LENGTH):
                found: Counter[int] = Counter()
                for one, count in counts.items():
                    for other in following.get(one, ()):
                        if character in matched[other]:
                            found[other] += count * self.ways[one, other]
                counts = dict(found)
                if sum(counts.values()) > _MOST_WAYS:
                    return True
        return False


def _bounds(token: str) -> tuple[int, int | None]:
    least, comma, most = token[1:-1].partition(",")
    return int(least), (int(most) if most else None) if comma else int(least)


_SOME = [*map(chr, range(128)), "\u00e9", "\u0416", "\u4e00", "\U0001f600"]


@lru_cache(maxsize=1000)
def _matched(token: str) -> frozenset[str]:
    """The characters, out of some of each kind, that a part of a pattern matches; what it names itself included."""
    named = [chr(int(one, base=16)) for one in re.findall(r"\\U([0-9a-f]{8})", token)] + [*token]
    known = re.compile(f"(?a){token}")
    return frozenset(one for one in {*_SOME, *named} if known.fullmatch(one))


def _cycles(nodes: Iterable[K], following: Mapping[K, Sequence[K]]) -> dict[K, int]:
    """The strongly connected component of each node, by its number (Tarjan 1972, without recursion)."""
    order: dict[K, int] = {}
    low: dict[K, int] = {}
    part: dict[K, int] = {}
    stack: list[K] = []
    for root in nodes:
        work = [] if root in order else [(root, iter(following.get(root, ())))]
        if work:
            order[root] = low[root] = len(order)
            stack.append(root)
        while work:
            node, rest = work[-1]
            other = next(rest, None)
            if other is not None:
                if other not in order:
                    order[other] = low[other] = len(order)
                    stack.append(other)
                    work.append((other, iter(following.get(other, ()))))
                elif other not in part:
                    low[node] = min(low[node], order[other])
                continue
            work.pop()
            if work:
                low[work[-1][0]] = min(low[work[-1][0]], low[node])
            if low[node] == order[node]:
                member = None
                while member != node:
                    member = stack.pop()
                    part[member] = order[node]
    return part
