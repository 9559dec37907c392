"""DuckDB through duckdb-sqlalchemy: its dialect, and its types."""

from .dialect import DuckDBDialect

__all__ = ["DuckDBDialect"]
