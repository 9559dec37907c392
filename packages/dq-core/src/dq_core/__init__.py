"""Data-quality checks that run where the data lies: one scan, one report.

>>> from dq_core import DataQualityCheck, validate
>>> rows = [{"id": 1, "age": 31}, {"id": 2, "age": -4}]
>>> report = validate(rows, [DataQualityCheck.column_not_null("id"), {"type": "in_range", "column": "age", "min": 0}])
>>> report["overall_status"], [result.failed_rows for result in report.results]
('failed', [0, 1])
"""

from __future__ import annotations

from importlib.metadata import version

from dq_core.check import Check
from dq_core.checks import parse
from dq_core.engines import get_engine
from dq_core.errors import (
    CheckFailedError,
    DataQualityError,
    EngineError,
    MissingDependencyError,
    RuleError,
    SourceConnectionError,
    SourceError,
    TableNotFoundError,
    ValidationTimeoutError,
)
from dq_core.execute import Progress, validate
from dq_core.factory import DataQualityCheck
from dq_core.learning import LearnedRule, LearnedSuite, learn
from dq_core.profiling import ColumnProfile, Profile, profile
from dq_core.report import CheckResult, Report
from dq_core.sources import open_source
from dq_core.suite import Suite

__all__ = [
    "Check",
    "CheckFailedError",
    "CheckResult",
    "ColumnProfile",
    "DataQualityCheck",
    "DataQualityError",
    "EngineError",
    "LearnedRule",
    "LearnedSuite",
    "MissingDependencyError",
    "Profile",
    "Progress",
    "Report",
    "RuleError",
    "SourceConnectionError",
    "SourceError",
    "Suite",
    "TableNotFoundError",
    "ValidationTimeoutError",
    "get_engine",
    "learn",
    "open_source",
    "parse",
    "profile",
    "validate",
]

__version__ = version("dq-core")
