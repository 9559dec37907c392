"""How databases read SQL: where a string, a name or a comment begins and ends, and what is a parameter.

Each database has rules of its own, by which a colon, a quote or a semicolon is a part of something else. They are those
of its manual: https://www.postgresql.org/docs/current/sql-syntax-lexical.html,
https://www.sqlite.org/lang_keywords.html and lang_comment.html,
https://mariadb.com/kb/en/string-literals/ and https://mariadb.com/kb/en/comment-syntax/.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_PLAIN_STRING = r"'(?:[^']|'')*'"
_ESCAPED_STRING = r"'(?:[^'\\]|\\.|'')*'"
_QUOTED = r'"(?:[^"]|"")*"'
_BACKQUOTED = r"`(?:[^`]|``)*`"
_WORD = r"[^\W\d][\w$]*"

# E'…' has escapes also in the parts that follow it on further lines.
_E_STRING = rf"[eE]{_ESCAPED_STRING}(?:\s*[\r\n]\s*{_ESCAPED_STRING})*"
_DOLLARS = r"\$(?P<tag>(?:[^\W\d]\w*)?)\$.*?\$(?P=tag)\$"


_BEFORE_VALUES = frozenset({
    "all", "and", "any", "as", "between", "binary", "by", "case", "date", "distinct", "div", "else", "escape",
    "except", "fetch", "first", "from", "glob", "having", "ilike", "in", "intersect", "interval", "is", "like",
    "limit", "match", "mod", "next", "not", "offset", "on", "or", "regexp", "returning", "rlike", "select",
    "similar", "some", "then", "time", "timestamp", "to", "union", "values", "when", "where", "xor",
})  # fmt: skip
"""Words behind which a colon begins a parameter; behind a name it is an operator."""


@dataclass(frozen=True)
class Token:
    """A part of a query.

    Attributes:
        kind: space (also comments), string, name (in quotes), word, number, bind (``:name``), escape (a colon after a
            backslash) or symbol.
        text: As it is written.
    """

    kind: str
    text: str

    @property
    def word(self) -> str:
        """A word in lower case; of all else, nothing."""
        return self.text.lower() if self.kind == "word" else ""

    @property
    def ends_value(self) -> bool:
        """Whether it is a word that a value cannot follow, such as the name of a column."""
        return self.kind == "word" and self.word not in _BEFORE_VALUES


@dataclass(frozen=True)
class Lexis:
    """The rules of one database.

    Attributes:
        strings: Patterns of strings.
        names: Patterns of names in quotes.
        comments: Patterns of comments, but those that nest.
        nests: Whether a comment can have comments in it.
        code: What begins and ends a comment whose text the database runs, as a pattern.
        runs: Whether it runs what stands behind such a beginning; None if it always does.
    """

    strings: tuple[str, ...] = (_PLAIN_STRING,)
    names: tuple[str, ...] = (_QUOTED, _BACKQUOTED)
    comments: tuple[str, ...] = (r"--[^\n]*", r"/\*.*?(?:\*/|\Z)")
    nests: bool = False
    code: str | None = None
    runs: Callable[[str], bool] | None = None

    @cached_property
    def _token(self) -> re.Pattern[str]:
        spaces = [r"\s+", *self.comments]
        parts = [
            *([f"(?P<code>{self.code})"] if self.code else []),
            f"(?P<space>{'|'.join(f'(?:{part})' for part in spaces)})",
            f"(?P<string>{'|'.join(f'(?:{part})' for part in self.strings)})",
            f"(?P<name>{'|'.join(f'(?:{part})' for part in self.names)})",
            f"(?P<word>{_WORD})",
            r"(?P<number>\d[\w.]*)",
            r"(?P<escape>\\:)",
            r"(?P<symbol>::|:=|.)",
        ]
        return re.compile("|".join(parts), re.DOTALL)

    def tokens(self, sql: str) -> Iterator[Token]:
        """The parts of a query, all of them in order.

        A colon before a word is a parameter, but not where it follows a value: there it is an operator, such as that
        of a slice (``a[1:n]``) or of a struct (``{'a': n}``).
        """
        at = 0
        before = Token("space", "")
        adjacent = False
        while at < len(sql):
            token = self._bind(sql, at, before, adjacent=adjacent) or self._next(sql, at)
            at += len(token.text)
            adjacent = token.kind != "space"
            if adjacent:
                before = token
            yield token

    def _next(self, sql: str, at: int) -> Token:
        if self.nests and sql.startswith("/*", at):
            return Token("space", sql[at : _end_of_comment(sql, at)])
        match = self._token.match(sql, at)
        if match is None:  # never: any character is a symbol
            return Token("symbol", sql[at])
        kind = match.lastgroup if match.lastgroup != "tag" else "string"
        if kind == "code" and match.group() != "*/" and self.runs is not None and not self.runs(match.group()):
            end = sql.find("*/", match.end())
            return Token("space", sql[at : len(sql) if end < 0 else end + 2])
        return Token("symbol" if kind in {"code", None} else str(kind), match.group())

    def _bind(self, sql: str, at: int, before: Token, *, adjacent: bool) -> Token | None:
        found = _BIND.match(sql, at)
        if found is None:
            return None
        follows_value = before.kind in {"string", "name", "number"} or before.text in {")", "]", "}"}
        follows_value = follows_value or (adjacent and (before.kind == "bind" or before.ends_value))
        return None if follows_value else Token("bind", found.group())


_BIND = re.compile(r":[^\W\d]\w*")


def _end_of_comment(sql: str, at: int) -> int:
    depth = 0
    for mark in re.finditer(r"/\*|\*/", sql[at:]):
        depth += 1 if mark.group() == "/*" else -1
        if depth == 0:
            return at + mark.end()
    return len(sql)


_LINE_OF_POSTGRESQL = r"--[^\r\n]*"

POSTGRESQL = Lexis(
    strings=(_E_STRING, _DOLLARS, _PLAIN_STRING), names=(_QUOTED,), comments=(_LINE_OF_POSTGRESQL,), nests=True
)
"""Also that of DuckDB; with standard_conforming_strings, which is on while moltres uses a connection."""

SQLITE = Lexis(names=(_QUOTED, _BACKQUOTED, r"\[[^\]]*\]"))

TRINO = Lexis(names=(_QUOTED,))

_DOUBLE_QUOTED_STRING = r'"(?:[^"\\]|\\.|"")*"'
_PLAIN_DOUBLE_QUOTED = _QUOTED


def mariadb(sql_mode: str, version: int = 0, *, is_mysql: bool = False) -> Lexis:
    """The rules of MariaDB and MySQL.

    Args:
        sql_mode: The modes of the session, which change what quotes and backslashes mean.
        version: That of the server, as ``/*!101104 …*/`` has it: 10.11.4.
        is_mysql: Whether it is MySQL, which does not run ``/*M! …*/``.
    """

    def runs(mark: str) -> bool:
        asked = int(mark.lstrip("/*M!") or 0)
        if mark.startswith("/*M"):
            return not is_mysql and asked <= version
        # MariaDB leaves to MySQL what is of MySQL 5.7 and newer.
        return asked <= version and (is_mysql or not 50700 <= asked <= 99999)

    modes = set(sql_mode.upper().split(","))
    escapes = "NO_BACKSLASH_ESCAPES" not in modes
    strings = [_ESCAPED_STRING if escapes else _PLAIN_STRING]
    names = [_BACKQUOTED]
    if "ANSI_QUOTES" in modes:
        names.append(_QUOTED)
    else:
        strings.append(_DOUBLE_QUOTED_STRING if escapes else _PLAIN_DOUBLE_QUOTED)
    return Lexis(
        strings=tuple(strings),
        names=tuple(names),
        comments=(r"--(?=[\s\x00-\x1f]|\Z)[^\n]*", r"\#[^\n]*", r"/\*(?!M?!).*?(?:\*/|\Z)"),
        code=r"/\*M?!(?:\d{5,6})?|\*/",
        runs=runs,
    )


PORTABLE = Lexis(strings=(_DOLLARS, _PLAIN_STRING))
"""For databases that moltres does not know."""
