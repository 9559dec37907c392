"""Checks, and the reading of rules.

A kind is added by adding a module to `kinds`: it is found by its place, and known by the name it registers.
"""

from .base import (
    Aggregate,
    Check,
    ColumnCheck,
    ColumnMetricCheck,
    EvaluationError,
    MetricCheck,
    NullCheck,
    Outcome,
    PatternCheck,
    RowCheck,
    ValuesCheck,
    count_where,
    expectation,
    known_rows,
    outside,
    rows_where,
    share_outcome,
)
from .kinds import load
from .registry import KINDS, register
from .rules import parse

__all__ = [
    "KINDS",
    "Aggregate",
    "Check",
    "ColumnCheck",
    "ColumnMetricCheck",
    "EvaluationError",
    "MetricCheck",
    "NullCheck",
    "Outcome",
    "PatternCheck",
    "RowCheck",
    "ValuesCheck",
    "count_where",
    "expectation",
    "known_rows",
    "outside",
    "parse",
    "register",
    "rows_where",
    "share_outcome",
]

load()
