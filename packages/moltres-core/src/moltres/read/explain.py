"""A statement as text, and how the database would run it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._shared.arguments import flag
from ..dialects.sql.compiling import compiling, literal, written_out
from ..errors import ConfigurationError, refuse

if TYPE_CHECKING:
    from sqlalchemy import Select

    from .source import Readable


def explain(source: Readable, statement: Select[Any], *, analyze: bool) -> str:
    """How the database would run the statement."""
    refuse(flag("analyze", analyze))
    with source.connection() as connection:
        return source.dialect.explain(connection, statement, analyze=analyze)


def to_sql(source: Readable, statement: Select[Any], *, literals: bool) -> str:
    """The statement in the dialect of the database."""
    refuse(flag("literals", literals))
    dialect = compiling(source.engine.dialect, source.dialect)
    if not literals:
        return str(statement.compile(dialect=_with_places(literal(dialect))))
    try:
        return written_out(statement, dialect)
    except ConfigurationError as error:
        raise ConfigurationError(error.message, suggestion="Use to_sql(literals=False).") from error


def _with_places(dialect: Any) -> Any:
    """A dialect that writes ``:name`` for each value, also for those that SQLAlchemy fills in when a statement runs."""
    compiler: Any = dialect.statement_compiler

    class Shown(compiler):  # type: ignore[misc]  # a class that is known at run time only
        _finds_places = False  # nobody looks for the places again, so no text has to be kept apart from them

        def bindparam_string(self, name: str, **options: Any) -> Any:
            # The values of lists, and on DuckDB all, have a mark of SQLAlchemy's in their place, which is no SQL.
            return super().bindparam_string(name, **options | {"post_compile": False})

    dialect.statement_compiler = Shown
    return dialect
