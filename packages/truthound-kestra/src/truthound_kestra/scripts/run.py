"""What the scripts have in common: their results, report files and outputs."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, TypeVar

from dq_core.adapters import instance, string
from truthound_kestra.errors import refuse
from truthound_kestra.kestra.context import get_execution_context
from truthound_kestra.kestra.handler import KestraOutputHandler
from truthound_kestra.outputs.reports import write_report
from truthound_kestra.outputs.send import send_result
from truthound_kestra.results import CheckScriptResult, ScriptResult
from truthound_kestra.scripts.engines import get_engine
from truthound_kestra.scripts.sources import masked_uri, usable_source

if TYPE_CHECKING:
    from collections.abc import Sequence

    from truthound_kestra.scripts.config import ScriptConfig

__all__ = ["check_arguments", "described", "examine", "publish", "skipped"]

R = TypeVar("R", bound=ScriptResult)


def check_arguments(config: object, kind: type[ScriptConfig], *, table: object, query: object, handler: object) -> None:
    """Check the arguments of a script, before any work.

    Raises:
        ConfigurationError: Values of other types; lists all of them.
    """
    refuse(
        [
            *instance("config", config, kind, f"a {kind.__name__}"),
            *(() if table is None else string("table", table)),
            *(() if query is None else string("query", query)),
            *instance("handler", handler, (KestraOutputHandler, type(None)), "a KestraOutputHandler"),
        ]
    )


_LOG = logging.getLogger("truthound_kestra.scripts")


def examine(
    kind: type[R],
    method: str,
    field: str,
    data_uri: Any,
    config: ScriptConfig,
    *,
    config_kind: type[ScriptConfig],
    options: Sequence[str],
    table: str | None,
    query: str | None,
    handler: KestraOutputHandler | None,
) -> R:
    """Let an engine profile data or learn from it, and publish the result.

    Args:
        kind: The type of the result.
        method: The engine's method: "profile" or "learn".
        field: The field of the result for what the engine returns.
        data_uri: The data.
        config: Options of the script.
        config_kind: The class of the options.
        options: Names of the options that the engine takes.
        table: The table, if the data is in a database.
        query: A SELECT instead of a table.
        handler: Sends the outputs.
    """
    check_arguments(config, config_kind, table=table, query=query, handler=handler)
    if not config.enabled:
        result = kind(**skipped(data_uri, config))
    else:
        source = usable_source(data_uri, table=table, query=query)
        given = {name: getattr(config, name) for name in options} | config.given_options
        look = getattr(get_engine(config.engine_name), method)
        found = look(source, table=table, query=query, timeout_seconds=config.timeout_seconds, **given)
        result = kind(
            status="passed",
            data_uri=found.source,
            execution_time_seconds=found.execution_time_seconds,
            row_count=found.row_count,
            **{field: found},
            **described(config),
        )
    publish(result, config, handler)
    return result


def described(config: ScriptConfig) -> dict[str, Any]:
    """The fields of a result that come from the config."""
    return {
        "engine_name": config.engine_name,
        "tags": tuple(config.tags),
        "description": config.description,
        "metadata": dict(config.metadata),
    }


def skipped(source: Any, config: ScriptConfig) -> dict[str, Any]:
    """The fields of the result of a disabled script."""
    return {"status": "skipped", "data_uri": masked_uri(source), **described(config)}


def publish(result: ScriptResult, config: ScriptConfig, handler: KestraOutputHandler | None) -> None:
    """Write the report files, and send the outputs in Kestra or if there is a handler; else log the notes."""
    if config.report is not None:
        write_report(result, config.report, handler)
    if handler is not None or get_execution_context().in_kestra:
        send_result(result, handler)
    elif isinstance(result, CheckScriptResult):
        for note in result.notes:
            _LOG.log(logging.WARNING if result.learned_count else logging.INFO, "%s: %s", result.data_uri, note)
