"""Trino: the meaning of rules is that of the engine, whatever connector holds the table."""

from .dialect import Trino

__all__ = ["Trino"]
