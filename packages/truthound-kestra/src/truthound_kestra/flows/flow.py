"""Flow: its fields, and the composition of the problems and blocks of its parts."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final

from dq_core.adapters import string
from truthound_kestra.errors import FlowError
from truthound_kestra.flows.concurrency import ConcurrencyConfig, concurrency_block, concurrency_problems
from truthound_kestra.flows.execution_check import execution_check_block, execution_check_problems
from truthound_kestra.flows.expressions import Scope, expression_problems
from truthound_kestra.flows.flow_context import FlowContext
from truthound_kestra.flows.graph import ancestors, arranged, graph_problems
from truthound_kestra.flows.input import input_block, input_problems
from truthound_kestra.flows.names import duplicates, kestra_major, pattern_problems
from truthound_kestra.flows.output import output_block, output_problems
from truthound_kestra.flows.retry import retry_block, retry_problems
from truthound_kestra.flows.runner import Runner
from truthound_kestra.flows.secrets import named_secret_problems
from truthound_kestra.flows.sla import sla_block, sla_problems
from truthound_kestra.flows.task import (
    TaskConfig,
    TaskType,
    plugin_task_problems,
    task_block,
    task_expressions,
    task_problems,
    task_state,
    task_type,
)
from truthound_kestra.flows.trigger import open_inputs, trigger_block, trigger_expressions, trigger_problems
from truthound_kestra.flows.yaml import Folded, flow_yaml

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from truthound_kestra.flows.execution_check import ExecutionCheck
    from truthound_kestra.flows.input import InputConfig
    from truthound_kestra.flows.output import OutputConfig
    from truthound_kestra.flows.retry import RetryConfig
    from truthound_kestra.flows.trigger import TriggerConfig
    from truthound_kestra.sla.config import SLAConfig

__all__ = ["FlowConfig", "flow_block", "flow_text"]

_RESERVED_IDS: Final = (
    "pause", "resume", "force-run", "change-status", "kill", "executions", "search", "source", "disable", "enable",
)  # fmt: skip
_COMMENTS: Final = {
    "sla": "Evaluated by Kestra itself.",
    "errors": "After a failure:",
    "finally": "At the end, after success and after a failure:",
}


@dataclass(frozen=True, kw_only=True)
class FlowConfig:
    """A flow. It is frozen: each ``with_…`` and ``add_…`` method returns another flow.

    :meth:`validate`, which every generator calls, refuses what Kestra would refuse and lists all problems at once.

    Args:
        id: Id of the flow.
        namespace: Namespace of the flow, in lower case; levels are separated by dots.
        description: Markdown, shown in the UI.
        disabled: Whether the flow is disabled.
        labels: Strings by lower-case key.
        variables: Values by name; expressions read them as ``{{ vars.<name> }}``.
        concurrency: How many executions may run at the same time: a number, or a ConcurrencyConfig.
        inputs: Values that an execution is started with.
        tasks: Tasks, in the order in which they run, unless ``depends_on`` of a task says otherwise.
        errors: Tasks that run after a failure. A task of any other plugin is a mapping with ``id`` and ``type``.
        finally_tasks: Tasks that run at the end, after success and after a failure; as for ``errors``.
        outputs: Values that an execution returns.
        retry: How failed tasks are retried.
        sla: What Kestra itself evaluates: the duration, and pass rate, failure rate and row count of the check tasks.
            A limit that nothing evaluates is refused; consecutive failures are counted for the SLA of a task.
        checks: Conditions that must be true before an execution starts.
        triggers: What starts an execution.
    """

    id: str
    namespace: str = "default"
    description: str = ""
    disabled: bool = False
    labels: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, Any] = field(default_factory=dict)
    concurrency: ConcurrencyConfig | int | None = None
    inputs: Sequence[InputConfig] = ()
    tasks: Sequence[TaskConfig] = ()
    errors: Sequence[TaskConfig | Mapping[str, Any]] = ()
    finally_tasks: Sequence[TaskConfig | Mapping[str, Any]] = ()
    outputs: Sequence[OutputConfig] = ()
    retry: RetryConfig | None = None
    sla: SLAConfig | None = None
    checks: Sequence[ExecutionCheck] = ()
    triggers: Sequence[TriggerConfig] = ()

    def problems(self, kestra_version: str = "1.3") -> tuple[str, ...]:
        """Everything that Kestra would refuse or that could not run, one sentence each.

        Args:
            kestra_version: The version of Kestra that the flow is for, 1.x or 2.x.
        """
        return tuple(_problems(self, kestra_version))

    def validate(self, kestra_version: str = "1.3") -> FlowConfig:
        """Return the flow if it has no problems.

        Raises:
            FlowError: The flow has problems; lists all of them.
        """
        problems = self.problems(kestra_version)
        if problems:
            raise FlowError(problems, context={"flow": f"{self.namespace}.{self.id}"})
        return self

    def to_yaml(self, **options: Any) -> str:
        """The flow as YAML. The options are those of :class:`truthound_kestra.flows.FlowGenerator`."""
        return flow_text(self, Runner(**options))

    def add_task(self, task: TaskConfig) -> FlowConfig:
        """The flow with another task at the end."""
        return replace(self, tasks=(*self.tasks, task))

    def with_tasks(self, *tasks: TaskConfig) -> FlowConfig:
        """The flow with these tasks instead of its own."""
        return replace(self, tasks=tasks)

    def with_inputs(self, *inputs: InputConfig) -> FlowConfig:
        """The flow with further inputs."""
        return replace(self, inputs=(*self.inputs, *inputs))

    def with_outputs(self, *outputs: OutputConfig) -> FlowConfig:
        """The flow with further outputs."""
        return replace(self, outputs=(*self.outputs, *outputs))

    def with_triggers(self, *triggers: TriggerConfig) -> FlowConfig:
        """The flow with further triggers."""
        return replace(self, triggers=(*self.triggers, *triggers))

    def with_labels(self, **labels: str) -> FlowConfig:
        """The flow with further labels."""
        return replace(self, labels={**self.labels, **labels})

    def with_variables(self, **variables: Any) -> FlowConfig:
        """The flow with further variables."""
        return replace(self, variables={**self.variables, **variables})

    def with_checks(self, *checks: ExecutionCheck) -> FlowConfig:
        """The flow with further checks before an execution starts."""
        return replace(self, checks=(*self.checks, *checks))

    def with_errors(self, *tasks: TaskConfig | Mapping[str, Any]) -> FlowConfig:
        """The flow with further tasks after a failure."""
        return replace(self, errors=(*self.errors, *tasks))

    def with_finally(self, *tasks: TaskConfig | Mapping[str, Any]) -> FlowConfig:
        """The flow with further tasks at its end."""
        return replace(self, finally_tasks=(*self.finally_tasks, *tasks))

    def with_retry(self, retry: RetryConfig | None) -> FlowConfig:
        """The flow with this retry."""
        return replace(self, retry=retry)

    def with_sla(self, sla: SLAConfig | None) -> FlowConfig:
        """The flow with this SLA."""
        return replace(self, sla=sla)

    def with_concurrency(self, limit: int, behavior: str = "QUEUE") -> FlowConfig:
        """The flow with a limit of executions at the same time."""
        return replace(self, concurrency=ConcurrencyConfig(limit=limit, behavior=behavior))

    def with_description(self, description: str) -> FlowConfig:
        """The flow with this description."""
        return replace(self, description=description)


def flow_text(flow: FlowConfig, runner: Runner) -> str:
    """A flow as YAML; the same for the same flow, runner and installed versions.

    Raises:
        FlowError: Kestra would refuse the flow, or it could not run; lists all problems.
    """
    head = (
        f"Generated by truthound-kestra {version('truthound-kestra')} for Kestra {runner.kestra_version}.\n"
        "Change the FlowConfig and generate the flow again, or delete this line and edit it by hand."
    )
    return flow_yaml(flow_block(flow, runner), head, dict(_comments(flow)))


def flow_block(flow: FlowConfig, runner: Runner) -> dict[str, Any]:
    """A flow as Kestra's own mapping, in the order in which it is written.

    Raises:
        FlowError: Kestra would refuse the flow, or it could not run; lists all problems.
    """
    flow.validate(runner.kestra_version)
    context = _context(flow, kestra_major(runner.kestra_version) or 1)
    document: dict[str, Any] = {"id": flow.id, "namespace": flow.namespace}
    if flow.description:
        document["description"] = Folded(flow.description)
    if flow.disabled:
        document["disabled"] = True
    blocks = {task.id: task_block(task, context, runner) for task in flow.tasks}
    sections = {
        "labels": dict(flow.labels),
        "inputs": [input_block(config) for config in flow.inputs],
        "variables": dict(flow.variables),
        "concurrency": None if flow.concurrency is None else concurrency_block(flow.concurrency),
        "checks": [execution_check_block(check, context.kestra_major) for check in flow.checks],
        "sla": sla_block(flow.sla, _check_ids(flow)),
        "retry": None if flow.retry is None else retry_block(flow.retry),
        "tasks": arranged(_graph(flow), blocks, _free("branches", blocks)),
        "errors": [_any_task_block(task, context, runner) for task in flow.errors],
        "finally": _finally_blocks(flow, context, runner),
        "outputs": [output_block(config) for config in flow.outputs],
        "triggers": [trigger_block(trigger, context) for trigger in flow.triggers],
    }
    return document | {key: value for key, value in sections.items() if value}


def _any_task_block(task: TaskConfig | Mapping[str, Any], context: FlowContext, runner: Runner) -> dict[str, Any]:
    return task_block(task, context, runner) if isinstance(task, TaskConfig) else dict(task)


def _check_ids(flow: FlowConfig) -> list[str]:
    """Ids of the check tasks that Kestra's own SLA can evaluate."""
    return [task.id for task in flow.tasks if task_type(task) is TaskType.CHECK]


