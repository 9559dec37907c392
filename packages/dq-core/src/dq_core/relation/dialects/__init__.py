"""What is special about a database, one module each; a database without a module gets the portable way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .base import Dialect
from .duckdb.dialect import DuckDB
from .iceberg import Iceberg
from .mariadb import MariaDB, MySQL
from .postgresql import PostgreSQL
from .sqlite import SQLite
from .trino.dialect import Trino

if TYPE_CHECKING:
    import sqlalchemy as sa

__all__ = ["Dialect", "dialect_for"]

_DIALECTS: dict[str, type[Dialect]] = {
    one.name: one for one in (DuckDB, Iceberg, MariaDB, MySQL, PostgreSQL, SQLite, Trino)
}


def dialect_for(known: sa.Dialect) -> Dialect:
    """The dialect for what SQLAlchemy knows about a database.

    Args:
        known: The dialect of a connection: only the server says whether it is MariaDB or MySQL.
    """
    kind = MariaDB if getattr(known, "is_mariadb", False) else _DIALECTS.get(known.name, Dialect)
    return kind()
