"""What the results of all scripts share."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ScriptResult"]


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