def _finally_blocks(flow: FlowConfig, context: FlowContext, runner: Runner) -> list[dict[str, Any]]:
    """The tasks at the end, and those that store state: Kestra runs each of them, whichever has failed."""
    taken = {str(_id(task)) for task in (*flow.tasks, *flow.errors, *flow.finally_tasks)}

    def free(name: str) -> str:
        name = _free(name, taken)
        taken.add(name)
        return name

    def remember(tasks: Sequence[TaskConfig | Mapping[str, Any]]) -> list[dict[str, Any]]:
        states = [task_state(task, flow.id) for task in tasks if isinstance(task, TaskConfig)]
        return [block for state in states for block in state.remember_blocks(free)]

    before = remember((*flow.tasks, *flow.errors))
    own = [_any_task_block(task, context, runner) for task in flow.finally_tasks]
    return [*before, *own, *remember(flow.finally_tasks)]


def _free(name: str, taken: Collection[str]) -> str:
    while name in taken:
        name += "_"
    return name


def _comments(flow: FlowConfig) -> Iterator[tuple[str, str]]:
    yield from _COMMENTS.items()
    for trigger in flow.triggers:
        if missing := open_inputs(trigger, flow.inputs):
            yield "triggers", f"A trigger must set {', '.join(missing)} (inputs:), or its executions fail."
            return


