"""Profiles: what a source holds, column by column, computed in the database."""

from dq_core.profiling.measure import profile
from dq_core.profiling.model import Bin, ColumnProfile, PatternCount, Profile, TextProfile, ValueCount

__all__ = ["Bin", "ColumnProfile", "PatternCount", "Profile", "TextProfile", "ValueCount", "profile"]
