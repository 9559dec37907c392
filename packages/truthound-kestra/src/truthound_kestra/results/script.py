"""The result of any script."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from truthound_kestra.documents import Document
from truthound_kestra.keywords import known_arguments

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["ScriptResult"]


@known_arguments
@dataclass(frozen=True, kw_only=True)
class ScriptResult(Document):
    """Attributes of all results.

    Attributes:
        status: "passed" or "failed"; "skipped" if the script was disabled.
        data_uri: The data, without secrets.
        engine_name: The engine.
        execution_time_seconds: Duration in seconds.
        row_count: Number of rows.
        tags: From the config.
        description: From the config.
        metadata: From the config.
    """

    _readers: ClassVar[Mapping[str, Callable[[Any], Any]]] = {"tags": tuple}

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
        """Whether the status is not "failed"."""
        return self.status != "failed"

    def summary(self) -> dict[str, Any]:
        """The result in a form that is small enough for a Kestra output."""
        raise NotImplementedError
