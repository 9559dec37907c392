"""Problems of a flow: those of its parts, and those of what its parts say about each other."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from dq_core.adapters import string
from truthound_kestra.flows.concurrency import concurrency_problems
from truthound_kestra.flows.execution_check import execution_check_problems
from truthound_kestra.flows.expressions import Scope, expression_problems
from truthound_kestra.flows.extra import extra_problems
from truthound_kestra.flows.fields import field_problems, shown, unreadable
from truthound_kestra.flows.flow_fields import (
    AFTER_EXECUTION,
    FLOW_TYPES,
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
from truthound_kestra.flows.graph import ancestors, graph_problems
from truthound_kestra.flows.input import input_expressions, input_name, input_problems
from truthound_kestra.flows.names import duplicates, kestra_major, pattern_problems
from truthound_kestra.flows.output import output_problems
from truthound_kestra.flows.plugin import inner_tasks, plugin_problems
from truthound_kestra.flows.retry import retry_block, retry_problems
from truthound_kestra.flows.secrets import named_secret_problems, secret_problems
from truthound_kestra.flows.sla import sla_problems
from truthound_kestra.flows.task import TaskConfig, TaskType, task_expressions, task_state, task_type, wrong_types
from truthound_kestra.flows.task_problems import task_problems, task_runner_problems
from truthound_kestra.flows.trigger import is_of_another_flow, trigger_expressions, trigger_id, trigger_problems
from truthound_kestra.flows.yaml import yaml_problems

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from truthound_kestra.flows.flow_context import FlowContext
    from truthound_kestra.flows.flow_fields import Task
    from truthound_kestra.flows.runner import Runner

__all__ = ["flow_problems", "runner_problems"]

_RESERVED_IDS: Final = (
    "pause", "resume", "force-run", "change-status", "kill", "executions", "search", "source", "disable", "enable",
)  # fmt: skip
# What others refer to must be in the fields, where it is checked.
_NOT_EXTRA: Final = ("id", "namespace", "inputs", "tasks", "errors", "finally", "triggers")


def flow_problems(flow: FlowFields, kestra_version: str) -> Iterator[str]:
    """Yield everything that Kestra would refuse or that could not run, one sentence each."""
    major = kestra_major(kestra_version)
    if major is None:
        yield f"kestra_version must be 1.x or 2.x, not {shown(kestra_version)}."
        return
    odd = list(unreadable(flow, "The flow"))
    if odd:
        yield from odd
        return
    wrong = {name: field_problems("The flow", flow, {name: kind}) for name, kind in FLOW_TYPES.items()}
    yield from (problem for problems in wrong.values() for problem in problems)
    defaults = {field.name: field for field in dataclasses.fields(FlowFields)}
    # Fields of wrong types are told; the others are looked at without them.
    fit = dataclasses.replace(flow, **{name: _default(defaults[name]) for name, found in wrong.items() if found})
    yield from _problems(fit, major, complete=not any(wrong.values()))


def runner_problems(flow: FlowFields, runner: Runner) -> Iterator[str]:
    """Yield what the tasks of a flow without other problems lack where they run, one sentence each."""
    for task in configs_of((*flow.tasks, *after_tasks(flow))):
        yield from task_runner_problems(task, runner)


def _default(field: dataclasses.Field[Any]) -> Any:
    return field.default if field.default_factory is dataclasses.MISSING else field.default_factory()


def _problems(flow: FlowFields, major: int, *, complete: bool) -> Iterator[str]:
    """Problems of a flow whose fields are of the right types.

    Args:
        flow: The flow.
        major: The major version of Kestra.
        complete: Whether no field was left out, so that nothing only seems to be missing.
    """
    yield from _head_problems(flow)
    if flow.concurrency is not None:
        yield from concurrency_problems(flow.concurrency)
    for check in flow.checks:
        yield from execution_check_problems(check)
    for config in flow.inputs:
        yield from input_problems(config, major)
    yield from _input_name_problems([str(input_name(config)) for config in flow.inputs])
    context = flow_context(flow, major)
    yield from _task_problems(flow, context, complete=complete)
    yield from _name_problems(flow, context)
    if complete and _readable(flow):
        graph = graph_of(flow)
        circular = list(graph_problems(graph))
        yield from circular
        if not circular:
            yield from _reference_problems(flow, context, ancestors(graph))
    for output in flow.outputs:
        yield from output_problems(output)
    yield from duplicates("output", [str(output.name) for output in flow.outputs])
    for trigger in flow.triggers:
        yield from trigger_problems(trigger, context)
    yield from duplicates("trigger id", [str(trigger_id(trigger)) for trigger in flow.triggers])
    given = [] if flow.retry is None else list(retry_problems("The flow's retry", flow.retry, major))
    yield from given or _lost_failures(flow)


def _input_name_problems(names: Sequence[str]) -> Iterator[str]:
    yield from duplicates("input", names)
    for name in dict.fromkeys(names):
        inside = next((one for one in names if one.startswith(f"{name}.")), None)
        if inside is not None:
            yield f"The inputs {name!r} and {inside!r} do not go together: Kestra has the second inside of the first."


def _lost_failures(flow: FlowFields) -> Iterator[str]:
    """As measured on Kestra 1.3: whatever runs after a failure that is retried makes the execution a SUCCESS."""
    own = None if flow.retry is None else retry_block(flow.retry)
    retry = flow.extra.get("retry", own)
    if retry is None or (isinstance(retry, Mapping) and retry.get("behavior") == "CREATE_NEW_EXECUTION"):
        return
    kept = [task.id for task in flow.tasks if isinstance(task, TaskConfig) and _fits(task) and _keeps(task, flow)]
    after = [name for name in ("errors", "finally_tasks") if getattr(flow, name)]
    after += [f"the state that task {name} keeps" for name in kept[:1]]
    if after:
        yield (
            f"The flow's retry and {' and '.join(after)} do not go together: Kestra ends the execution as SUCCESS "
            "although a task has failed. Give the retry to the tasks."
        )


def _keeps(task: TaskConfig, flow: FlowFields) -> bool:
    state = task_state(task, str(flow.id))
    return state.failures or state.rules


def _head_problems(flow: FlowFields) -> Iterator[str]:
    flow_id: object = flow.id
    yield from pattern_problems("flow id", flow_id)
    if isinstance(flow_id, str) and flow_id in _RESERVED_IDS:
        yield f"The flow id {flow_id!r} is reserved by Kestra."
    yield from pattern_problems("namespace", flow.namespace)
    for key, value in flow.labels.items():
        yield from pattern_problems("label", key)
        if str(key).startswith("system."):
            yield f"The label {key!r} is reserved by Kestra."
        yield from string(f"The label {key!r}", value)
        yield from yaml_problems(f"The label {key!r}", value)
    yield from secret_problems("The labels", flow.labels)
    yield from secret_problems("The description", flow.description)
    for name, value in flow.variables.items():
        yield from string("The name of a variable", name)
        yield from yaml_problems(f"The variable {name!r}", {name: value})
    yield from named_secret_problems("The variable", flow.variables)
    yield from sla_problems(flow.sla, [*check_ids(flow), *inner_check_ids(flow)], flow.extra)
    yield from extra_problems("The flow", plain_extra(flow), _NOT_EXTRA)
    if AFTER_EXECUTION in flow.extra:
        yield from FLOW_TYPES["tasks"](f"The flow: {AFTER_EXECUTION}", flow.extra[AFTER_EXECUTION])


def _task_problems(flow: FlowFields, context: FlowContext, *, complete: bool) -> Iterator[str]:
    if complete and not flow.tasks:
        yield "The flow has no tasks."
    after = after_tasks(flow)
    everything = (*flow.tasks, *after)
    yield from duplicates("task id", [str(name) for task in everything for name in task_ids(task)])
    for task in everything:
        if isinstance(task, TaskConfig):
            yield from task_problems(task, context)
        else:
            yield from plugin_problems(task)
            for inner in inner_tasks(task):
                if isinstance(inner, TaskConfig):
                    yield from _inner_problems(inner, context)
    for task in after:
        if _fits(task) and (task.depends_on if isinstance(task, TaskConfig) else "dependsOn" in task):
            where = f"errors, finally_tasks or {AFTER_EXECUTION}"
            yield f"Task {task_id(task)!r} is one of {where}; depends_on is not supported there."
    for task in ended_tasks(flow):
        if isinstance(task, TaskConfig):
            yield from _unkept(task, context, "runs after the execution")


def _inner_problems(task: TaskConfig, context: FlowContext) -> Iterator[str]:
    """Problems of a task of this package inside of a task of another plugin."""
    yield from task_problems(task, context)
    if not _fits(task):
        return
    if task.depends_on:
        yield f"Task {task.id!r} is inside of another task; depends_on is not supported there."
    yield from _unkept(task, context, "is inside of another task")


def _unkept(task: TaskConfig, context: FlowContext, where: str) -> Iterator[str]:
    if not _fits(task):
        return
    state = task_state(task, context.flow_id)
    kept = [what for keeps, what in ((state.failures, "consecutive failures"), (state.rules, "learned rules")) if keeps]
    for what in kept:
        yield f"Task {task.id!r} {where}, where nothing keeps its {what}."


def _name_problems(flow: FlowFields, context: FlowContext) -> Iterator[str]:
    """A script asks for inputs and variables by name alone."""
    scripts = [
        task
        for task in configs_of((*flow.tasks, *after_tasks(flow)))
        if _fits(task) and task_type(task) is TaskType.PYTHON_SCRIPT
    ]
    if scripts:
        for name in context.input_names:
            if name in flow.variables:
                yield f"{name!r} is an input and a variable: a script could not tell which of the two it asks for."


def _reference_problems(flow: FlowFields, context: FlowContext, before: Mapping[str, set[str]]) -> Iterator[str]:
    """Problems of all expressions: what one may refer to depends on where it is used."""
    inputs, variables = context.input_names, context.variables
    after = after_tasks(flow)
    everything = (*flow.tasks, *after)
    # Outputs of a script inside of another task may be in a mapping by the values of a loop.
    scripts = [task.id for task in everything if isinstance(task, TaskConfig)]
    inside = {str(task_id(task)): [str(name) for name in task_ids(task)] for task in everything}
    all_ids = [name for task in flow.tasks for name in inside[str(task_id(task))]]
    for task in flow.tasks:
        own = str(task_id(task))
        earlier = {name for other in before[own] for name in inside[other]}
        known = earlier | ({*inside[own]} - {own} if not isinstance(task, TaskConfig) else set())
        scope = Scope(inputs, variables, known, set(all_ids) - known, scripts)
        yield from expression_problems(f"Task {own!r}", _expressions(task), scope)
    end = Scope(inputs, variables, [name for names in inside.values() for name in names], (), scripts)
    for task in after:
        yield from expression_problems(f"Task {task_id(task)!r}", _expressions(task), end)
    for output in flow.outputs:
        yield from expression_problems(f"The output {shown(output.name)}", output.value, end)
    yield from expression_problems("The flow's extra", plain_extra(flow), end)
    start = Scope(inputs, variables, (), all_ids)
    for check in flow.checks:
        yield from expression_problems("The condition of a check", check.condition, start)
    for config in flow.inputs:
        yield from expression_problems(f"The input {shown(input_name(config))}", input_expressions(config), start)
    for trigger in flow.triggers:
        scope = Scope((), variables, None if is_of_another_flow(trigger) else (), all_ids)
        yield from expression_problems(f"The trigger {shown(trigger_id(trigger))}", trigger_expressions(trigger), scope)


def _expressions(task: Task) -> Any:
    if isinstance(task, TaskConfig):
        return task_expressions(task)
    inner = [task_expressions(one) for one in inner_tasks(task) if isinstance(one, TaskConfig)]
    return [dict(task), inner]


def _fits(task: Task) -> bool:
    return not isinstance(task, TaskConfig) or not wrong_types(task)


def _readable(flow: FlowFields) -> bool:
    """Whether the tasks can be told apart and searched for references."""
    tasks = (*flow.tasks, *after_tasks(flow))
    named = all(isinstance(name, str) for task in tasks for name in task_ids(task))
    return named and all(_fits(task) for task in (*tasks, *configs_of(tasks)))
