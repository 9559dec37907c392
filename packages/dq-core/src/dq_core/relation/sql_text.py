"""What SQL is made of, database by database: words, names, strings, comments.

Comments are what databases disagree about most, then what a backslash does in a string. What is cut here is only ever
what the database itself would cut; where the databases of one name differ by their settings, so does the lexis.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["MYSQL", "POSTGRESQL", "SQLITE", "TRINO", "Lexis", "Token"]


class Token(NamedTuple):
    """A part of a string.

    Attributes:
        kind: blank (also a comment), end (a semicolon), word, name (quoted), string, number, mark, or open for
            something that is not closed.
        text: As it is written.
        start: Where it begins.
        stop: Where it ends, exclusive.
    """

    kind: str
    text: str
    start: int
    stop: int


@dataclass(frozen=True)
class Lexis:
    """What a database writes in its own way.

    Attributes:
        nested: Whether comments can be nested.
        dollars: Whether ``$tag$ … $tag$`` is a string.
        escapes: Whether a backslash escapes a quote in every string; otherwise only in ``E'…'``.
        brackets: Whether ``[name]`` is a name.
        hash: Whether ``#`` begins a comment, and ``--`` only with a blank behind it.
        returns: Whether a carriage return ends a comment that begins with ``--``.
        run: Whether the database runs what stands in ``/*! … */`` and ``/*M! … */``, which is no comment then.
        double_quoted: What stands between double quotes: name or string.
    """

    nested: bool = False
    dollars: bool = False
    escapes: bool = False
    brackets: bool = False
    hash: bool = False
    returns: bool = False
    run: bool = False
    double_quoted: str = "name"

    @functools.cached_property
    def _tokens(self) -> re.Pattern[str]:
        line = r"\#[^\n]*|--(?=[\s\x00-\x1f]|\Z)[^\n]*" if self.hash else r"--[^\n]*"
        line = line.replace(r"[^\n]", r"[^\r\n]") if self.returns else line
        opened = r"/\*(?!M?!)" if self.run else r"/\*"
        block = "" if self.nested else rf"|{opened}.*?\*/"
        inside = r"(?:[^{0}\\]|\\.|{0}{0})*" if self.escapes else r"(?:[^{0}]|{0}{0})*"
        single, double = (f"{quote}{inside.format(quote)}{quote}" for quote in "'\"")
        strings, names = [single], [r"`(?:[^`]|``)*`"]
        (names if self.double_quoted == "name" else strings).append(double)
        if self.dollars:
            strings.append(r"\$(?P<tag>(?:[A-Za-z_\x80-\U0010ffff][A-Za-z0-9_\x80-\U0010ffff]*)?)\$.*?\$(?P=tag)\$")
        if self.brackets:
            names.append(r"\[[^\]]*\]")
        # Letters and digits as databases see them: all beyond ASCII are letters.
        word = r"[A-Za-z_\x80-\U0010ffff][A-Za-z0-9_$\x80-\U0010ffff]*"
        return re.compile(
            rf"(?P<blank>[ \t\n\r\f\v]+|{line}{block})|(?P<comment>{opened})|(?P<end>;)"
            rf"|(?P<string>[eE]'(?:[^'\\]|\\.|'')*'|{'|'.join(strings)})|(?P<name>{'|'.join(names)})"
            rf"|(?P<word>{word})|(?P<number>[0-9][0-9A-Za-z_.]*)|(?P<open>['\"`])|(?P<mark>.)",
            re.DOTALL,
        )

    def tokens(self, text: str) -> Iterator[Token]:
        """The parts of a string, from its beginning to its end."""
        place = 0
        while (found := self._tokens.match(text, place)) is not None:
            kind, end = found.lastgroup or "mark", found.end()
            if kind == "tag":
                kind = "string"
            elif kind == "comment":
                closed = _end_of_comment(text, end) if self.nested else None
                kind, end = ("open", len(text)) if closed is None else ("blank", closed)
            yield Token(kind, text[place:end], place, end)
            place = end


def _end_of_comment(text: str, place: int) -> int | None:
    """Where a comment ends that can hold comments; ``place`` is behind its beginning. None if it does not end."""
    depth = 1
    for mark in re.finditer(r"/\*|\*/", text[place:]):
        depth += 1 if mark[0] == "/*" else -1
        if depth == 0:
            return place + mark.end()
    return None


POSTGRESQL = Lexis(nested=True, dollars=True, returns=True)
MYSQL = Lexis(escapes=True, hash=True, run=True, double_quoted="string")
SQLITE = Lexis(brackets=True)
TRINO = Lexis(returns=True)
