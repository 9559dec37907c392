"""Queries as they are pasted: one statement, with the semicolons and comments that follow it left out.

A query becomes a subquery, where a semicolon is an error and a comment at the end of a line swallows the parenthesis.
What is cut off is only ever semicolons, comments and blanks at the two ends.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import RuleError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["statement_of"]


@dataclass(frozen=True)
class _Lexis:
    """What a database writes in its own way.

    Attributes:
        nested: Whether comments can be nested.
        dollars: Whether ``$tag$ … $tag$`` is a string.
        escapes: Whether a backslash escapes a quote in every string; otherwise only in ``E'…'``.
        brackets: Whether ``[name]`` is a name.
        hash: Whether ``#`` begins a comment, and ``--`` only with a blank behind it.
    """

    nested: bool = False
    dollars: bool = False
    escapes: bool = False
    brackets: bool = False
    hash: bool = False

    def tokens(self) -> re.Pattern[str]:
        """Blanks and comments as ``blank``, the beginning of a nestable one as ``open``, semicolons as ``end``."""
        line = r"\#[^\n]*|--(?=\s|\Z)[^\n]*" if self.hash else r"--[^\n]*"
        block = "" if self.nested else r"|/\*.*?(?:\*/|\Z)"
        inside = r"(?:[^{0}\\]|\\.|{0}{0})*" if self.escapes else r"(?:[^{0}]|{0}{0})*"
        quoted = [f"{quote}{inside.format(quote)}{quote}" for quote in "'\""]
        quoted += [r"`[^`]*`", r"(?<![\w$])[eE]'(?:[^'\\]|\\.|'')*'"]
        if self.dollars:
            quoted.append(r"(?<![\w$])\$(?P<tag>(?:[^\W\d]\w*)?)\$.*?\$(?P=tag)\$")
        if self.brackets:
            quoted.append(r"\[[^\]]*\]")
        return re.compile(
            rf"(?P<blank>\s+|{line}{block})|(?P<open>/\*)|(?P<end>;)|(?P<other>{'|'.join(quoted)}|\w+|.)", re.DOTALL
        )


_POSTGRESQL = _Lexis(nested=True, dollars=True)
_MYSQL = _Lexis(escapes=True, hash=True)
_LEXES = {
    "postgresql": _POSTGRESQL,
    "duckdb": _POSTGRESQL,
    "sqlite": _Lexis(brackets=True),
    "mysql": _MYSQL,
    "mariadb": _MYSQL,
}


def statement_of(query: str, dialect: str) -> str:
    """The one statement in a query, without what stands before and behind it.

    Args:
        query: The text.
        dialect: The name of the database's dialect, which decides what a comment is.

    Raises:
        RuleError: It holds no statement, or several.
    """
    start = stop = None
    ended = False
    for kind, begin, end in _tokens(query, _LEXES.get(dialect, _Lexis())):
        if kind == "end":
            ended = start is not None
        elif kind == "other":
            if ended:
                raise RuleError(["The query holds several statements; it must be one SELECT."])
            start = begin if start is None else start
            stop = end
    if start is None:
        raise RuleError(["The query holds no statement; it must be one SELECT."])
    return query[start:stop]


def _tokens(query: str, lexis: _Lexis) -> Iterator[tuple[str, int, int]]:
    pattern, place = lexis.tokens(), 0
    while (token := pattern.match(query, place)) is not None:
        end = _end_of_comment(query, token.end()) if token["open"] else token.end()
        kind = "end" if token["end"] else "other" if token["other"] else "blank"
        yield kind, place, end
        place = end


def _end_of_comment(query: str, place: int) -> int:
    """Where a comment ends that can hold comments; ``place`` is behind its beginning."""
    depth = 1
    for mark in re.finditer(r"/\*|\*/", query[place:]):
        depth += 1 if mark[0] == "/*" else -1
        if depth == 0:
            return place + mark.end()
    return len(query)
