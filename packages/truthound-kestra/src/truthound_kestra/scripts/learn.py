"""Learning rules from data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from truthound_kestra.results import LearnScriptResult
from truthound_kestra.scripts.config import LearnScriptConfig
from truthound_kestra.scripts.run import examine

if TYPE_CHECKING:
    from truthound_kestra.kestra.handler import KestraOutputHandler

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

    In a Kestra task (whose ``env`` sets ``KESTRA_EXECUTION_ID``) the result is sent as outputs and metrics,
    see :func:`truthound_kestra.outputs.send_learn_result`.

    Args:
        data_uri: A path, a URI, the URL of a database, or anything else that dq_core opens, such as a DataFrame.
        config: Options.
        table: The table, if the data is in a database.
        query: A SELECT instead of a table.
        handler: Sends the outputs, also outside Kestra; None for standard output, and only in Kestra.

    Returns:
        The result, with ``rules`` and their ``suite``.

    Raises:
        ConfigurationError: The arguments do not go together.
        SourceError: The data cannot be read.
        EngineError: The engine is not installed, or does not support this.
    """
    names = (
        "min_confidence",
        "include_patterns",
        "include_ranges",
        "include_categories",
        "categorical_threshold",
        "sample_size",
    )
    return examine(
        LearnScriptResult,
        "learn",
        "suite",
        data_uri,
        config,
        config_kind=LearnScriptConfig,
        options=names,
        table=table,
        query=query,
        handler=handler,
    )
