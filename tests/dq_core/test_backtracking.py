"""Patterns that an engine which backtracks would search for years, and those that it would not."""

from __future__ import annotations

import pytest

from dq_core.relation.backtracking import takes_exponential_time
from dq_core.relation.pattern import Pattern
from support.patterns import CATASTROPHES

LINEAR = [
    "ab", "^a", r"^[^@]+@[^@]+\.[a-z]+$", r"^(\w+\.)+\w+$", r"^(\d{3}-)?\d{3}-\d{4}$", "^[a-z]{1,255}$", "(ab)+",
    "(a|b)*c", "^(foo|bar|baz)(,(foo|bar|baz))*$", ".*a.*b.*c", r"^\d+(\.\d+)*$", r"\bab\b", "x*", "(?:)",
    r"[\w.+-]+@[\w-]+\.[\w.-]+", r"^([A-Z]{2}\d{2}( ?\d{4}){3,7})$", "(?i)^[A-C]+$", "[^]a]+", r"(?s)a.*\u00e9",
    r"^((25[0-5]|2[0-4]\d|1?\d?\d)(\.|$)){4}", r"^https?://([\w-]+\.)+[\w-]+(/[\w./?%&=-]*)?$", "(a?){3}b",
]  # fmt: skip
EXPONENTIAL = [*CATASTROPHES, "^(a|a)*$", r"^(\w+\s?)+$", "^([a-z]+)*$", "(x+x+)+y", "(.*a){12}b", "((ab)*|(ab)*)+c"]


@pytest.mark.parametrize("pattern", EXPONENTIAL)
def test_a_pattern_with_too_many_ways(pattern: str) -> None:
    assert takes_exponential_time(Pattern(pattern))


@pytest.mark.parametrize("pattern", LINEAR)
def test_a_pattern_with_few_ways(pattern: str) -> None:
    assert not takes_exponential_time(Pattern(pattern))
