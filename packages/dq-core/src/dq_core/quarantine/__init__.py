"""Failing rows copied to a table or file of their own."""

from .write import Quarantine, quarantine

__all__ = ["Quarantine", "quarantine"]
