"""Profiles: a description of a source, column by column, computed in the database."""

from .measure import profile
from .result import Bin, ColumnProfile, PatternCount, Profile, TextProfile, ValueCount

__all__ = ["Bin", "ColumnProfile", "PatternCount", "Profile", "TextProfile", "ValueCount", "profile"]
