"""Statements that are too large or too deeply nested for a database: by what it says of them."""

from __future__ import annotations

import re
from functools import wraps
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from ..errors import QueryError

if TYPE_CHECKING:
    from collections.abc import Callable

_P = ParamSpec("_P")
_T = TypeVar("_T")

_PHRASES = (
    # SQLite
    "too many terms in compound SELECT",
    "Expression tree is too large",
    "parser stack overflow",
    "too many SQL variables",
    "tables in a join",  # MariaDB, too
    "too many columns",
    # PostgreSQL
    "stack depth limit exceeded",
    "target lists can have at most",
    "tables can have at most",
    # MariaDB
    "Thread stack overrun",
    "Too high level of nesting",
    # DuckDB
    "Max(?:imum)? expression depth",
    # Trino
    "Number of stages in the query",
    "Query text length",
    "stack overflow while (?:parsing|analyzing)",
    "statement is too large",
)
_SAID = re.compile("|".join(_PHRASES), re.IGNORECASE)

TOO_COMPLEX = "The statement is too large or too deeply nested"
"""How the error begins."""

HINT = (
    "Divide it: write a part of the columns, tables or set operations with save_as_table(), and go on from that table."
)


def is_too_complex(said: str) -> bool:
    """Whether a database says that a statement is too large or too deeply nested for it."""
    return _SAID.search(said) is not None


def in_compiler(error: RecursionError) -> bool:
    """Whether SQLAlchemy has met the limit of Python while it wrote a statement, and not a function of the caller."""
    place = error.__traceback__
    while place is not None:
        if "/sqlalchemy/sql/" in place.tb_frame.f_code.co_filename.replace("\\", "/"):
            return True
        place = place.tb_next
    return False


def not_too_deep(function: Callable[_P, _T]) -> Callable[_P, _T]:
    """Let a function that goes down into expressions refuse those that are deeper than Python can go.

    Args:
        function: The function, which may call itself.
    """

    @wraps(function)
    def limited(*args: _P.args, **options: _P.kwargs) -> _T:
        try:
            return function(*args, **options)
        except RecursionError as error:
            raise QueryError(
                "The expression has too many operations or lists within each other.",
                suggestion="Divide it with with_columns() and save_as_table(), or use is_in() for many values.",
            ) from error

    return limited


__all__ = ["HINT", "TOO_COMPLEX", "in_compiler", "is_too_complex", "not_too_deep"]