def _problems(flow: FlowConfig, kestra_version: str) -> Iterator[str]:
    major = kestra_major(kestra_version)
    if major is None:
        yield f"kestra_version must be 1.x or 2.x, not {kestra_version!r}."
        return
    yield from _head_problems(flow)
    if flow.concurrency is not None:
        yield from concurrency_problems(flow.concurrency)
    for check in flow.checks:
        yield from execution_check_problems(check)
    for config in flow.inputs:
        yield from input_problems(config)
    yield from duplicates("input", [config.name for config in flow.inputs])
    context = _context(flow, major)
    yield from _task_problems(flow, context)
    graph = _graph(flow)
    circular = list(graph_problems(graph))
    yield from circular
    if not circular:
        yield from _reference_problems(flow, ancestors(graph))
    for output in flow.outputs:
        yield from output_problems(output)
    yield from duplicates("output", [output.name for output in flow.outputs])
    for trigger in flow.triggers:
        yield from trigger_problems(trigger, context)
    yield from duplicates("trigger id", [trigger.id for trigger in flow.triggers])
    if flow.retry is not None:
        yield from retry_problems("The flow's retry", flow.retry, major)


def _head_problems(flow: FlowConfig) -> Iterator[str]:
    yield from pattern_problems("flow id", flow.id)
    if flow.id in _RESERVED_IDS:
        yield f"The flow id {flow.id!r} is reserved by Kestra."
    yield from pattern_problems("namespace", flow.namespace)
    for key, value in flow.labels.items():
        yield from pattern_problems("label", key)
        if str(key).startswith("system."):
            yield f"The label {key!r} is reserved by Kestra."
        yield from string(f"The label {key!r}", value)
    for name in flow.variables:
        yield from string("The name of a variable", name)
    yield from named_secret_problems("The variable", flow.variables)
    yield from sla_problems(flow.sla, _check_ids(flow))


