from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dq_core import parse
from dq_core.learning.patterns import pattern_of


@pytest.mark.parametrize(
    ("examples", "pattern"),
    [
        (["AB-1234", "AB-0001", "AB-7", "AB-99", "AB-5"], r"^AB\-\d+$"),
        ([f"AB-{n:04}" for n in range(9)], r"^AB\-\d{4}$"),
        (["DE1", "FR2", "IT3", "ES4", "PT5"], r"^[A-Z]{2}\d$"),
        (["Anna", "Bob", "Carl", "Dora", "Emil"], "^[A-Z][a-z]+$"),
        (["Anna B", "CARL d", "dora E", "Emil f", "x Y"], "^[A-Za-z]+ [A-Za-z]$"),
        (["1a.txt", "b2.txt", "cc3.txt", "4dd.txt", "e.txt"], r"^[A-Za-z0-9]+\.txt$"),
        (["a@b.org", "c.d@e.co.uk", "x_1@y.io", "q@w-e.de", "me@here.com"], None),
        (["10.0.0.1", "192.168.1.20", "8.8.8.8", "1.1.1.1", "127.0.0.1"], r"^\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}$"),
        ([f"2024-05-{day:02}" for day in range(1, 9)], r"^\d{4}-\d{2}-\d{2}$"),
        (["https://a.b/c", "http://x", "https://y/?q=1", "http://z#1", "https://w"], r"^https?://[^\s]+$"),
    ],
)
def test_patterns(examples: list[str], pattern: str | None) -> None:
    found = pattern_of(examples)
    if pattern is None:
        assert found is not None
        assert "@" in found
    else:
        assert found == pattern
    assert found is not None
    assert all(re.search(found, example, re.ASCII) for example in examples)


@pytest.mark.parametrize(
    "examples",
    [
        ["a", "b", "c", "d"], ["same"] * 9, ["", "a1", "b2", "c3", "d4", "e5"], ["ä1", "ö2", "ü3", "ß4", "é5"],
        ["free text", "of any kind", "a", "and 7 more", "..."], ["a\nb", "c\nd", "e\nf", "g\nh", "i\nj"],
    ],
)  # fmt: skip
def test_too_little_in_common(examples: list[str]) -> None:
    assert pattern_of(examples) is None


@given(st.lists(st.from_regex(r"[a-zA-Z0-9 .\-+*(\[|]{1,9}", fullmatch=True), min_size=5, max_size=12))
def test_whatever_is_found_matches_all_examples_and_is_a_rule(examples: list[str]) -> None:
    found = pattern_of(examples)
    if found is not None:
        assert all(re.search(found, example, re.ASCII) for example in examples)
        parse([{"type": "regex", "column": "x", "pattern": found}])
