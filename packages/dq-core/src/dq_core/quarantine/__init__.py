"""Failing rows kept aside: copied from the table into another one."""

from .write import Quarantine, quarantine

__all__ = ["Quarantine", "quarantine"]