def _task_problems(flow: FlowConfig, context: FlowContext) -> Iterator[str]:
    if not flow.tasks:
        yield "The flow has no tasks."
    after = (*flow.errors, *flow.finally_tasks)
    yield from duplicates("task id", [str(_id(task)) for task in (*flow.tasks, *after)])
    for config in (*flow.tasks, *after):
        if isinstance(config, TaskConfig):
            yield from task_problems(config, context)
        else:
            yield from plugin_task_problems(config)
    for config in after:
        if isinstance(config, TaskConfig) and config.depends_on:
            yield f"Task {config.id!r} is one of errors or finally_tasks; depends_on is not supported there."


def _reference_problems(flow: FlowConfig, before: dict[str, set[str]]) -> Iterator[str]:
    """Problems of all expressions: what one may refer to depends on where it is used."""
    inputs, variables = [config.name for config in flow.inputs], list(flow.variables)
    after = (*flow.errors, *flow.finally_tasks)
    everything = (*flow.tasks, *after)
    scripts = [task.id for task in everything if isinstance(task, TaskConfig)]
    all_ids = [task.id for task in flow.tasks]
    for task in flow.tasks:
        scope = Scope(inputs, variables, before[task.id], set(all_ids) - before[task.id], scripts)
        yield from expression_problems(f"Task {task.id!r}", task_expressions(task), scope)
    end = Scope(inputs, variables, [_id(task) for task in everything], (), scripts)
    for other in after:
        values = task_expressions(other) if isinstance(other, TaskConfig) else dict(other)
        yield from expression_problems(f"Task {_id(other)!r}", values, end)
    for output in flow.outputs:
        yield from expression_problems(f"The output {output.name!r}", output.value, end)
    start = Scope(inputs, variables, (), all_ids)
    for check in flow.checks:
        yield from expression_problems("The condition of a check", check.condition, start)
    for trigger in flow.triggers:
        scope = Scope((), variables, (), all_ids)
        yield from expression_problems(f"The trigger {trigger.id!r}", trigger_expressions(trigger), scope)


def _id(task: Any) -> Any:
    return task.id if isinstance(task, TaskConfig) else dict(task).get("id")


def _context(flow: FlowConfig, major: int) -> FlowContext:
    return FlowContext(
        flow_id=flow.id,
        namespace=flow.namespace,
        inputs=flow.inputs,
        variables=list(flow.variables),
        kestra_major=major,
    )


def _graph(flow: FlowConfig) -> dict[str, tuple[str, ...]]:
    return {task.id: tuple(task.depends_on) for task in flow.tasks}
