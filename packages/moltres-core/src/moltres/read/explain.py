"""A statement as text, and how the database would run it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..dialects.compiling import compiling, literal, written_out
from ..errors import ConfigurationError

if TYPE_CHECKING:
    from sqlalchemy import Select

    from .source import Readable


def explain(source: Readable, statement: Select[Any], *, analyze: bool) -> str:
    """How the database would run the statement."""
    with source.connection() as connection:
        return source.dialect.explain(connection, statement, analyze=analyze)


def to_sql(source: Readable, statement: Select[Any], *, literals: bool) -> str:
    """The statement in the dialect of the database."""
    dialect = compiling(source.engine.dialect, source.dialect)
    if not literals:
        return str(statement.compile(dialect=literal(dialect)))
    try:
        return written_out(statement, dialect)
    except ConfigurationError as error:
        raise ConfigurationError(error.message, suggestion="Use to_sql(literals=False).") from error
