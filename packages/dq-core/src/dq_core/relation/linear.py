"""Patterns in Python without catastrophes: what could take exponential time is matched by RE2, in linear time.

Python's ``re`` backtracks, and nothing can interrupt it meanwhile. A pattern is given to it only if the most steps
that it can take on a string are few; otherwise DuckDB's RE2 matches the text, which starts slower but has a limit.
"""

from __future__ import annotations

import re
from functools import lru_cache

from .._shared.duckdb_literals import literal
from .answers import answer
from .pattern import Pattern

__all__ = ["regexp", "remember", "takes_long"]

# Characters, classes, escapes, parentheses and repetitions, as far as `_repeats` has to tell them apart.
_TOKEN = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\{\d*,?\d*\}\??|[*+?]\??|\(\?[^:)]*[:)]|.", re.DOTALL)
_MOST_STEPS = 20_000_000
_MOST_PATTERNS = 10_000
_known: dict[str, Pattern] = {}


def remember(pattern: Pattern) -> str:
    """The pattern for Python's ``re``, which `regexp` will recognise as one of the common language."""
    written = pattern.for_python()
    if written not in _known and len(_known) >= _MOST_PATTERNS:
        _known.pop(next(iter(_known)), None)
    _known[written] = pattern
    return written


def regexp(written: str | None, text: object) -> bool | None:
    """SQLite's function behind ``text REGEXP pattern``; a pattern that is not one of ours is Python's ``re.search``.

    Raises:
        ValueError: Such a pattern could take too long, and does not mean the same to RE2.
    """
    if written is None or text is None:
        return None
    pattern = _known.get(written)
    source = written if pattern is None else pattern.source
    if not isinstance(text, str) or not takes_long(source, len(text)):
        return re.search(written, text) is not None  # type: ignore[call-overload]
    return _by_re2((pattern or _as_ours(written)).for_re2(), text)


@lru_cache(maxsize=1000)
def _as_ours(written: str) -> Pattern:
    """A pattern of a user's own SQL in the common language, if it means the same there as to Python."""
    # Classes and boundaries of Python know all scripts, and so does its case; those of the common language ASCII.
    if re.search(r"\\[dwsbDWSB]|\(\?[a-zA-Z]*i", written):
        raise ValueError(f"the pattern {written!r:.80} could take too long; write it without groups that repeat")
    return Pattern(written)


def takes_long(source: str, length: int) -> bool:
    """Whether Python's ``re``, which nothing interrupts, could take long on a string of so many characters."""
    return _steps(source, length) > _MOST_STEPS


def _steps(source: str, length: int) -> float:
    """At least as many steps as ``re`` can take: each repetition of a character multiplies them by the length."""
    repeats, anchored = _repeats(source)
    return float("inf") if repeats is None else float(length + 1) ** (repeats if anchored else repeats + 1)


@lru_cache(maxsize=1000)
def _repeats(source: str) -> tuple[int | None, bool]:
    """How many variable repetitions there are, None if one is of a group; and whether it begins at the beginning."""
    count = 0
    before = ""
    for token in _TOKEN.findall(source):
        if re.fullmatch(r"(?:[*+?]|\{\d*,?\d*\})\??", token) and before != "(":
            # A group that may be left out is tried twice at most; one that repeats, as often as it divides the text.
            if before == ")" and token not in ("?", "??"):
                return None, False
            count += not re.fullmatch(r"\{\d+\}\??", token)
        before = token
    return count, source.startswith("^") and "|" not in source


def _by_re2(pattern: str, text: str) -> bool:
    return bool(answer(f"regexp_matches({literal(text)}, {literal(pattern)})"))
