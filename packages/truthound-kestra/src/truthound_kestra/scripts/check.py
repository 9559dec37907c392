"""Checking data against rules."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from dq_core import Check, parse
from truthound_kestra.errors import ConfigurationError, refuse
from truthound_kestra.results import CheckScriptResult
from truthound_kestra.results.errors import CheckFailedError
from truthound_kestra.scripts.config import DEFAULT_SCRIPT_CONFIG, CheckScriptConfig, rules_problems
from truthound_kestra.scripts.engines import get_engine
from truthound_kestra.scripts.run import check_arguments, described, publish, skipped
from truthound_kestra.scripts.schema import Schema, schema_rules
from truthound_kestra.scripts.service_level import evaluate, failure_store
from truthound_kestra.scripts.severity import severity_rank, with_canonical_severity
from truthound_kestra.scripts.sources import usable_source
from truthound_kestra.sla.errors import SLAViolationError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dq_core.report import Report
    from truthound_kestra.kestra.handler import KestraOutputHandler

__all__ = ["check_quality_script"]


def check_quality_script(
    data_uri: Any,
    config: CheckScriptConfig | None = None,
    *,
    rules: Sequence[Mapping[str, Any] | Check] | None = None,
    table: str | None = None,
    query: str | None = None,
    handler: KestraOutputHandler | None = None,
) -> CheckScriptResult:
    """Check data against rules.

    Without a config and without rules, the data is checked against what the first run has learned, as with
    ``auto_schema``; the first run learns, and judges nothing. The result (``notes``, ``learned_count``) and the log say
    so.

    In a Kestra task (whose ``env`` sets ``KESTRA_EXECUTION_ID``) the result is sent as outputs and metrics,
    see :func:`truthound_kestra.outputs.send_check_result`, before anything is raised.

    Args:
        data_uri: A path, a URI, the URL of a database, or anything else that dq_core opens, such as a DataFrame.
        config: Options; None for ``DEFAULT_SCRIPT_CONFIG``, with ``auto_schema`` if there are no rules.
        rules: Further rules, in addition to those of the config.
        table: The table, if the data is in a database.
        query: A SELECT instead of a table.
        handler: Sends the outputs, also outside Kestra; None for standard output, and only in Kestra.

    Returns:
        The result.

    Raises:
        CheckFailedError: Checks failed, and ``fail_on_error`` is set; carries the result.
        SLAViolationError: The SLA is violated; carries its evaluation.
        ConfigurationError: The arguments do not go together, or there are no rules.
        RuleError: The rules are invalid; lists all problems. No data was read.
        SourceError: The data cannot be read.
        EngineError: The engine is not installed, or does not support a rule.
    """
    if config is None:
        config = DEFAULT_SCRIPT_CONFIG.with_changes(auto_schema=rules is None)
    check_arguments(config, CheckScriptConfig, table=table, query=query, handler=handler)
    refuse(() if rules is None else rules_problems(rules))
    if not config.enabled:
        result = CheckScriptResult(**skipped(data_uri, config))
        publish(result, config, handler)
        return result
    source = usable_source(data_uri, table=table, query=query)
    engine = get_engine(config.engine_name)
    store = None if config.sla is None else failure_store(config.sla, handler)
    given = _given(config, () if rules is None else rules)
    schema = schema_rules(source, config, table=table, query=query, handler=handler) if config.auto_schema else None
    checks, skipped_count = _chosen((*given, *(schema.checks if schema else ())), config)
    report = engine.check(
        source,
        checks,
        table=table,
        query=query,
        samples=config.sample_failures,
        timeout_seconds=config.timeout_seconds,
        semantics=config.semantics,
        read_options=config.read_options,
        parallel=config.parallel,
        max_workers=config.max_workers,
    )
    result = _result(report, config, skipped_count)
    if schema is not None:
        learned_count = len(schema.checks) if schema.learned else 0
        result = dataclasses.replace(result, learned_count=learned_count, notes=(_note(schema, len(given)),))
    if config.sla is not None and store is not None:
        result = dataclasses.replace(result, sla=evaluate(result, config.sla, store, handler))
    publish(result, config, handler)
    if config.fail_on_error and not result.is_success:
        raise CheckFailedError(result, report)
    if result.sla is not None and not result.sla.is_compliant:
        raise SLAViolationError(result.sla)
    return result


def _given(config: CheckScriptConfig, more: Sequence[Any]) -> tuple[Check, ...]:
    """The rules of the config and the call.

    Raises:
        RuleError: Rules are invalid; lists all problems.
    """
    given = [with_canonical_severity(rule) for rule in (*config.rules, *more)]
    return parse(given) if given else ()


def _note(schema: Schema, given_count: int) -> str:
    """What a reader must know about the learned rules."""
    if not schema.checks:
        return "No rules could be learned from the data of this run. The next run tries again."
    count = f"{len(schema.checks)} rule{'' if len(schema.checks) == 1 else 's'} {schema.origin}"
    if not schema.learned:
        return f"{count}."
    head = "" if given_count else "This run has learned, and judged nothing: "
    return f"{head}{count}, which obeys them by construction. Later runs are checked against them."


def _chosen(checks: Sequence[Check], config: CheckScriptConfig) -> tuple[tuple[Check, ...], int]:
    """The checks to run, and how many are skipped because of their severity."""
    if not checks:
        if config.auto_schema:
            raise ConfigurationError("No rules were given, and none could be learned from the data (auto_schema).")
        raise ConfigurationError(
            "There are no rules, so nothing would be checked.",
            suggestion="Give rules, or auto_schema=True to learn rules from the data.",
        )
    least = severity_rank(config.min_severity)
    chosen = tuple(check for check in checks if severity_rank(check.severity) >= least)
    if not chosen:
        raise ConfigurationError(
            f"All {len(checks)} rules are below min_severity={config.min_severity!r}, so nothing would be checked."
        )
    return chosen, len(checks) - len(chosen)


def _result(report: Report, config: CheckScriptConfig, skipped_count: int) -> CheckScriptResult:
    failed = not report.passed or (config.fail_on_warning and report.warning_checks > 0)
    return CheckScriptResult(
        status="failed" if failed else "passed",
        data_uri=report.source,
        execution_time_seconds=report.execution_time_seconds,
        row_count=report.total_rows,
        passed_count=report.passed_checks,
        failed_count=report.failed_checks,
        warning_count=report.warning_checks,
        error_count=report.error_checks,
        skipped_count=skipped_count,
        report=report,
        **described(config),
    )
