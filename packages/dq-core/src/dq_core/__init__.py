"""Data-quality checks that run where the data lies: one scan, one report.

>>> from dq_core import DataQualityCheck, validate
>>> rows = [{"id": 1, "age": 31}, {"id": 2, "age": -4}]
>>> report = validate(rows, [DataQualityCheck.column_not_null("id"), {"type": "in_range", "column": "age", "min": 0}])
>>> report["overall_status"], [result.failed_rows for result in report.results]
('failed', [0, 1])
"""

from __future__ import annotations

from .checks import parse
from .checks.base import Check
from .checks.factory import DataQualityCheck
from .engines import get_engine
from .errors import (
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
from .learning import LearnedRule, LearnedSuite, learn
from .profiling import ColumnProfile, Profile, profile
from .report.report import CheckResult, Report
from .run.suite import Suite
from .run.validate import Progress, validate
from .sources import open_source
from .version import VERSION

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

__version__ = VERSION


def __dir__() -> list[str]:
    """The public names, without the modules that importing them has loaded."""
    return __all__
