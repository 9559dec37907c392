"""DuckDB: what its dialect of SQL means."""

from .dialect import DuckDB

__all__ = ["DuckDB"]
