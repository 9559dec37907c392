"""What the scripts return."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dq_core.learning import LearnedRule, LearnedSuite
    from dq_core.profiling import ColumnProfile, Profile
    from dq_core.report import Report
    from truthound_kestra.sla.metrics import SLAResult

__all__ = ["CheckScriptResult", "LearnScriptResult", "ProfileScriptResult", "ScriptResult"]


@dataclass(frozen=True, kw_only=True)
class ScriptResult:
    """What all results share.

    Attributes:
        status: "passed" or "failed"; "skipped" if the script was disabled.
        data_uri: What was looked at, without passwords.
        engine_name: Which engine worked.
        execution_time_seconds: How long it took.
        row_count: How many rows there are.
        tags: From the config.
        description: From the config.
        metadata: From the config.
    """

    status: str
    data_uri: str
    engine_name: str
    execution_time_seconds: float = 0.0
    row_count: int = 0
    tags: tuple[str, ...] = ()
    description: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_success(self) -> bool:
        """Whether nothing failed."""
        return self.status != "failed"

    def summary(self) -> dict[str, Any]:
        """The result in short: what fits into an output of Kestra's."""
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class CheckScriptResult(ScriptResult):
    """What :func:`check_quality_script` found.

    Attributes:
        passed_count: Checks that passed.
        failed_count: Checks that failed (severity error or critical).
        warning_count: Checks that failed and only warn (severity info or warning).
        error_count: Checks that could not be evaluated.
        skipped_count: Rules below ``min_severity``, which were not run.
        report: Every check in detail; None if the script was disabled.
        sla: The evaluation of the SLA, if there is one.
    """

    passed_count: int = 0
    failed_count: int = 0
    warning_count: int = 0
    error_count: int = 0
    skipped_count: int = 0
    report: Report | None = None
    sla: SLAResult | None = None

    @property
    def total_count(self) -> int:
        """Checks that were run."""
        return self.passed_count + self.failed_count + self.warning_count + self.error_count

    @property
    def pass_rate(self) -> float:
        """Share of the checks that passed; 0 if none was run."""
        return self.passed_count / self.total_count if self.total_count else 0.0

    @property
    def failure_rate(self) -> float:
        """Share of the checks that failed or could not be evaluated; 0 if none was run."""
        return (self.failed_count + self.error_count) / self.total_count if self.total_count else 0.0

    @property
    def failed_checks(self) -> tuple[str, ...]:
        """Names of the checks that did not pass, those that only warn included."""
        return () if self.report is None else tuple(check.check_name for check in self.report.failures)

    def summary(self) -> dict[str, Any]:
        """The result without failing rows and SQL: what fits into an output of Kestra's."""
        checks = [] if self.report is None else self.report.results
        keys = ("check_name", "column", "severity", "status", "failed_rows", "message")
        return {
            "status": self.status,
            "data_uri": self.data_uri,
            "engine_name": self.engine_name,
            "row_count": self.row_count,
            "passed_count": self.passed_count,
            "failed_count": self.failed_count,
            "warning_count": self.warning_count,
            "error_count": self.error_count,
            "skipped_count": self.skipped_count,
            "pass_rate": self.pass_rate,
            "execution_time_seconds": self.execution_time_seconds,
            "checks": [{key: getattr(check, key) for key in keys} for check in checks],
        }


@dataclass(frozen=True, kw_only=True)
class ProfileScriptResult(ScriptResult):
    """What :func:`profile_data_script` found.

    Attributes:
        profile: Every column in detail; None if the script was disabled.
    """

    profile: Profile | None = None

    @property
    def columns(self) -> tuple[ColumnProfile, ...]:
        """The columns, each with name, dtype, null_count, null_rate, distinct_count, min, max, mean and more."""
        return () if self.profile is None else self.profile.columns

    def summary(self) -> dict[str, Any]:
        """The result without frequent values and histograms: what fits into an output of Kestra's."""
        keys = ("name", "dtype", "null_count", "null_rate", "distinct_count", "min", "max", "mean", "stddev")
        return {
            "status": self.status,
            "data_uri": self.data_uri,
            "engine_name": self.engine_name,
            "row_count": self.row_count,
            "column_count": len(self.columns),
            "execution_time_seconds": self.execution_time_seconds,
            "columns": [{key: getattr(column, key) for key in keys} for column in self.columns],
        }


@dataclass(frozen=True, kw_only=True)
class LearnScriptResult(ScriptResult):
    """What :func:`learn_schema_script` found.

    Attributes:
        suite: The rules, which can be called, saved and checked against; None if the script was disabled.
    """

    suite: LearnedSuite | None = None

    @property
    def rules(self) -> tuple[LearnedRule, ...]:
        """The rules, each with column, type, confidence, and the check itself."""
        return () if self.suite is None else self.suite.rules

    def summary(self) -> dict[str, Any]:
        """The result in short: what fits into an output of Kestra's."""
        return {
            "status": self.status,
            "data_uri": self.data_uri,
            "engine_name": self.engine_name,
            "row_count": self.row_count,
            "rule_count": len(self.rules),
            "execution_time_seconds": self.execution_time_seconds,
            "rules": [{"column": rule.column, "type": rule.type, "confidence": rule.confidence} for rule in self.rules],
        }
