"""Patterns that engines which backtrack search in exponential time, or nearly so; drawn ones, and strings for them."""

from __future__ import annotations

import random
import re

from dq_core.relation.pattern import Pattern

__all__ = ["CATASTROPHES", "DRAWN_TEXTS", "drawn_patterns"]

CATASTROPHES = [
    "(a+)+$", "(a|a)*b", "(a*)*b", "^(a?){40}$b", "(a|aa)+c", "(?:a+){2,}b", "a*a*a*a*a*a*b", "(.*)*x", "(a+)+[$]",
    "a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?aaaaaaaaaaaaaaaaaaaaaaaaaaaaaab",
]  # fmt: skip

_ATOMS = [
    "a", "s", "S", "k", "K", "b", ".", "^", "$", "[sS]", "[kK]", "[sk]", "[a-z]", "[^s]", "[^sS]", "(s|S)", "[S-s]",
    r"\w", r"\W", r"\b", r"\B", r"\A", r"\Z", r"\x73", "(?:s)", r"\n", "\u017f", "\u212a", "[aA]", r"[^\n]", r"\S",
    r"\s", r"\d", r"[\w]", "()", "(a|)",
]  # fmt: skip
_REPEATS = ["*", "?", "+", "{2}", "{1}", "{0,1}", "{1,2}"]

#: Strings over the letters of the drawn patterns, long s and the Kelvin sign among them.
DRAWN_TEXTS = [
    "", "a", "A", "s", "S", "k", "K", "\u017f", "\u212a", "b", "\n", "ab", "aK", "As", "AS", "Ks", "sK", "kS",
    "\nK", "K\n", "\u017fk", "\u212aA", "A\u017fk", "a\u212a", "asb", "bsK", "aab", "Kb\u212a", "\n\nS", "A\nK", "aKA",
    "sKs", "\u017f\u017f",
]  # fmt: skip


def drawn_patterns(seed: int, count: int) -> dict[str, set[str]]:
    """Patterns, and in which of the strings Python finds them."""
    draw, found = random.Random(seed), {}
    while len(found) < count:
        source = draw.choice(["", "", "(?i)", "(?s)"]) + _drawn(draw, 0)
        try:
            python = re.compile(Pattern(source).for_python())
        except ValueError:
            continue
        found[source] = {text for text in DRAWN_TEXTS if python.search(text)}
    return found


def _drawn(draw: random.Random, depth: int) -> str:
    alternatives = []
    for _ in range(draw.choice([1, 1, 1, 2, 2, 3])):
        parts = []
        for _ in range(draw.choice([1, 1, 2, 2, 3])):
            part = draw.choice(_ATOMS) if depth > 1 or draw.random() < 0.8 else f"({_drawn(draw, depth + 1)})"
            repeated = draw.random() < 0.2 and part not in ("^", "$", r"\A", r"\Z", r"\b", r"\B")
            parts.append(part + draw.choice(_REPEATS) if repeated else part)
        alternatives.append("".join(parts))
    return "|".join(alternatives)
