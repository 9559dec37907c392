"""The order of a subquery: MariaDB leaves its ORDER BY out, unless it has a LIMIT."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import TextualSelect
from sqlalchemy.sql.selectable import GenerativeSelect

from ..lexis import Token, mariadb

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import SelectBase

_ALL: Final = 2**64 - 1
"""More rows than any table has."""

_AFTER_LIMIT = frozenset({"for", "lock", "into", "procedure"})
"""Reserved words that begin a clause which stands behind LIMIT."""


def with_limit(tokens: Sequence[Token]) -> Sequence[Token]:
    """A query with ORDER BY and no LIMIT, with one that cuts nothing; any other as it is.

    Args:
        tokens: The query.
    """
    tokens = list(tokens)
    begin, end = 0, len(tokens)
    while _is_enclosed(tokens, begin, end):
        begin, end = _first(tokens, begin) + 1, _last(tokens, end) - 1
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
        elif order and token.word in {"limit", "fetch"}:
            return tokens
        elif order and token.word in _AFTER_LIMIT:
            place = min(place, number)
        elif order and token.word == "offset":
            rows = _follows_number(tokens, number)
    if not order:
        return tokens
    limit = f" FETCH NEXT {_ALL} ROWS ONLY " if rows else f" LIMIT {_ALL} "
    return [*tokens[:place], Token("symbol", limit), *tokens[place:]]


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


def _follows_number(tokens: Sequence[Token], number: int) -> bool:
    after = _first(tokens, number + 1)
    return after < len(tokens) and tokens[after].kind in {"number", "bind"}


def with_limit_of(statement: SelectBase) -> SelectBase:
    """The same of a statement of SQLAlchemy.

    Args:
        statement: The statement.
    """
    if isinstance(statement, TextualSelect):
        element: Any = statement.element._clone()  # noqa: SLF001 - text() has no public copy
        element.text = "".join(token.text for token in with_limit(list(mariadb("").tokens(element.text))))
        return TextualSelect(element, list(statement.column_args), positional=statement.positional)
    if not isinstance(statement, GenerativeSelect):
        return statement
    has_order = bool(statement._order_by_clauses)  # noqa: SLF001 - there is no public way to ask
    has_limit = statement._limit_clause is not None or statement._fetch_clause is not None  # noqa: SLF001 - as above
    return statement.limit(_ALL) if has_order and not has_limit else statement
