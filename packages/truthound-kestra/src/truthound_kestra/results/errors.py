"""The error of failed checks."""

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
        result: The result of the script.
        report: The report of the engine.
    """

    def __init__(self, result: CheckScriptResult, report: Report) -> None:
        super().__init__(report)
        self.result = result
