"""Refusing what Kestra would refuse, before anything is written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from truthound_kestra.arguments import is_text, is_whole
from truthound_kestra.flows.expressions import Scope, expression_problems, holds_expression
from truthound_kestra.flows.graph import ancestors, graph_problems
from truthound_kestra.flows.input import ConcurrencyConfig
from truthound_kestra.flows.names import (
    CHECK_BEHAVIORS,
    CHECK_STYLES,
    CONCURRENCY_BEHAVIORS,
    OUTPUT_TYPES,
    RESERVED_FLOW_IDS,
    duplicates,
    kestra_major,
    one_of,
    pattern_problems,
)
from truthound_kestra.flows.retry import input_problems, retry_problems
from truthound_kestra.flows.task import TaskConfig
from truthound_kestra.flows.task_validation import plugin_task_problems, task_problems
from truthound_kestra.flows.trigger import trigger_problems

if TYPE_CHECKING:
    from collections.abc import Iterator

    from truthound_kestra.flows.flow import FlowConfig

__all__ = ["flow_problems"]


def flow_problems(flow: FlowConfig, kestra_version: str) -> Iterator[str]:
    """Everything that is wrong with a flow, a sentence each."""
    major = kestra_major(kestra_version)
    if major is None:
        yield f"kestra_version must be a version 1.x or 2.x, not {kestra_version!r}."
        return
    yield from _head_problems(flow)
    yield from _start_problems(flow)
    for config in flow.inputs:
        yield from input_problems(config)
    yield from duplicates("input", [config.name for config in flow.inputs])
    yield from _task_problems(flow, major)
    graph = {task.id: tuple(task.depends_on) for task in flow.tasks}
    circular = list(graph_problems(graph))
    yield from circular
    if not circular:
        yield from _reference_problems(flow, ancestors(graph))
    for output in flow.outputs:
        yield from pattern_problems("output name", output.name)
        yield from one_of(f"The output {output.name!r}: its type", output.kestra_type, OUTPUT_TYPES)
    yield from duplicates("output", [output.name for output in flow.outputs])
    for trigger in flow.triggers:
        yield from trigger_problems(trigger, flow, major)
    yield from duplicates("trigger id", [trigger.id for trigger in flow.triggers])
    if flow.retry is not None:
        yield from retry_problems("The flow's retry", flow.retry, major)


def _head_problems(flow: FlowConfig) -> Iterator[str]:
    yield from pattern_problems("flow id", flow.id)
    if flow.id in RESERVED_FLOW_IDS:
        yield f"The flow id {flow.id!r} is a word that Kestra keeps for itself."
    yield from pattern_problems("namespace", flow.namespace)
    for key, value in flow.labels.items():
        yield from pattern_problems("label", key)
        if str(key).startswith("system."):
            yield f"The label {key!r} can only be set by Kestra itself."
        if not is_text(value):
            yield f"The label {key!r} must be text, not {value!r}."
    for name in flow.variables:
        if not is_text(name):
            yield f"The name of a variable must be text, not {name!r}."


def _start_problems(flow: FlowConfig) -> Iterator[str]:
    """What decides whether an execution starts."""
    limit = flow.concurrency
    if limit is not None:
        config = limit if isinstance(limit, ConcurrencyConfig) else ConcurrencyConfig(limit=limit)
        if not is_whole(config.limit, 1):
            yield f"concurrency must allow at least 1 execution, not {config.limit!r}."
        yield from one_of("The behavior of concurrency", config.behavior, CONCURRENCY_BEHAVIORS)
    for check in flow.checks:
        yield from one_of("The behavior of a check", check.behavior, CHECK_BEHAVIORS)
        yield from one_of("The style of a check", check.style, CHECK_STYLES)
        if not holds_expression(check.condition):
            example = "{{ inputs.x != '' }}"
            yield f"The condition of a check must be an expression like {example}, not {check.condition!r}."


def _task_problems(flow: FlowConfig, major: int) -> Iterator[str]:
    if not flow.tasks:
        yield "The flow has no tasks."
    after = (*flow.errors, *flow.finally_tasks)
    yield from duplicates("task id", [str(_id(task)) for task in (*flow.tasks, *after)])
    for config in (*flow.tasks, *after):
        if isinstance(config, TaskConfig):
            yield from task_problems(config, flow)
            if config.retry is not None:
                yield from retry_problems(f"The retry of task {config.id!r}", config.retry, major)
        else:
            yield from plugin_task_problems(config)
    for config in after:
        if isinstance(config, TaskConfig) and config.depends_on:
            yield f"Task {config.id!r} runs after the others: it cannot depend on one of them."


def _reference_problems(flow: FlowConfig, before: dict[str, set[str]]) -> Iterator[str]:
    """Every expression: what it may refer to depends on where it stands."""
    inputs, variables = [config.name for config in flow.inputs], list(flow.variables)
    after = (*flow.errors, *flow.finally_tasks)
    everything = (*flow.tasks, *after)
    scripts = [task.id for task in everything if isinstance(task, TaskConfig)]
    all_ids = [task.id for task in flow.tasks]
    for task in flow.tasks:
        scope = Scope(inputs, variables, before[task.id], set(all_ids) - before[task.id], scripts)
        yield from expression_problems(f"Task {task.id!r}", _texts(task), scope)
    end = Scope(inputs, variables, [_id(task) for task in everything], (), scripts)
    for other in after:
        values = _texts(other) if isinstance(other, TaskConfig) else dict(other)
        yield from expression_problems(f"Task {_id(other)!r}", values, end)
    for output in flow.outputs:
        yield from expression_problems(f"The output {output.name!r}", output.value, end)
    start = Scope(inputs, variables, (), all_ids)
    for check in flow.checks:
        yield from expression_problems("The condition of a check", check.condition, start)
    for trigger in flow.triggers:
        values = [dict(trigger.inputs), list(trigger.conditions), trigger.key, trigger.uri, trigger.response_condition]
        yield from expression_problems(f"The trigger {trigger.id!r}", values, Scope((), variables, (), all_ids))


def _id(task: Any) -> Any:
    return task.id if isinstance(task, TaskConfig) else dict(task).get("id")


def _texts(task: TaskConfig) -> list[Any]:
    return [task.input_uri, task.table, task.query, dict(task.env), list(task.conditions), task.script]
