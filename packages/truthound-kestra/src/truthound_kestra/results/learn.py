"""What the learn script returns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from truthound_kestra.results.script import ScriptResult

if TYPE_CHECKING:
    from dq_core.learning import LearnedRule, LearnedSuite

__all__ = ["LearnScriptResult"]


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
