"""The result of the check script."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from dq_core.report import Report
from moltres.handoff.encoding import decode
from truthound_kestra.keywords import known_arguments
from truthound_kestra.results.script import ScriptResult
from truthound_kestra.sla.metrics import SLAResult

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["CheckScriptResult"]


@known_arguments
@dataclass(frozen=True, kw_only=True)
class CheckScriptResult(ScriptResult):
    """The result of :func:`check_quality_script`.

    Attributes:
        passed_count: Checks that passed.
        failed_count: Failed checks of severity error or critical.
        warning_count: Failed checks of severity info or warning.
        error_count: Checks that could not be evaluated.
        skipped_count: Rules below ``min_severity``, which were not run.
        learned_count: Rules that this run has learned from the data that it checks (``auto_schema``), which obeys them
            by construction; 0 if an earlier run has learned them.
        notes: What a reader must know about the learned rules, one sentence or more each.
        report: All checks in detail; None if the script was disabled.
        sla: The evaluation of the SLA, if any.
    """

    _readers: ClassVar[Mapping[str, Callable[[Any], Any]]] = {
        "notes": tuple,
        "report": lambda stored: Report.from_dict(decode(stored)),
        "sla": SLAResult.from_dict,
    }

    passed_count: int = 0
    failed_count: int = 0
    warning_count: int = 0
    error_count: int = 0
    skipped_count: int = 0
    learned_count: int = 0
    notes: tuple[str, ...] = ()
    report: Report | None = None
    sla: SLAResult | None = None

    @property
    def total_count(self) -> int:
        """Checks that were run."""
        return self.passed_count + self.failed_count + self.warning_count + self.error_count

    @property
    def pass_rate(self) -> float:
        """The share of checks that passed; 0 if none were run."""
        return self.passed_count / self.total_count if self.total_count else 0.0

    @property
    def failure_rate(self) -> float:
        """The share of checks that failed or could not be evaluated; 0 if none were run."""
        return (self.failed_count + self.error_count) / self.total_count if self.total_count else 0.0

    @property
    def failed_checks(self) -> tuple[str, ...]:
        """Names of the checks that did not pass, warnings included."""
        return () if self.report is None else tuple(check.check_name for check in self.report.failures)

    def summary(self) -> dict[str, Any]:
        """The result without failing rows and SQL, small enough for a Kestra output."""
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
            "learned_count": self.learned_count,
            "notes": list(self.notes),
            "pass_rate": self.pass_rate,
            "execution_time_seconds": self.execution_time_seconds,
            "checks": [{key: getattr(check, key) for key in keys} for check in checks],
        }
