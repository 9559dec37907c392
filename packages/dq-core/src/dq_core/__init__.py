"""Data-quality checks that run where the data is: one scan, one report.

>>> from dq_core import DataQualityCheck, validate
>>> rows = [{"id": 1, "age": 31}, {"id": 2, "age": -4}]
>>> report = validate(rows, [DataQualityCheck.column_not_null("id"), {"type": "in_range", "column": "age", "min": 0}])
>>> report["overall_status"], [result.failed_rows for result in report.results]
('failed', [0, 1])
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .former import MOVED, forward
from .version import VERSION

if TYPE_CHECKING:
    from .checks import Check, parse
    from .checks.factory import DataQualityCheck
    from .comparing import Comparison, Source, compare
    from .engines import get_engine
    from .errors import (
        CheckFailedError,
        ComparisonFailedError,
        DataQualityError,
        EngineError,
        MissingDependencyError,
        RuleError,
        SourceAccessError,
        SourceConnectionError,
        SourceError,
        TableNotFoundError,
        ValidationTimeoutError,
    )
    from .learning import LearnedRule, LearnedSuite, learn
    from .profiling import ColumnProfile, Profile, profile
    from .report import CheckResult, Report
    from .run.reader import Progress
    from .run.suite import Suite
    from .run.validate import validate
    from .sources import open_source

#: Where each public name is; its module is loaded on first use.
_HOMES = {
    "Check": ".checks",
    "CheckFailedError": ".errors",
    "CheckResult": ".report",
    "ColumnProfile": ".profiling",
    "Comparison": ".comparing",
    "ComparisonFailedError": ".errors",
    "DataQualityCheck": ".checks.factory",
    "DataQualityError": ".errors",
    "EngineError": ".errors",
    "LearnedRule": ".learning",
    "LearnedSuite": ".learning",
    "MissingDependencyError": ".errors",
    "Profile": ".profiling",
    "Progress": ".run.reader",
    "Report": ".report",
    "RuleError": ".errors",
    "Source": ".comparing",
    "SourceAccessError": ".errors",
    "SourceConnectionError": ".errors",
    "SourceError": ".errors",
    "Suite": ".run.suite",
    "TableNotFoundError": ".errors",
    "ValidationTimeoutError": ".errors",
    "compare": ".comparing",
    "get_engine": ".engines",
    "learn": ".learning",
    "open_source": ".sources",
    "parse": ".checks",
    "profile": ".profiling",
    "validate": ".run.validate",
}
#: Modules with public names of their own, which `import dq_core` alone has to offer.
_ROOMS = (
    "checks",
    "comparing",
    "engines",
    "errors",
    "history",
    "learning",
    "profiling",
    "quarantine",
    "report",
    "sources",
)

__all__ = [
    "Check",
    "CheckFailedError",
    "CheckResult",
    "ColumnProfile",
    "Comparison",
    "ComparisonFailedError",
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
    "Source",
    "SourceAccessError",
    "SourceConnectionError",
    "SourceError",
    "Suite",
    "TableNotFoundError",
    "ValidationTimeoutError",
    "compare",
    "get_engine",
    "learn",
    "open_source",
    "parse",
    "profile",
    "validate",
]

__version__ = VERSION


def __getattr__(name: str) -> Any:
    if name in _ROOMS:
        return import_module(f".{name}", __name__)
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name], __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """The public names, without the modules that were loaded for them."""
    return __all__


forward(__name__, MOVED)
