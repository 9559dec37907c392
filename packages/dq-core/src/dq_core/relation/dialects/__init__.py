"""What is special about a database, one module each; a database without a module gets the portable way."""

from __future__ import annotations

from .base import Dialect
from .duckdb import DuckDB
from .postgresql import PostgreSQL
from .sqlite import SQLite

__all__ = ["Dialect", "dialect_for"]

_DIALECTS: dict[str, type[Dialect]] = {one.name: one for one in (DuckDB, PostgreSQL, SQLite)}


def dialect_for(name: str) -> Dialect:
    """The dialect for the name that SQLAlchemy gives to it.

    Args:
        name: ``engine.dialect.name``.
    """
    return _DIALECTS.get(name, Dialect)()
