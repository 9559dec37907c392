"""The errors of failed checks, and of copies that are not the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dq_core.errors import CheckFailedError as _CheckFailedError
from dq_core.errors import ComparisonFailedError as _ComparisonFailedError

if TYPE_CHECKING:
    from dq_core import Comparison
    from dq_core.report import Report
    from truthound_kestra.results.check import CheckScriptResult
    from truthound_kestra.results.compare import CompareScriptResult

__all__ = ["CheckFailedError", "ComparisonFailedError"]


class CheckFailedError(_CheckFailedError):
    """The data failed its checks.

    Args:
        result: The result of the script.
        report: The report of the engine.
    """

    def __init__(self, result: CheckScriptResult, report: Report) -> None:
        super().__init__(report)
        self.result = result


class ComparisonFailedError(_ComparisonFailedError):
    """The copy does not hold the same rows.

    Args:
        result: The result of the script.
        comparison: What was found.
    """

    def __init__(self, result: CompareScriptResult, comparison: Comparison) -> None:
        super().__init__(comparison, comparison.to_text().partition("\n")[0].replace("  ", ": ", 1))
        self.result = result
