"""Catalogs of Iceberg tables, read by PyIceberg and DuckDB."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import sqlalchemy as sa

__all__ = ["engine_of"]


def engine_of(given: sa.URL | Any) -> sa.Engine:
    """An engine that reads the tables of a catalog.

    Args:
        given: A URL such as ``iceberg+sqlite:///catalog.db?warehouse=file:///folder``, or a catalog of PyIceberg.
    """
    from .._shared.iceberg_dialect import IcebergDialect, make_engine

    return make_engine(given, IcebergDialect, core="dq-core")
