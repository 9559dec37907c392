"""Trino."""

from .dialect import TrinoDialect

__all__ = ["TrinoDialect"]
