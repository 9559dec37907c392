"""What the three scripts have in common: a result, its report files, its outputs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from truthound_kestra.outputs.reports import write_report
from truthound_kestra.outputs.send import send_result
from truthound_kestra.utils.context import get_execution_context
from truthound_kestra.utils.sources import masked_uri

if TYPE_CHECKING:
    from truthound_kestra.outputs.handler import KestraOutputHandler
    from truthound_kestra.results import ScriptResult
    from truthound_kestra.scripts.config import ScriptConfig

__all__ = ["described", "publish", "skipped"]


def described(config: ScriptConfig) -> dict[str, Any]:
    """The fields of a result that the config gives."""
    return {
        "engine_name": config.engine_name,
        "tags": tuple(config.tags),
        "description": config.description,
        "metadata": dict(config.metadata),
    }


def skipped(source: Any, config: ScriptConfig) -> dict[str, Any]:
    """The fields of the result of a script that is disabled."""
    return {"status": "skipped", "data_uri": masked_uri(source), **described(config)}


def publish(result: ScriptResult, config: ScriptConfig, handler: KestraOutputHandler | None) -> None:
    """Write the report files, and send the outputs if there is somebody to read them: in Kestra, or a handler."""
    if config.report is not None:
        write_report(result, config.report, handler)
    if handler is not None or get_execution_context().in_kestra:
        send_result(result, handler)
