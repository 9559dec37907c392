"""From a statement to rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import func

from moltres.records import Records
from moltres.shape import Seal, exported, ordered, wrap

if TYPE_CHECKING:

    from sqlalchemy import FromClause, TextClause
    from sqlalchemy.types import TypeEngine

    from moltres.database import Database
    from moltres.dataframe import DataFrame


def probe(database: Database, query: TextClause) -> FromClause:
    """A query in SQL as something to select from: the database is asked for its columns, and for no row."""
    raise NotImplementedError


def schema(frame: DataFrame) -> dict[str, TypeEngine[Any]]:
    """The types of the columns by name."""
    return {name: element.type for name, element in exported(frame.query).items()}


def collect(frame: DataFrame, *, query_timeout: float | None) -> Records:
    """All rows."""
    with frame.database.connection(query_timeout=query_timeout) as connection:
        rows = connection.execute(ordered(frame)).all()
    return Records(rows, frame.columns, schema(frame))


def count(frame: DataFrame) -> int:
    """The number of rows."""
    if frame.sealed & ~Seal.WINDOW:
        frame = wrap(frame)
    statement = frame.query.with_only_columns(func.count(), maintain_column_froms=True)
    with frame.database.connection() as connection:
        return int(connection.execute(statement).scalar_one())
