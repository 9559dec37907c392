"""SQLite through the `sqlite3` module of Python: its dialect, and types that keep values as they are."""

from .dialect import SQLiteDialect

__all__ = ["SQLiteDialect"]
