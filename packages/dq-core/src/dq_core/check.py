"""The former name of `dq_core.checks`: importing it warns."""

import warnings

from .checks import (
    KINDS,
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
    register,
    rows_where,
    share_outcome,
)

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
    "register",
    "rows_where",
    "share_outcome",
]

warnings.warn("dq_core.check is deprecated: import these names from dq_core.checks.", DeprecationWarning, stacklevel=2)
