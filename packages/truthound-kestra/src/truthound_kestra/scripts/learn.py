"""Learning rules from data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from truthound_kestra.results import LearnScriptResult
from truthound_kestra.scripts.config import LearnScriptConfig
from truthound_kestra.scripts.engines import get_engine
from truthound_kestra.scripts.run import described, publish, skipped
from truthound_kestra.utils.sources import usable_source

if TYPE_CHECKING:
    from truthound_kestra.outputs.handler import KestraOutputHandler

__all__ = ["learn_schema_script"]

_DEFAULT = LearnScriptConfig()


def learn_schema_script(
    data_uri: Any,
    config: LearnScriptConfig = _DEFAULT,
    *,
    table: str | None = None,
    query: str | None = None,
    handler: KestraOutputHandler | None = None,
) -> LearnScriptResult:
    """Learn rules from data that is known to be good.

    In a task of Kestra (whose ``env`` hands over ``KESTRA_EXECUTION_ID``) the result is sent as outputs and metrics,
    see :func:`truthound_kestra.outputs.send_learn_result`.

    Args:
        data_uri: A path, URI, or URL of a database; also anything else that dq_core opens, such as a data frame.
        config: Options.
        table: The table, if the data is in a database.
        query: A SELECT instead of a table.
        handler: Sends the outputs, in Kestra or not; None for standard output, in Kestra only.

    Returns:
        The result, with ``rules`` and the ``suite`` that they are.

    Raises:
        ConfigurationError: The options do not fit together.
        SourceError: The data cannot be read.
        EngineError: The engine is not installed, or cannot do this.
    """
    if not config.enabled:
        result = LearnScriptResult(**skipped(data_uri, config))
        publish(result, config, handler)
        return result
    source = usable_source(data_uri, table=table, query=query)
    suite = get_engine(config.engine_name).learn(
        source,
        table=table,
        query=query,
        min_confidence=config.min_confidence,
        include_patterns=config.include_patterns,
        include_ranges=config.include_ranges,
        include_categories=config.include_categories,
        categorical_threshold=config.categorical_threshold,
        sample_size=config.sample_size,
        timeout_seconds=config.timeout_seconds,
    )
    result = LearnScriptResult(
        status="passed",
        data_uri=suite.source,
        execution_time_seconds=suite.execution_time_seconds,
        row_count=suite.row_count,
        suite=suite,
        **described(config),
    )
    publish(result, config, handler)
    return result
