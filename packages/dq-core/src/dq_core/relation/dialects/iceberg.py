"""Iceberg tables without a server: DuckDB reads their files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .duckdb.dialect import DuckDB

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from ..._shared.iceberg.snapshots import AsOf

__all__ = ["Iceberg"]


class Iceberg(DuckDB):
    """A catalog of Iceberg tables."""

    name = "iceberg"

    def version(self, connection: Connection, name: str, schema: str | None, as_of: AsOf) -> str:
        """The name that a snapshot has in statements."""
        known: Any = connection.dialect  # of this package, or of moltres
        return str(known.version(connection, name, schema, as_of))
