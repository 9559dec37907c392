"""SQLAlchemy's dialect for reading catalogs of Iceberg tables; imported only when there is one."""

from __future__ import annotations

from .._shared.iceberg.dialect import IcebergDialect

__all__ = ["ReadingDialect"]


class ReadingDialect(IcebergDialect):
    """A catalog that is read."""

    supports_statement_cache = True
    core = "dq-core"
