"""Catalogs of Iceberg tables, read by PyIceberg and DuckDB."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._shared.iceberg.places import register

if TYPE_CHECKING:
    import sqlalchemy as sa

__all__ = ["engine_of"]

register(f"{__package__}.iceberg_reading", "ReadingDialect", instead=False)


def engine_of(given: sa.URL | Any) -> sa.Engine:
    """An engine that reads the tables of a catalog.

    Args:
        given: A URL such as ``iceberg+sqlite:///catalog.db?warehouse=file:///folder``, or a catalog of PyIceberg.
    """
    from .._shared.iceberg.dialect import make_engine
    from .iceberg_reading import ReadingDialect  # needs DuckDB's dialect

    return make_engine(given, ReadingDialect)
