"""Sending the scripts' results to Kestra."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar
from weakref import WeakValueDictionary

from dq_core.adapters import instance
from truthound_kestra.errors import OutputError
from truthound_kestra.kestra.handler import KestraOutputHandler, handler_of
from truthound_kestra.results import (
    CheckScriptResult,
    CompareScriptResult,
    LearnScriptResult,
    ProfileScriptResult,
    ScriptResult,
)
from truthound_kestra.sla.metrics import SLAResult

__all__ = [
    "send_check_result",
    "send_compare_result",
    "send_learn_result",
    "send_outputs",
    "send_profile_result",
    "send_result",
    "send_sla_result",
]

R = TypeVar("R", bound=ScriptResult)

# Kestra adds metrics up, so the metrics of a result are sent once, however often the result is sent.
_COUNTED: WeakValueDictionary[int, ScriptResult] = WeakValueDictionary()


def send_check_result(
    result: CheckScriptResult | Mapping[str, Any], handler: KestraOutputHandler | None = None
) -> None:
    """Send a check's result.

    Outputs: ``status``, ``passed``, the counts, ``total_count``, ``pass_rate``, ``failure_rate``, ``row_count``,
    ``execution_time_seconds``, ``failed_checks`` and all of it with every check in ``result``. Metrics: the counters
    ``checks.passed``, ``checks.failed``, ``checks.warning``, ``checks.error`` and ``rows``, the timer
    ``check.duration``. The notes of the result are entries of the log.

    Args:
        result: The result of the script, or its ``to_dict()``.
        handler: Sends the outputs; None for standard output.

    Raises:
        OutputError: It is not the result of a check, or cannot be sent.
    """
    handler = handler_of(handler)
    result = _expected(result, CheckScriptResult)
    counts = ("passed", "failed", "warning", "error")
    handler.send_outputs(
        {
            "status": result.status,
            "passed": result.is_success,
            **{f"{name}_count": getattr(result, f"{name}_count") for name in counts},
            "skipped_count": result.skipped_count,
            "learned_count": result.learned_count,
            "total_count": result.total_count,
            "pass_rate": result.pass_rate,
            "failure_rate": result.failure_rate,
            "row_count": result.row_count,
            "execution_time_seconds": result.execution_time_seconds,
            "failed_checks": result.failed_checks,
            "result": handler.fitting("result", result.summary(), "checks", _has_failed),
        }
    )
    if _first_time(result):
        tags = _tags(result)
        for note in result.notes:
            handler.log("WARN" if result.learned_count else "INFO", note)
        for name in counts:
            handler.counter(f"checks.{name}", getattr(result, f"{name}_count"), tags)
        handler.counter("rows", result.row_count, tags)
        handler.timer("check.duration", result.execution_time_seconds, tags)


def send_profile_result(
    result: ProfileScriptResult | Mapping[str, Any], handler: KestraOutputHandler | None = None
) -> None:
    """Send a profile: the outputs ``status``, ``row_count``, ``column_count``, ``result``; rows and time as metrics.

    Args:
        result: The result of the script, or its ``to_dict()``.
        handler: Sends the outputs; None for standard output.

    Raises:
        OutputError: It is not the result of a profile, or cannot be sent.
    """
    result = _expected(result, ProfileScriptResult)
    _send(result, handler, "profile", "columns", {"column_count": len(result.columns)})


def send_learn_result(
    result: LearnScriptResult | Mapping[str, Any], handler: KestraOutputHandler | None = None
) -> None:
    """Send learned rules: the outputs ``status``, ``row_count``, ``rule_count``, ``result``, and two metrics.

    Args:
        result: The result of the script, or its ``to_dict()``.
        handler: Sends the outputs; None for standard output.

    Raises:
        OutputError: It is not the result of learning, or cannot be sent.
    """
    result = _expected(result, LearnScriptResult)
    _send(result, handler, "learn", "rules", {"rule_count": len(result.rules)})


def send_compare_result(
    result: CompareScriptResult | Mapping[str, Any], handler: KestraOutputHandler | None = None
) -> None:
    """Send a comparison.

    Outputs: ``status``, ``equal``, ``missing_count``, ``extra_count``, ``changed_count``, ``row_count``,
    ``copy_row_count``, ``execution_time_seconds``, and all of it with the rows that are shown in ``result``. Metrics:
    the counters ``rows``, ``compare.missing``, ``compare.extra`` and ``compare.changed``, the timer
    ``compare.duration``.

    Args:
        result: The result of the script, or its ``to_dict()``.
        handler: Sends the outputs; None for standard output.

    Raises:
        OutputError: It is not the result of a comparison, or cannot be sent.
    """
    result, handler = _expected(result, CompareScriptResult), handler_of(handler)
    first = _COUNTED.get(id(result)) is not result
    counts = {name: getattr(result, f"{name}_count") for name in ("missing", "extra", "changed")}
    outputs = {f"{name}_count": value for name, value in counts.items()}
    _send(
        result,
        handler,
        "compare",
        "samples",
        {"equal": result.equal, "copy_row_count": result.copy_row_count, **outputs},
    )
    for name, value in counts.items() if first else ():
        handler.counter(f"compare.{name}", value, _tags(result))


def send_sla_result(result: SLAResult | Mapping[str, Any], handler: KestraOutputHandler | None = None) -> None:
    """Send an SLA's evaluation: the outputs ``sla_compliant``, ``sla_violations``, ``sla_consecutive_failures``.

    Args:
        result: The evaluation, or its ``to_dict()``.
        handler: Sends the outputs; None for standard output.

    Raises:
        OutputError: It is not the result of an evaluation.
    """
    if isinstance(result, Mapping):
        result = SLAResult.from_dict(result)
    for problem in instance("The result", result, SLAResult, "an SLAResult"):
        raise OutputError(problem)
    handler_of(handler).send_outputs(result.outputs())


def send_result(result: ScriptResult, handler: KestraOutputHandler | None = None) -> None:
    """Send the result of any script.

    Args:
        result: What a script returned.
        handler: Sends it; None for standard output.

    Raises:
        OutputError: It is not a result, or cannot be sent.
    """
    if isinstance(result, CheckScriptResult):
        send_check_result(result, handler)
    elif isinstance(result, ProfileScriptResult):
        send_profile_result(result, handler)
    elif isinstance(result, LearnScriptResult):
        send_learn_result(result, handler)
    elif isinstance(result, CompareScriptResult):
        send_compare_result(result, handler)
    else:
        raise OutputError(f"The result must be a ScriptResult, not {type(result).__name__}.")


def send_outputs(values: Mapping[str, Any], handler: KestraOutputHandler | None = None) -> None:
    """Send outputs by name. Values may be of any type that has a form in JSON.

    Args:
        values: Values by name; a later task reads them as ``{{ outputs.<task>.vars.<name> }}``.
        handler: Sends the outputs; None for standard output.

    Raises:
        OutputError: A value has no form in JSON.
    """
    handler_of(handler).send_outputs(values)


def _send(
    result: ScriptResult, handler: KestraOutputHandler | None, what: str, items: str, outputs: Mapping[str, Any]
) -> None:
    handler = handler_of(handler)
    common = {
        "status": result.status,
        "row_count": result.row_count,
        "execution_time_seconds": result.execution_time_seconds,
    }
    summary = handler.fitting("result", result.summary(), items, lambda _: False)
    handler.send_outputs({**common, **outputs, "result": summary})
    if _first_time(result):
        handler.counter("rows", result.row_count, _tags(result))
        handler.timer(f"{what}.duration", result.execution_time_seconds, _tags(result))


def _expected(result: object, kind: type[R]) -> R:
    """A result of this kind, which may be given as its ``to_dict()``."""
    if isinstance(result, Mapping):
        return kind.from_dict(result)
    if not isinstance(result, kind):
        raise OutputError(f"The result must be a {kind.__name__}, not {type(result).__name__}.")
    return result


def _has_failed(check: Mapping[str, Any]) -> bool:
    return bool(check["status"] != "passed")


def _first_time(result: ScriptResult) -> bool:
    if _COUNTED.get(id(result)) is result:
        return False
    _COUNTED[id(result)] = result
    return True


def _tags(result: ScriptResult) -> dict[str, Any]:
    return {"engine": result.engine_name, "tags": ",".join(result.tags) or None}
