"""A regular expression from examples: a known format, or the sequence of kinds of characters that all of them share."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

__all__ = ["FORMATS", "NUMBER", "markers_of", "number_or", "pattern_of", "usual_pattern"]

#: Formats that a sequence of characters cannot describe, most specific first.
FORMATS = (
    r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$",
    r"^\d{4}-\d{2}-\d{2}$",
    r"^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:?\d{2})?$",
    r"^\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}$",
    r"^[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$",
    r"^https?://[^\s]+$",
)
_LEAST = 5
_LONGEST = 24
#: A number as text.
NUMBER = r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?"
#: What stands for a missing number, in lower case.
_MARKERS = frozenset(
    {"", "?", "-", "--", ".", "*", "na", "n/a", "#n/a", "nan", "null", "none", "nil", "missing", "unknown"}
)
#: Some rows may look otherwise.
_USUAL = 0.95
_MERGED: tuple[dict[str, str], ...] = ({}, {"A": "l", "a": "l"}, {"A": "w", "a": "w", "9": "w"})
_CLASSES = {"9": r"\d", "A": "[A-Z]", "a": "[a-z]", "l": "[A-Za-z]", "w": "[A-Za-z0-9]"}


def pattern_of(examples: Sequence[str]) -> str | None:
    """A pattern, anchored at both ends, that matches all examples; None if they have too little in common.

    Args:
        examples: At least five different strings are required.
    """
    different = set(examples)
    if len(different) < _LEAST or "" in different:
        return None
    for known in FORMATS:
        compiled = re.compile(known, re.ASCII)
        if all(compiled.search(text) for text in different):
            return known
    for merged in _MERGED:
        found = _sequence(different, merged)
        if found is not None:
            return found
    return None


def usual_pattern(examples: Sequence[str]) -> str | None:
    """A pattern that at least 95 % of the examples match; None if so many have too little in common."""
    if (found := pattern_of(examples)) is not None:
        return found
    least = _USUAL * len(examples)
    for known in FORMATS:
        if sum(re.search(known, text, re.ASCII) is not None for text in examples) >= least:
            return known
    for merged in _MERGED:
        kinds = [tuple(kind for kind, _ in _runs(text, merged)) for text in examples]
        (usual, count), *_ = Counter(kinds).most_common(1) or [((), 0)]
        if usual and count >= least:
            return pattern_of([text for text, kind in zip(examples, kinds, strict=True) if kind == usual])
    return None


def markers_of(examples: Sequence[str]) -> tuple[str, ...]:
    """What represents a missing number among strings that are numbers otherwise; empty if there is no such thing."""
    others = Counter(text for text in examples if re.fullmatch(NUMBER, text, re.ASCII) is None)
    numbers = len(examples) - others.total()
    if numbers < max(_LEAST, others.total()) or any(text.strip().lower() not in _MARKERS for text in others):
        return ()
    return tuple(sorted(others))


def number_or(markers: Collection[str]) -> str:
    """The pattern of a number or one of these."""
    return f"^({'|'.join([NUMBER, *map(_literal, sorted(markers, reverse=True))])})$"


def _sequence(texts: set[str], merged: dict[str, str]) -> str | None:
    """The kinds of characters in order, if all strings agree on them."""
    rows = [_runs(text, merged) for text in texts]
    kinds = {tuple(kind for kind, _ in row) for row in rows}
    if len(kinds) != 1 or not all(rows):
        return None
    parts = []
    for place, kind in enumerate(kinds.pop()):
        if kind not in _CLASSES:
            parts.append(_literal(kind))
            continue
        runs = {row[place][1] for row in rows}
        lengths = {len(run) for run in runs}
        if len(runs) == 1 and kind != "9":
            # A constant prefix, unit or country code.
            parts.append(_literal(runs.pop()))
        elif len(lengths) == 1:
            (length,) = lengths
            parts.append(_CLASSES[kind] + ("" if length == 1 else f"{{{length}}}"))
        else:
            parts.append(_CLASSES[kind] + "+")
    return f"^{''.join(parts)}$" if len(parts) <= _LONGEST else None


def _runs(text: str, merged: dict[str, str]) -> list[tuple[str, str]]:
    """Runs of characters of one kind; punctuation is its own kind; empty if a character is outside of ASCII."""
    runs: list[tuple[str, str]] = []
    for character in text:
        kind = _kind(character, merged)
        if kind is None:
            return []
        if runs and kind in _CLASSES and runs[-1][0] == kind:
            runs[-1] = kind, runs[-1][1] + character
        else:
            runs.append((kind, character))
    return runs


def _kind(character: str, merged: dict[str, str]) -> str | None:
    if not character.isascii() or not character.isprintable():
        return None
    kind = "9" if character.isdigit() else "A" if character.isupper() else "a" if character.islower() else character
    return merged.get(kind, kind)


def _literal(text: str) -> str:
    return "".join(f"\\{character}" if character in r".^$*+?{}[]()|\-&~#/" else character for character in text)
