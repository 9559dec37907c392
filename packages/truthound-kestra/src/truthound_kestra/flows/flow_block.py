"""A flow as Kestra's own mapping."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from truthound_kestra.flows.concurrency import concurrency_block
from truthound_kestra.flows.execution_check import execution_check_block
from truthound_kestra.flows.extra import merged
from truthound_kestra.flows.flow_fields import (
    AFTER_EXECUTION,
    FlowFields,
    after_tasks,
    check_ids,
    configs_of,
    ended_tasks,
    flow_context,
    graph_of,
    inner_check_ids,
    plain_extra,
    task_id,
    task_ids,
)
from truthound_kestra.flows.graph import arranged
from truthound_kestra.flows.input import input_block
from truthound_kestra.flows.names import kestra_major
from truthound_kestra.flows.output import output_block
from truthound_kestra.flows.plugin import plugin_block
from truthound_kestra.flows.retry import retry_block
from truthound_kestra.flows.rules import parsed_rules
from truthound_kestra.flows.sla import sla_block
from truthound_kestra.flows.task import TaskConfig, task_state
from truthound_kestra.flows.task_block import task_block
from truthound_kestra.flows.trigger import open_inputs, trigger_block
from truthound_kestra.flows.warning import can_warn, warning_block
from truthound_kestra.flows.yaml import Folded

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from truthound_kestra.flows.flow_context import FlowContext
    from truthound_kestra.flows.flow_fields import Task
    from truthound_kestra.flows.runner import Runner

__all__ = ["comments", "document"]

# Of 256 characters that Kestra takes, so that some are left which make a name another one.
_LONGEST_NAME: Final = 240
_COMMENTS: Final = {
    "sla": "Evaluated by Kestra itself.",
    "errors": "After a failure:",
    "finally": "At the end, after success and after a failure:",
}


def document(flow: FlowFields, runner: Runner) -> dict[str, Any]:
    """A flow without problems as Kestra's own mapping, in the order in which it is written."""
    context = flow_context(flow, kestra_major(runner.kestra_version) or 1)
    head: dict[str, Any] = {"id": flow.id, "namespace": flow.namespace}
    if flow.description:
        head["description"] = Folded(flow.description)
    if flow.disabled:
        head["disabled"] = True
    blocks = {str(task_id(task)): _task_block(task, context, runner) for task in flow.tasks}
    free = _free_names(flow)
    sections = {
        "labels": dict(flow.labels),
        "inputs": [input_block(config) for config in flow.inputs],
        "variables": dict(flow.variables),
        "concurrency": None if flow.concurrency is None else concurrency_block(flow.concurrency),
        "checks": [execution_check_block(check, context.kestra_major) for check in flow.checks],
        "sla": sla_block(flow.sla, check_ids(flow), inner_check_ids(flow)),
        "retry": None if flow.retry is None else retry_block(flow.retry),
        "tasks": arranged(graph_of(flow), blocks, free("branches"), _warning_blocks(flow, free)),
        "errors": [_task_block(task, context, runner) for task in flow.errors],
        "finally": _finally_blocks(flow, context, runner, free),
        "outputs": [output_block(config) for config in flow.outputs],
        "triggers": [trigger_block(trigger, context) for trigger in flow.triggers],
    }
    extra = plain_extra(flow)
    if AFTER_EXECUTION in flow.extra:
        extra[AFTER_EXECUTION] = [_task_block(task, context, runner) for task in ended_tasks(flow)]
    return merged(head | {key: value for key, value in sections.items() if value}, extra)


def comments(flow: FlowFields) -> dict[str, str]:
    """The comments above the sections of a flow."""
    found = dict(_COMMENTS)
    inputs = flow_context(flow, 1).inputs
    missing = next((names for trigger in flow.triggers if (names := open_inputs(trigger, inputs))), None)
    if missing:
        found["triggers"] = f"A trigger must set {', '.join(missing)} (inputs:), or its executions fail."
    return found


def _task_block(task: Task, context: FlowContext, runner: Runner) -> dict[str, Any]:
    if isinstance(task, TaskConfig):
        return task_block(task, context, runner)
    return plugin_block(task, lambda inner: task_block(inner, context, runner))


def _warning_blocks(flow: FlowFields, free: Callable[[str], str]) -> dict[str, dict[str, Any]]:
    """The tasks after those that can end with nothing but warnings: check tasks, and what they are inside of."""
    blocks = {}
    for task in flow.tasks:
        warning = [one.id for one in configs_of((task,)) if _may_only_warn(one)]
        if warning:
            name = str(task_id(task))
            inside = () if isinstance(task, TaskConfig) else warning
            blocks[name] = warning_block(name, free(f"warn_{name}"), inside)
    return blocks


def _may_only_warn(task: TaskConfig) -> bool:
    return can_warn(parsed_rules(task.rules)) and not task.extra_args.get("fail_on_warning")


def _finally_blocks(
    flow: FlowFields, context: FlowContext, runner: Runner, free: Callable[[str], str]
) -> list[dict[str, Any]]:
    """The tasks at the end, and those that store state: Kestra runs each of them, whichever has failed."""

    def remember(tasks: Sequence[Task]) -> list[dict[str, Any]]:
        states = [task_state(task, flow.id) for task in tasks if isinstance(task, TaskConfig)]
        return [block for state in states for block in state.remember_blocks(free)]

    before = remember((*flow.tasks, *flow.errors))
    own = [_task_block(task, context, runner) for task in flow.finally_tasks]
    return [*before, *own, *remember(flow.finally_tasks)]


def _free_names(flow: FlowFields) -> Callable[[str], str]:
    """A function that makes a name one which no task of the flow has, nor got from it."""
    taken = {str(name) for task in (*flow.tasks, *after_tasks(flow)) for name in task_ids(task)}

    def free(name: str) -> str:
        name = name[:_LONGEST_NAME]
        while name in taken:
            name += "_"
        taken.add(name)
        return name

    return free
