"""An SLA as the ``sla`` block, which Kestra itself evaluates."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, Literal

from dq_core.adapters import choice, instance, iso_duration, mapping, plain_number, strings
from truthound_kestra.errors import refuse
from truthound_kestra.kestra.reference import reference
from truthound_kestra.sla.config import SLAConfig

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

__all__ = ["SLABehavior", "to_kestra_sla", "unwatched_limits"]

SLABehavior = Literal["FAIL", "CANCEL", "NONE"]

# Limits about the outputs of check tasks: the output, how it is compared, and which of several is the worst.
_ASSERTIONS: Final = {
    "max_failure_rate": ("failure_rate", "<=", "max"),
    "min_pass_rate": ("pass_rate", ">=", "min"),
    "min_row_count": ("row_count", ">=", "min"),
}


def unwatched_limits(config: SLAConfig, task_ids: Sequence[str]) -> Iterator[str]:
    """Yield a sentence for each kind of limit that Kestra would not evaluate for a flow with these check tasks.

    The default of ``max_consecutive_failures`` is no limit that anyone has set, next to one that Kestra evaluates.

    Args:
        config: The limits.
        task_ids: Ids of the check tasks.
    """
    if not config.enabled:
        return
    about_checks = [name for name in _ASSERTIONS if getattr(config, name) is not None]
    if about_checks and not task_ids:
        yield (
            f"{' and '.join(about_checks)} can only be evaluated on check tasks, and tasks has none "
            "(those in errors and finally_tasks do not count). Add a check task, or remove the limit."
        )
    count, default = config.max_consecutive_failures, type(config)().max_consecutive_failures
    evaluated = about_checks or config.max_execution_time_seconds is not None
    if count is not None and not (evaluated and count == default):
        yield (
            "Kestra does not count consecutive failures of a flow, so max_consecutive_failures would have no effect. "
            "Give it to a check task (TaskConfig.sla), or set it to None."
        )


def to_kestra_sla(
    config: SLAConfig,
    *,
    task_ids: Sequence[str] = ("check",),
    inner_ids: Sequence[str] = (),
    behavior: SLABehavior = "FAIL",
    labels: Mapping[str, str] | None = None,
) -> list[dict[str, Any]]:
    """The native ``sla`` block for a flow.

    Kestra evaluates the duration of the execution, and assertions about the outputs of check tasks, so the block covers
    ``max_execution_time_seconds``, ``max_failure_rate``, ``min_pass_rate`` and ``min_row_count``. An assertion is
    evaluated at each change of the execution; one about a task that has not run yet is true. Kestra does not count
    consecutive failed executions: give an SLA with ``max_consecutive_failures`` to the task (``TaskConfig.sla``).

    Args:
        config: The limits.
        task_ids: Ids of the check tasks whose outputs are evaluated.
        inner_ids: Ids of the check tasks inside of other tasks, such as loops, each of whose runs is evaluated.
        behavior: What Kestra does on a violation: fail or cancel the execution, or only set the labels.
        labels: Labels of an execution that violates the SLA; by default ``sla: violated``.

    Returns:
        An entry for each limit and task; empty if the SLA is disabled or has none of these limits.

    Raises:
        ConfigurationError: The behavior does not exist, or values have other types; lists all of them.
    """
    refuse(
        [
            *instance("config", config, SLAConfig, "an SLAConfig"),
            *strings("task_ids", task_ids),
            *strings("inner_ids", inner_ids),
            *choice("behavior", behavior, ("FAIL", "CANCEL", "NONE")),
            *(() if labels is None else mapping("labels", labels)),
        ]
    )
    if not config.enabled:
        return []
    tags = dict(labels) if labels is not None else {"sla": "violated"}
    entries: list[dict[str, Any]] = []
    if config.max_execution_time_seconds is not None:
        duration = iso_duration(config.max_execution_time_seconds)
        entries.append({"id": "max_execution_time", "type": "MAX_DURATION", "duration": duration})
    entries.extend(_assertions(config, task_ids, inner_ids))
    for entry in entries:
        entry["behavior"] = behavior
        if tags:
            entry["labels"] = dict(tags)
    return entries


def _assertions(config: SLAConfig, task_ids: Sequence[str], inner_ids: Sequence[str]) -> Iterator[dict[str, Any]]:
    for name, (output, operator, worst) in _ASSERTIONS.items():
        given = getattr(config, name)
        if given is None:
            continue
        limit = format(Decimal(repr(plain_number(given))), "f")  # Kestra's expressions have no exponents
        for task in (*task_ids, *inner_ids):
            outputs = reference("outputs", task)
            if task in inner_ids:
                # The outputs of a loop are mappings by the values of the loop, however deep.
                all_of = f"[.. | objects | .vars? | objects | .{output}? | numbers]"
                value = f"(({outputs} ?? {{}}) | jq('{all_of} | {worst} // {limit}') | first)"
            else:
                value = f"({outputs}.vars.{output} ?? {limit})"
            suffix = f"_{task}" if len(task_ids) + len(inner_ids) > 1 else ""
            expression = f"{{{{ {value} {operator} {limit} }}}}"
            yield {"id": f"{name}{suffix}", "type": "EXECUTION_ASSERTION", "assert": expression}
