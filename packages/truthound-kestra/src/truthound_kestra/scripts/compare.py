"""Comparing data with its copy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dq_core import Source, compare
from dq_core.adapters import string
from truthound_kestra.errors import ConfigurationError, refuse
from truthound_kestra.results import CompareScriptResult
from truthound_kestra.results.errors import ComparisonFailedError
from truthound_kestra.scripts.config import CompareScriptConfig
from truthound_kestra.scripts.run import check_arguments, described, publish, skipped
from truthound_kestra.scripts.sources import DataSourceType, detect_data_source_type, masked_uri, usable_source

if TYPE_CHECKING:
    from truthound_kestra.kestra.handler import KestraOutputHandler

__all__ = ["compare_data_script"]

_DEFAULT = CompareScriptConfig()


def compare_data_script(
    data_uri: Any,
    copy_uri: Any,
    config: CompareScriptConfig = _DEFAULT,
    *,
    table: str | None = None,
    query: str | None = None,
    copy_table: str | None = None,
    copy_query: str | None = None,
    handler: KestraOutputHandler | None = None,
) -> CompareScriptResult:
    """Say whether a copy holds the same rows as the data it was made of, and which rows differ.

    In a Kestra task (whose ``env`` sets ``KESTRA_EXECUTION_ID``) the result is sent as outputs and metrics,
    see :func:`truthound_kestra.outputs.send_compare_result`.

    Args:
        data_uri: What is right: a path, a URI, the URL of a database, or anything else that dq_core opens.
        copy_uri: What is compared with it, likewise.
        config: Options.
        table: The table, if the data is in a database.
        query: A SELECT instead of a table.
        copy_table: The table of the copy; the same as ``table`` if neither it nor ``copy_query`` is given for a
            database.
        copy_query: A SELECT instead of a table.
        handler: Sends the outputs, also outside Kestra; None for standard output, and only in Kestra.

    Returns:
        The result, with the ``comparison``.

    Raises:
        ComparisonFailedError: The rows are not the same, with ``fail_on_difference``; the outputs were sent.
        ConfigurationError: The arguments do not go together.
        RuleError: Columns cannot be compared; lists all problems.
        SourceError: A side cannot be read.
    """
    check_arguments(config, CompareScriptConfig, table=table, query=query, handler=handler)
    given = (("copy_table", copy_table), ("copy_query", copy_query))
    refuse([problem for name, value in given if value is not None for problem in string(name, value)])
    if not config.enabled:
        result = CompareScriptResult(copy_uri=masked_uri(copy_uri), **skipped(data_uri, config))
        publish(result, config, handler)
        return result
    if copy_table is None and copy_query is None and isinstance(copy_uri, str) and "://" in copy_uri:
        copy_table = table if _is_database(copy_uri) else None
    left = Source(
        usable_source(data_uri, table=table, query=query), table=table, query=query, read_options=config.read_options
    )
    right = Source(
        _usable_copy(copy_uri, table=copy_table, query=copy_query),
        table=copy_table,
        query=copy_query,
        read_options=config.copy_read_options,
    )
    found = compare(
        left,
        right,
        list(config.keys),
        columns=None if config.columns is None else list(config.columns),
        where=config.where,
        tolerance=config.tolerance,
        samples=config.samples,
        mask=tuple(config.mask),
        timeout_seconds=config.timeout_seconds,
        semantics=config.semantics,
    )
    result = CompareScriptResult(
        status="passed" if found.equal else "failed",
        data_uri=found.left,
        copy_uri=found.right,
        execution_time_seconds=found.execution_time_seconds,
        row_count=found.left_rows,
        comparison=found,
        **described(config),
    )
    publish(result, config, handler)
    if config.fail_on_difference and not found.equal:
        raise ComparisonFailedError(result, found)
    return result


def _usable_copy(uri: Any, *, table: str | None, query: str | None) -> Any:
    """The copy as an engine can open it."""
    try:
        return usable_source(uri, table=table, query=query)
    except ConfigurationError as error:
        raise ConfigurationError(f"copy_uri: {error.message}", suggestion=error.suggestion) from None


def _is_database(uri: str) -> bool:
    return detect_data_source_type(uri) is DataSourceType.DATABASE
