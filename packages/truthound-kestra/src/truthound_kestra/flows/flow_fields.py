"""The fields of a flow, and of which types they must be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from truthound_kestra.flows.execution_check import ExecutionCheck
from truthound_kestra.flows.fields import anything, instance, items, keyed, optional, text, yes_or_no
from truthound_kestra.flows.flow_context import FlowContext
from truthound_kestra.flows.input import InputConfig, input_facts
from truthound_kestra.flows.output import OutputConfig
from truthound_kestra.flows.plugin import inner_tasks, plugin_needs
from truthound_kestra.flows.retry import RetryConfig
from truthound_kestra.flows.task import TaskConfig, TaskType, task_type
from truthound_kestra.flows.trigger import TriggerConfig
from truthound_kestra.sla.config import SLAConfig

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from truthound_kestra.flows.concurrency import ConcurrencyConfig
    from truthound_kestra.flows.fields import Kind

__all__ = [
    "AFTER_EXECUTION",
    "FLOW_TYPES",
    "FlowFields",
    "Task",
    "after_tasks",
    "check_ids",
    "configs_of",
    "ended_tasks",
    "flow_context",
    "graph_of",
    "inner_check_ids",
    "plain_extra",
    "task_id",
    "task_ids",
]

AFTER_EXECUTION: Final = "afterExecution"
"""The property of Kestra with tasks that run when the execution has ended, which is given in ``extra``."""

Task = TaskConfig | Mapping[str, Any]
"""A task of this package, or of another plugin."""


@dataclass(frozen=True, kw_only=True)
class FlowFields:
    """The fields of :class:`truthound_kestra.flows.FlowConfig`, which documents them."""

    id: str
    namespace: str = "default"
    description: str = ""
    disabled: bool = False
    labels: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, Any] = field(default_factory=dict)
    concurrency: ConcurrencyConfig | int | None = None
    inputs: Sequence[InputConfig | Mapping[str, Any]] = ()
    tasks: Sequence[Task] = ()
    errors: Sequence[Task] = ()
    finally_tasks: Sequence[Task] = ()
    outputs: Sequence[OutputConfig] = ()
    retry: RetryConfig | None = None
    sla: SLAConfig | None = None
    checks: Sequence[ExecutionCheck] = ()
    triggers: Sequence[TriggerConfig | Mapping[str, Any]] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)


_TASKS: Final = items(TaskConfig, Mapping, what="tasks: TaskConfigs, or mappings as Kestra writes them")
FLOW_TYPES: Final[dict[str, Kind]] = {
    "description": text,
    "disabled": yes_or_no,
    "labels": keyed,
    "variables": keyed,
    "concurrency": anything,
    "inputs": items(InputConfig, Mapping, what="inputs: InputConfigs, or mappings as Kestra writes them"),
    "tasks": _TASKS,
    "errors": _TASKS,
    "finally_tasks": _TASKS,
    "outputs": items(OutputConfig, what="OutputConfigs"),
    "retry": optional(instance(RetryConfig, what="a RetryConfig")),
    "sla": optional(instance(SLAConfig, what="an SLAConfig")),
    "checks": items(ExecutionCheck, what="ExecutionChecks"),
    "triggers": items(TriggerConfig, Mapping, what="triggers: TriggerConfigs, or mappings as Kestra writes them"),
    "extra": keyed,
}


def task_id(task: Task) -> Any:
    """The id of a task, of whatever type."""
    return task.id if isinstance(task, TaskConfig) else task.get("id")


def task_ids(task: Task) -> Iterator[Any]:
    """The id of a task, and those of the tasks inside it, of whatever type."""
    yield task_id(task)
    if not isinstance(task, TaskConfig):
        yield from (task_id(inner) for inner in inner_tasks(task))


def after_tasks(flow: FlowFields) -> tuple[Task, ...]:
    """The tasks that run after a failure, at the end and after it."""
    return (*flow.errors, *flow.finally_tasks, *ended_tasks(flow))


def ended_tasks(flow: FlowFields) -> tuple[Task, ...]:
    """The tasks that run when the execution has ended."""
    tasks: Any = flow.extra.get(AFTER_EXECUTION)
    return () if any(_TASKS("", tasks)) else tuple(tasks)


def plain_extra(flow: FlowFields) -> dict[str, Any]:
    """The further properties of a flow, without tasks."""
    return {key: value for key, value in flow.extra.items() if key != AFTER_EXECUTION}


def configs_of(tasks: Sequence[Task]) -> Iterator[TaskConfig]:
    """The tasks of this package among tasks, those inside of tasks of other plugins included."""
    for task in tasks:
        inner = [task] if isinstance(task, TaskConfig) else inner_tasks(task)
        yield from (one for one in inner if isinstance(one, TaskConfig))


def check_ids(flow: FlowFields) -> list[str]:
    """Ids of the check tasks that Kestra's own SLA can evaluate: not of those that are disabled."""
    return [task.id for task in flow.tasks if isinstance(task, TaskConfig) and _is_evaluated(task)]


def inner_check_ids(flow: FlowFields) -> list[str]:
    """Ids of such check tasks inside of tasks of other plugins."""
    around = [task for task in flow.tasks if not isinstance(task, TaskConfig) and task.get("disabled") is not True]
    return [task.id for task in configs_of(around) if _is_evaluated(task)]


def _is_evaluated(task: TaskConfig) -> bool:
    name: object = task.id
    extra: object = task.extra
    is_disabled = isinstance(extra, Mapping) and extra.get("disabled") is True
    return isinstance(name, str) and task_type(task) is TaskType.CHECK and not is_disabled


def flow_context(flow: FlowFields, major: int) -> FlowContext:
    """What tasks and triggers know of their flow."""
    return FlowContext(
        flow_id=flow.id,
        namespace=flow.namespace,
        inputs=[input_facts(config) for config in flow.inputs],
        variables=list(flow.variables),
        kestra_major=major,
        triggered=bool(flow.triggers),
    )


def graph_of(flow: FlowFields) -> dict[str, tuple[str, ...]]:
    """The tasks, each with the ids that it depends on."""
    return {
        str(task_id(task)): tuple(task.depends_on) if isinstance(task, TaskConfig) else plugin_needs(task)
        for task in flow.tasks
    }
