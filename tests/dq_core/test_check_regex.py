from __future__ import annotations

import re
from collections.abc import Callable
from typing import ClassVar

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from dq_core import CheckResult, RuleError, parse
from support.check_conformance import DATABASES, PLACES, QUICK, Case, CheckConformance, Place
from support.patterns import DRAWN_TEXTS, drawn_patterns


class TestRegex(CheckConformance):
    kind = "regex"
    type = sa.Text()
    options: ClassVar = {"pattern": "a"}
    cases: ClassVar = {
        "search": Case(["xax", "b", None, "a"], [1], {"pattern": "a"}),
        "anchors": Case(["ab", "xab", "abx", None], [1, 2], {"pattern": "^ab$"}),
        "digits": Case(["12", "1a", "\u0661\u0662"], [1, 2], {"pattern": r"^\d+$"}),
        "words": Case(["one two", "onetwo", "ä"], [1, 2], {"pattern": r"\bone\b"}),
        "brackets": Case(["a-b", "a_b", "a.b"], [1], {"pattern": r"a[-.]b"}),
        "ignoring case": Case(["ABC", "abd"], [1], {"pattern": "(?i)abc"}),
        "ignoring the case of ASCII letters only": Case(
            ["\u00c9", "\u00e9", "\u017f", "\u212a", "S", "k", "AB"],
            [0, 2, 3],
            {"pattern": "(?i)^(?:\u00e9|s|k|ab)$"},
            places=PLACES,
        ),
        "percent, colon and quote": Case(["100% :x '", "100"], [1], {"pattern": "% :x '"}),
        "alternatives": Case(["cat", "dog", "cow", None], [2], {"pattern": "^(?:cat|(?P<d>dog))$"}),
        "unicode": Case(["straße", "strasse"], [1], {"pattern": "stra\u00dfe"}),
    }


# Patterns whose meaning differs between the databases' own languages.
SAME = [
    "a.b", "(?s)a.b", "^$", r"\w+@\w+\.\w{2,}", r"[\w.]+", r"\s", "[^a]", r"\Aab\Z", r"a{2}", r"a{,2}b", r"a{1,}?b",
    "[]a]",
    "[^]a]", "[a-c-]", r"[\t\n]", r"\x41", r"\u00e4", "a|b", "(a)(b)?", r"\$\^\.", "{", "a{x", "#", "~", "&&", r"\/",
    r"\\", r"\bab\b", r"\B", "é+", "(?i)É", "x*", "(?:)", "[\\]\\[]", r"a\-b", "a b", r"[\d\s]",
    # What RE2 and DuckDB rewrite: letters of any case beside another, anchors and empty groups within literal strings.
    "(?i)s|k", "[sk]|[kK]", r"\W|[aA]", "(?i)a|b", "a$b", "a^b", "$a", "a()", "()",
    "(?i)^[A-C]", "(?i)[^a]b", r"(?i)\x41B", r"(?i)[Z-b]\Z", "(?i)k", "(?i)s\u00e9?", r"(?i)\bAB\b", r"(?i)[aé]\Z",
]  # fmt: skip
TEXTS = [
    "", "ab", "a\nb", "AB", "a.b", "ä", "é", "É", "a]b", "a\tb", "x@y.com", "a-b", "{", "a{x", "#~&&/", "\\",
    "[:alpha:]",
    "aab", "abab", "ab ", "ab\n", " ab", "\u212a", "\u017f", "1", "\u0661", "$^.", "a b", "_", "l", "A",
]  # fmt: skip


@pytest.mark.parametrize("place", DATABASES)
def test_patterns_mean_the_same_everywhere(put: Callable[..., Place], place: str) -> None:
    rows = [{"id": number, "x": text} for number, text in enumerate(TEXTS)]
    there = put(place, rows, {"id": sa.Integer(), "x": sa.Text()})
    report = there.validate(*({"type": "regex", "column": "x", "pattern": one} for one in SAME), samples=len(TEXTS))
    found = {one: {sample["x"] for sample in result.samples} for one, result in zip(SAME, report.results, strict=True)}
    # Python's $ also matches before a line feed at the end, here it is the end, and before 3.14 finds
    # no \\B in an empty text.
    expected = {
        one: {
            text
            for text in TEXTS
            if not re.search("(?a)" + one.replace("^$", r"^\Z").replace(r"\B", r"(?:\B|\A\Z)"), text)
        }
        for one in SAME
    }
    assert {one: found[one] for one in expected} == expected


