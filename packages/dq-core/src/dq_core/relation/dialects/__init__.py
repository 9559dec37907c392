"""The peculiarities of databases, one module each; a database without a module gets the portable way."""

from __future__ import annotations

from importlib import import_module

from .base import Dialect

__all__ = ["Dialect", "dialect_for"]

_MODULES = {"duckdb": "DuckDB", "postgresql": "PostgreSQL", "sqlite": "SQLite"}


def dialect_for(name: str) -> Dialect:
    """The dialect for a SQLAlchemy dialect's name.

    Args:
        name: ``engine.dialect.name``.
    """
    if name not in _MODULES:
        return Dialect()
    dialect: Dialect = getattr(import_module(f"{__package__}.{name}"), _MODULES[name])()
    return dialect
