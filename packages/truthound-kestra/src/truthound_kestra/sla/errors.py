"""The error of a violated SLA."""

from __future__ import annotations

from typing import TYPE_CHECKING

from truthound_kestra.errors import DataQualityError

if TYPE_CHECKING:
    from truthound_kestra.sla.metrics import SLAResult, SLAViolation

__all__ = ["SLAViolationError"]


class SLAViolationError(DataQualityError):
    """An SLA is violated.

    Args:
        result: The evaluation, with its violations.
    """

    def __init__(self, result: SLAResult) -> None:
        self.result = result
        reasons = "; ".join(violation.message for violation in result.violations)
        super().__init__(
            f"SLA {result.name or result.metrics.flow_id or 'unnamed'} is violated: {reasons}",
            context={"violations": [violation.violation_type.value for violation in result.violations]},
        )

    @property
    def violations(self) -> tuple[SLAViolation, ...]:
        """The violations, most severe first."""
        return self.result.violations
