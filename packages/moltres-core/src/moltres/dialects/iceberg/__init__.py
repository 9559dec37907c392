"""Iceberg tables without a server: a catalog by PyIceberg, rows by DuckDB, each transaction one commit per table."""

from .dialect import IcebergDialect

__all__ = ["IcebergDialect"]
