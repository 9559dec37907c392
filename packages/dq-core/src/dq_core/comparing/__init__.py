"""Comparing two tables, files or frames row by row, also across databases."""

from .compare import compare
from .comparison import Comparison
from .source import Source

__all__ = ["Comparison", "Source", "compare"]
