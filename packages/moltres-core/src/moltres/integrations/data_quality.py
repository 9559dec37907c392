"""The data-quality checks of ``dq-core``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..errors import MissingDependencyError

try:
    from dq_core import CheckResult, DataQualityCheck, Report, Suite, validate
except ModuleNotFoundError as error:
    if error.name != "dq_core":
        raise
    raise MissingDependencyError.extra("dq-core", "quality", "moltres.integrations.data_quality") from error

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["CheckResult", "DataQualityCheck", "QualityChecker", "QualityReport", "Report", "Suite", "validate"]

QualityReport = Report
"""Another name for the report of a suite."""


@dataclass(frozen=True)
class QualityChecker:
    """Checks frames; the same as ``Suite(checks)(frame)`` of ``dq_core``.

    Args:
        fail_fast: Whether the checks behind the first failure are skipped.
        semantics: ``"database"`` takes rules as a database means them that dq_core has no conformance suite for.
    """

    fail_fast: bool = False
    semantics: str = "portable"

    def check(self, df: Any, checks: Sequence[Any]) -> Report:
        """Check a frame, or anything else that ``dq_core.validate`` takes.

        Args:
            df: What to check.
            checks: Made by ``DataQualityCheck``, or mappings.

        Returns:
            The report.
        """
        report: Report = Suite(checks)(df, fail_fast=self.fail_fast, semantics=self.semantics)
        return report
