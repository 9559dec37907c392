"""The order of a subquery: some databases leave its ORDER BY out, unless a clause stands behind it that cuts rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import TextualSelect
from sqlalchemy.sql.selectable import GenerativeSelect

from .lexis import Token

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import SelectBase

    from .lexis import Lexis


@dataclass(frozen=True)
class Keeping:
    """The clause of a database that cuts nothing, and behind which its ORDER BY holds.

    Attributes:
        clause: The clause.
        after_offset: The one that stands behind OFFSET with its number.
        there: Words that begin a clause which has the same effect.
        behind: Reserved words that begin a clause which stands behind it.
        limit: The LIMIT of it; None without.
        offset: The OFFSET of it; None without.
    """

    clause: str
    after_offset: str
    there: frozenset[str]
    behind: frozenset[str] = frozenset()
    limit: int | None = None
    offset: int | None = None


_ALL = 2**64 - 1  # rows, more than any table has

BY_LIMIT = Keeping(
    f"LIMIT {_ALL}",
    f"FETCH NEXT {_ALL} ROWS ONLY",
    frozenset({"limit", "fetch"}),
    frozenset({"for", "lock", "into", "procedure"}),
    limit=_ALL,
)
"""MariaDB's."""

BY_OFFSET = Keeping("OFFSET 0 ROWS", "", frozenset({"offset", "limit", "fetch"}), offset=0)
"""Trino's, whose LIMIT has a limit of its own beside ORDER BY."""


def kept(tokens: Sequence[Token], keeping: Keeping) -> Sequence[Token]:
    """A query with ORDER BY and without such a clause, with it; any other as it is.

    Args:
        tokens: The query.
        keeping: The clause of the database.
    """
    tokens = list(tokens)
    begin, end = _within_parentheses(tokens)
    depth, order, place, rows = 0, False, end, False
    for number in range(begin, end):
        token = tokens[number]
        depth += (token.text == "(") - (token.text == ")")
        if depth or not token.word:
            continue
        if token.word in {"union", "intersect", "except", "with"}:
            order, place = False, end
        elif token.word == "order":
            order = True
        elif order and token.word in keeping.there:
            return _with_number(tokens, number, keeping)
        elif order and token.word in keeping.behind:
            place = min(place, number)
        elif order and token.word == "offset":
            rows = _follows_number(tokens, number)
    if not order:
        return tokens
    clause = keeping.after_offset if rows else keeping.clause
    return [*tokens[:place], Token("symbol", f" {clause} "), *tokens[place:]]


def _with_number(tokens: Sequence[Token], number: int, keeping: Keeping) -> Sequence[Token]:
    """A query with such a clause; with all rows as its number, where it has a limit of the work alone.

    That is MariaDB's LIMIT ROWS EXAMINED.
    """
    after = _first(tokens, number + 1)
    if after == len(tokens) or tokens[after].word != "rows":
        return tokens
    return [*tokens[: number + 1], Token("symbol", f" {keeping.limit}"), *tokens[number + 1 :]]


def _within_parentheses(tokens: Sequence[Token]) -> tuple[int, int]:
    """Where the query begins and ends that decides on the order, within parentheses around all and behind WITH."""
    begin, end = 0, len(tokens)
    while True:
        begin = _behind_with(tokens, begin, end)
        if not _is_enclosed(tokens, begin, end):
            return begin, end
        begin, end = _first(tokens, begin) + 1, _last(tokens, end) - 1


def _first(tokens: Sequence[Token], begin: int) -> int:
    return next((number for number in range(begin, len(tokens)) if tokens[number].kind != "space"), len(tokens))


def _last(tokens: Sequence[Token], end: int) -> int:
    while end and tokens[end - 1].kind == "space":
        end -= 1
    return end


def _is_enclosed(tokens: Sequence[Token], begin: int, end: int) -> bool:
    """Whether one pair of parentheses is around all."""
    first, last = _first(tokens, begin), _last(tokens, end) - 1
    if first >= last or tokens[first].text != "(" or tokens[last].text != ")":
        return False
    depth = 0
    for number in range(first, last):
        depth += (tokens[number].text == "(") - (tokens[number].text == ")")
        if depth == 0:
            return False
    return True


def _behind_with(tokens: Sequence[Token], begin: int, end: int) -> int:
    """Where the query behind the subqueries of a WITH begins, if that is in parentheses; else the given place."""
    first = _first(tokens, begin)
    if first >= end or tokens[first].word != "with":
        return begin
    depth, place, before = 0, begin, ""
    for number in range(first, end):
        text = tokens[number].text
        if text == "(" and depth == 0 and before == ")":
            place = number
        depth += (text == "(") - (text == ")")
        if tokens[number].kind != "space":
            before = text
    return place


def _follows_number(tokens: Sequence[Token], number: int) -> bool:
    after = _first(tokens, number + 1)
    return after < len(tokens) and tokens[after].kind in {"number", "bind"}


def kept_of(statement: SelectBase, keeping: Keeping, lexis: Callable[[str], Lexis]) -> SelectBase:
    """The same of a statement of SQLAlchemy.

    Args:
        statement: The statement.
        keeping: The clause of the database.
        lexis: Tells by which rules the database reads its text, if it is one.
    """
    if isinstance(statement, TextualSelect):
        element: Any = statement.element._clone()  # noqa: SLF001 - text() has no public copy
        element.text = "".join(token.text for token in kept(list(lexis(element.text).tokens(element.text)), keeping))
        return TextualSelect(element, list(statement.column_args), positional=statement.positional)
    if not isinstance(statement, GenerativeSelect):
        return statement
    has_order = bool(statement._order_by_clauses)  # noqa: SLF001 - there is no public way to ask
    has_limit = statement._limit_clause is not None or statement._fetch_clause is not None  # noqa: SLF001 - as above
    has_offset = statement._offset_clause is not None  # noqa: SLF001 - as above
    if not has_order or has_limit or (has_offset and "offset" in keeping.there):
        return statement
    return statement.limit(keeping.limit) if keeping.offset is None else statement.offset(keeping.offset)
