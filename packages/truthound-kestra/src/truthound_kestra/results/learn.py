"""The result of the learn script."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from dq_core.learning import LearnedSuite
from moltres.handoff.encoding import decode
from truthound_kestra.keywords import known_arguments
from truthound_kestra.results.script import ScriptResult

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from dq_core.learning import LearnedRule

__all__ = ["LearnScriptResult"]


@known_arguments
@dataclass(frozen=True, kw_only=True)
class LearnScriptResult(ScriptResult):
    """The result of :func:`learn_schema_script`.

    Attributes:
        suite: The rules as a suite, which can be saved and run; None if the script was disabled.
    """

    _readers: ClassVar[Mapping[str, Callable[[Any], Any]]] = {
        "suite": lambda stored: LearnedSuite.from_dict(decode(stored)),
    }

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
