"""Queries as they are pasted: one statement, with the semicolons and comments that follow it left out.

A query becomes a subquery, where a semicolon is an error and a comment at the end of a line swallows the parenthesis.
What is cut off is only ever semicolons, comments and blanks at the two ends.
"""

from __future__ import annotations

from ..errors import RuleError
from ..relation.sql_text import MYSQL, POSTGRESQL, SQLITE, TRINO, Lexis

__all__ = ["statement_of"]

_LEXES = {
    "postgresql": POSTGRESQL,
    "duckdb": POSTGRESQL,
    "iceberg": POSTGRESQL,
    "sqlite": SQLITE,
    "mysql": MYSQL,
    "mariadb": MYSQL,
    "trino": TRINO,
}


def statement_of(query: str, dialect: str) -> str:
    """The one statement in a query, without what stands before and behind it.

    Args:
        query: The text.
        dialect: The name of the database's dialect, which decides what a comment is.

    Raises:
        RuleError: It holds no statement, or several, or a NUL character.
    """
    if "\0" in query:
        raise RuleError(["The query holds a NUL character."])
    start = stop = None
    ended = False
    for token in _LEXES.get(dialect, Lexis()).tokens(query):
        if token.kind == "end":
            ended = start is not None
        elif token.kind != "blank" and not (token.kind == "open" and token.text.startswith("/*")):
            if ended:
                raise RuleError(["The query holds several statements; it must be one SELECT."])
            start = token.start if start is None else start
            stop = token.stop
    if start is None:
        raise RuleError(["The query holds no statement; it must be one SELECT."])
    return query[start:stop]
