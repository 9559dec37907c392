"""The result of the learn script."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from truthound_kestra.results.script import ScriptResult

if TYPE_CHECKING:
    from dq_core.learning import LearnedRule, LearnedSuite

__all__ = ["LearnScriptResult"]


@dataclass(frozen=True, kw_only=True)
class LearnScriptResult(ScriptResult):
    """The result of :func:`learn_schema_script`.

    Attributes:
        suite: The rules as a suite, which can be saved and run; None if the script was disabled.
    """

    suite: LearnedSuite | None = None

    @property
    def rules(self) -> tuple[LearnedRule, ...]:
        """The rules, each with column, type, confidence, and the check itself."""
        return () if self.suite is None else self.suite.rules

    def summary(self) -> dict[str, Any]:
        """The result in a form that is small enough for a Kestra output."""
        return {
            "status": self.status,
            "data_uri": self.data_uri,
            "engine_name": self.engine_name,
            "row_count": self.row_count,
            "rule_count": len(self.rules),
            "execution_time_seconds": self.execution_time_seconds,
            "rules": [{"column": rule.column, "type": rule.type, "confidence": rule.confidence} for rule in self.rules],
        }
