"""Profiling data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from truthound_kestra.results import ProfileScriptResult
from truthound_kestra.scripts.config import ProfileScriptConfig
from truthound_kestra.scripts.run import examine

if TYPE_CHECKING:
    from truthound_kestra.kestra.handler import KestraOutputHandler

__all__ = ["profile_data_script"]

_DEFAULT = ProfileScriptConfig()


def profile_data_script(
    data_uri: Any,
    config: ProfileScriptConfig = _DEFAULT,
    *,
    table: str | None = None,
    query: str | None = None,
    handler: KestraOutputHandler | None = None,
) -> ProfileScriptResult:
    """Profile data, column by column.

    In a Kestra task (whose ``env`` sets ``KESTRA_EXECUTION_ID``) the result is sent as outputs and metrics,
    see :func:`truthound_kestra.outputs.send_profile_result`.

    Args:
        data_uri: A path, a URI, the URL of a database, or anything else that dq_core opens, such as a DataFrame.
        config: Options.
        table: The table, if the data is in a database.
        query: A SELECT instead of a table.
        handler: Sends the outputs, also outside Kestra; None for standard output, and only in Kestra.

    Returns:
        The result, with ``columns``.

    Raises:
        ConfigurationError: The arguments do not go together.
        SourceError: The data cannot be read.
        EngineError: The engine is not installed, or does not support this.
    """
    names = ("include_stats", "include_histograms", "sample_size", "top_n")
    return examine(
        ProfileScriptResult,
        "profile",
        "profile",
        data_uri,
        config,
        config_kind=ProfileScriptConfig,
        options=names,
        table=table,
        query=query,
        handler=handler,
    )
