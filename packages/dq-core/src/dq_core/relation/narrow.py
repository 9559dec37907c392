"""SELECTs of many columns inside a statement that asks for few: they give only those.

A statement may read such a SELECT a hundred times, once for each rule that counts groups. With all columns each time,
databases and SQLAlchemy take time by the square of the number of columns.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql import visitors

from .sql_text import Lexis

__all__ = ["narrowed", "wide"]

_OPTION = "dq_core_wide"
_LEXIS = Lexis()


def wide(select: sa.Select[Any], alias: str) -> sa.Subquery:
    """A SELECT as something to read, of which `narrowed` leaves the columns that are asked for.

    Args:
        select: Expressions of columns, one for each row that it reads.
        alias: Its name.
    """
    return select.execution_options(**{_OPTION: True}).subquery(alias)


def narrowed(statement: Any) -> Any:
    """The same statement with nothing but the columns that it asks for in each `wide` SELECT."""
    asked: dict[sa.Subquery, set[str]] = {}
    words: set[str] = set()
    seen: set[int] = set()
    stack: list[Any] = [statement]
    while stack:
        one = stack.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        table: Any = getattr(one, "table", None)
        if _is_wide(one):
            asked.setdefault(one, set())
        elif _is_wide(table):
            asked.setdefault(table, set()).add(one.key)
        elif not isinstance(one, sa.TextualSelect):  # which knows nothing of what is outside
            words |= _words(one)
            stack.extend(one.get_children())
    narrow = {id(subquery): _narrow(subquery, names, words) for subquery, names in asked.items()}
    if not narrow:
        return statement

    def replaced(one: Any, **_: Any) -> Any:
        if id(one) in narrow:
            return narrow[id(one)]
        table = getattr(one, "table", None)
        return narrow[id(table)].c[one.key] if id(table) in narrow else None

    traverse: Any = visitors.replacement_traverse
    return traverse(statement, {}, replaced)


def _is_wide(one: Any) -> bool:
    if not isinstance(one, sa.Subquery):
        return False
    select: Any = one.element
    return bool(select.get_execution_options().get(_OPTION))


def _words(one: Any) -> set[str]:
    """The names in SQL that somebody wrote."""
    if isinstance(one, sa.TextClause):
        text = one.text
    elif isinstance(one, sa.ColumnClause) and one.is_literal and one.name != "*":  # the one of count(*)
        text = one.name
    else:
        return set()
    tokens = [token for token in _LEXIS.tokens(text) if token.kind != "blank"]
    found = {token.text for token in tokens if token.kind == "word"}
    found |= {token.text[1:-1].replace('""', '"') for token in tokens if token.kind == "name"}
    found |= {"*" for before, token in zip([None, *tokens], tokens, strict=False) if _is_star(before, token)}
    return {name.casefold() for name in found}


def _is_star(before: Any, token: Any) -> bool:
    """Whether an asterisk may stand for columns; the one of ``count(*)`` does not."""
    return token.text == "*" and (before is None or before.text != "(")


def _narrow(subquery: sa.Subquery, asked: set[str], words: set[str]) -> sa.Subquery:
    select: Any = subquery.element
    names = [column.key for column in select.selected_columns]
    # The name of the whole stands for a row with all of its columns.
    if not words & {"*", str(subquery.name).casefold()}:
        names = [name for name in names if name in asked or name.casefold() in words]
    kept = [select.selected_columns[name] for name in names] or [sa.literal_column("1").label("nothing")]
    narrow: sa.Select[Any] = narrowed(select.with_only_columns(*kept).execution_options(**{_OPTION: False}))
    return narrow.subquery(str(subquery.name))
