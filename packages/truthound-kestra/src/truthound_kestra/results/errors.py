"""The error for failed checks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dq_core.errors import CheckFailedError as _CheckFailedError

if TYPE_CHECKING:
    from dq_core.report import Report
    from truthound_kestra.results.check import CheckScriptResult

__all__ = ["CheckFailedError"]


class CheckFailedError(_CheckFailedError):
    """The data failed its checks.

    Args:
        result: What the script found.
        report: The engine's report.
    """

    def __init__(self, result: CheckScriptResult, report: Report) -> None:
        super().__init__(report)
        self.result = result
