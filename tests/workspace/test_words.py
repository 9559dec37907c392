"""What users and contributors read is plain English in the field's terms: replaced words do not return."""

from __future__ import annotations

import io
import re
import tokenize
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
CODE = [path for path in (ROOT / "packages").rglob("*.py") if "_shared" not in path.parts]
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "packages").glob("*/*.md")]

# What is not written: what is written instead.
WORDS = {
    r"\ba text\b(?! (file|stream|form|column))": "a string",
    r"\btexts\b": "strings",
    r"\b(stands|stand) twice\b": "duplicate",
    r"\bshall\b": "must, or the plain present",
    r"\bin vain\b": "without success",
    r"\b(upon|thereof|whereby|wherein|hereby|whilst|amongst)\b": "on, of it, by which, in which, while, among",
    r"\b(by|database) address(es)?\b": "URL",
}


def prose(path: Path) -> Iterator[tuple[int, str]]:
    """The lines of a page, or the comments and strings of a module, with their numbers."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".md":
        yield from enumerate(text.splitlines(), 1)
        return
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT or (token.type == tokenize.STRING and " " in token.string):
            in_braces = re.sub(r"\{[^{}]*\}", "", token.string)  # what an f-string computes is no prose
            yield from enumerate(in_braces.splitlines(), token.start[0])


@pytest.fixture(scope="module")
def lines() -> list[str]:
    """Every line that somebody reads, with its place."""
    found = [f"{path.relative_to(ROOT)}:{line}: {text}" for path in (*CODE, *PAGES) for line, text in prose(path)]
    assert len(found) > 10_000
    return found


@pytest.mark.parametrize("word", WORDS)
def test_plain_words_are_used(word: str, lines: list[str]) -> None:
    search = re.compile(word, re.IGNORECASE).search
    assert [line for line in lines if search(line.partition(": ")[2])] == [], f"write {WORDS[word]}"
