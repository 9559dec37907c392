"""A statement as text, and how the database would run it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import CompileError

from ..dialects.compiling import compiling, literal
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
    dialect = literal(compiling(source.engine.dialect, source.dialect))
    try:
        compiled = statement.compile(dialect=dialect, compile_kwargs={"literal_binds": literals})
    except CompileError as error:
        if not literals:
            raise
        raise ConfigurationError(
            f"A value of the statement has no literal form: {error}", suggestion="Use to_sql(literals=False)."
        ) from error
    return str(compiled)