@pytest.mark.parametrize("place", DATABASES)
def test_drawn_patterns_mean_the_same_everywhere(put: Callable[..., Place], place: str) -> None:
    there = put(
        place,
        [{"id": number, "x": text} for number, text in enumerate(DRAWN_TEXTS)],
        {"id": sa.Integer(), "x": sa.Text()},
    )
    # Each failing rule is a query more, which takes a tenth of a second on some.
    expected = drawn_patterns(seed=DATABASES.index(place), count=100 if place in QUICK else 30)
    rules = [{"type": "not_regex", "column": "x", "pattern": one} for one in expected]
    report = there.validate(*rules, samples=len(DRAWN_TEXTS))
    found = [(one, result) for one, result in zip(expected, report.results, strict=True) if not _backtracks(result)]
    assert len(found) > len(expected) // 2
    for one, result in found:
        assert {sample["x"] for sample in result.samples} == expected[one], (one, result.message)


def _backtracks(result: CheckResult) -> bool:
    """Whether a pattern is refused by its rule: Trino's own library of expressions backtracks."""
    return result.status == "error" and "could take exponential time on this server" in result.message


@pytest.mark.parametrize(
    ("pattern", "problem"),
    [
        ("(", "is not a valid regular expression"),
        ("(" * 5000 + ")" * 5000, "nested too deeply"),
        ("a{99999999999}", "is not a valid regular expression"),
        (r"(a)\1", "uses the back reference"),
        ("(?=a)", "uses .*, which not every database has"),
        ("(?<!a)b", "uses .*, which not every database has"),
        ("a*+", "uses the possessive quantifier"),
        ("(?>a)", "which not every database has"),
        ("(?m)^a", "only i and s mean the same"),
        ("(?P<a>x)(?P=a)", "which not every database has"),
        (r"[\D]", "within brackets"),
        ("a{256}", "repeats more than 255 times"),
        ("[[:alpha:]]", "read in different ways"),
        ("[a&&b]", "read in different ways"),
        (r"\0", "contains the character NUL"),
    ],
)
def test_what_not_every_database_understands_is_refused(pattern: str, problem: str) -> None:
    with pytest.raises(RuleError, match=problem):
        parse([{"type": "regex", "column": "x", "pattern": pattern}])


def test_pattern_must_be_text() -> None:
    with pytest.raises(RuleError, match="pattern must be a string, not 5"):
        parse([{"type": "regex", "column": "x", "pattern": 5}])


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=5))
def test_escaped_text_is_found_as_it_is(text: str) -> None:
    from dq_core.relation.pattern import Pattern

    assert re.search(Pattern(re.escape(text)).for_python(), f"a{text}b")
    assert re.fullmatch(Pattern("^" + re.escape(text) + "$").for_python(), text)


def test_places_are_all_databases_and_frames() -> None:
    assert set(DATABASES) < set(PLACES)


@pytest.mark.parametrize("place", DATABASES)
@pytest.mark.parametrize("pattern", [r"[^\x00-\x7f]", "[^\0-\x7f]", "(?i)[^\\x00-\\x7F]"])
def test_ranges_may_begin_with_nul(put: Callable[..., Place], place: str, pattern: str) -> None:
    there = put(
        place,
        Case(["plain", "caf\u00e9", "\x01", "", None]).rows,
        {"id": sa.BigInteger(), "x": sa.Text(), "part": sa.Text()},
    )
    report = there.validate({"type": "not_regex", "column": "x", "pattern": pattern})
    assert [row["id"] for row in report.results[0].samples] == [1]


@pytest.mark.parametrize("pattern", [r"\x00", r"[\x00]", r"[a\x00]", r"[\x00a]"])
def test_nul_itself_is_refused(pattern: str) -> None:
    with pytest.raises(RuleError, match="contains the character NUL"):
        parse([{"type": "regex", "column": "x", "pattern": pattern}])
