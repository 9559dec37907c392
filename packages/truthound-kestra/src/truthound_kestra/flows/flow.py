"""Flow: a flow as a whole, which refuses what Kestra would refuse, and writes itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from truthound_kestra.errors import FlowError
from truthound_kestra.flows.concurrency import ConcurrencyConfig
from truthound_kestra.flows.fields import shown
from truthound_kestra.flows.flow_block import comments, document
from truthound_kestra.flows.flow_fields import FlowFields
from truthound_kestra.flows.flow_problems import flow_problems, runner_problems
from truthound_kestra.flows.runner import Runner
from truthound_kestra.flows.yaml import flow_yaml
from truthound_kestra.keywords import known_arguments

if TYPE_CHECKING:
    from collections.abc import Sequence

    from truthound_kestra.flows.execution_check import ExecutionCheck
    from truthound_kestra.flows.input import InputConfig
    from truthound_kestra.flows.output import OutputConfig
    from truthound_kestra.flows.retry import RetryConfig
    from truthound_kestra.flows.task import TaskConfig
    from truthound_kestra.flows.trigger import TriggerConfig
    from truthound_kestra.sla.config import SLAConfig

__all__ = ["FlowConfig", "flow_block", "flow_text"]


@known_arguments
@dataclass(frozen=True, kw_only=True)
class FlowConfig(FlowFields):
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
        inputs: Values that an execution is started with: configs, or mappings as Kestra writes them.
        tasks: Tasks, in the order in which they run, unless ``depends_on`` of a task says otherwise. A task of any
            other plugin is a mapping with ``id`` and ``type``, written as it is; its ``dependsOn`` means what
            ``depends_on`` means. Tasks of this package may be inside it.
        errors: Tasks that run after a failure, as for ``tasks``.
        finally_tasks: Tasks that run at the end, after success and after a failure, as for ``tasks``. One that fails
            does not fail the execution.
        outputs: Values that an execution returns.
        retry: How failed tasks are retried.
        sla: What Kestra itself evaluates: the duration, and pass rate, failure rate and row count of the check tasks.
            A limit that nothing evaluates is refused; consecutive failures are counted for the SLA of a task.
        checks: Conditions that must be true before an execution starts.
        triggers: What starts an execution: configs, or mappings as Kestra writes them.
        extra: Further properties of Kestra, merged last: ``{"afterExecution": [...]}``, with tasks as for ``tasks``.
    """

    def problems(self, kestra_version: str = "1.3") -> tuple[str, ...]:
        """Everything that Kestra would refuse or that could not run, one sentence each.

        Args:
            kestra_version: The version of Kestra that the flow is for, 1.x or 2.x.
        """
        return tuple(flow_problems(self, kestra_version))

    def validate(self, kestra_version: str = "1.3") -> FlowConfig:
        """Return the flow if it has no problems.

        Args:
            kestra_version: The version of Kestra that the flow is for, such as ``"1.3"`` or ``"2.0"``.

        Raises:
            FlowError: The flow has problems; lists all of them.
        """
        refuse(self, self.problems(kestra_version))
        return self

    def to_yaml(self, **options: Any) -> str:
        """The flow as YAML. The options are those of :class:`truthound_kestra.flows.FlowGenerator`."""
        return flow_text(self, Runner(**options))

    def add_task(self, task: TaskConfig | Mapping[str, Any]) -> FlowConfig:
        """The flow with another task at the end."""
        return replace(self, tasks=(*_listed(self, "tasks"), task))

    def with_tasks(self, *tasks: TaskConfig | Mapping[str, Any]) -> FlowConfig:
        """The flow with these tasks instead of its own."""
        return replace(self, tasks=tasks)

    def with_inputs(self, *inputs: InputConfig | Mapping[str, Any]) -> FlowConfig:
        """The flow with further inputs."""
        return replace(self, inputs=(*_listed(self, "inputs"), *inputs))

    def with_outputs(self, *outputs: OutputConfig) -> FlowConfig:
        """The flow with further outputs."""
        return replace(self, outputs=(*_listed(self, "outputs"), *outputs))

    def with_triggers(self, *triggers: TriggerConfig | Mapping[str, Any]) -> FlowConfig:
        """The flow with further triggers."""
        return replace(self, triggers=(*_listed(self, "triggers"), *triggers))

    def with_labels(self, **labels: str) -> FlowConfig:
        """The flow with further labels."""
        return replace(self, labels={**_mapped(self, "labels"), **labels})

    def with_variables(self, **variables: Any) -> FlowConfig:
        """The flow with further variables."""
        return replace(self, variables={**_mapped(self, "variables"), **variables})

    def with_checks(self, *checks: ExecutionCheck) -> FlowConfig:
        """The flow with further checks before an execution starts."""
        return replace(self, checks=(*_listed(self, "checks"), *checks))

    def with_errors(self, *tasks: TaskConfig | Mapping[str, Any]) -> FlowConfig:
        """The flow with further tasks after a failure."""
        return replace(self, errors=(*_listed(self, "errors"), *tasks))

    def with_finally(self, *tasks: TaskConfig | Mapping[str, Any]) -> FlowConfig:
        """The flow with further tasks at its end."""
        return replace(self, finally_tasks=(*_listed(self, "finally_tasks"), *tasks))

    def with_retry(self, retry: RetryConfig | None) -> FlowConfig:
        """The flow with this retry."""
        return replace(self, retry=retry)

    def with_sla(self, sla: SLAConfig | None) -> FlowConfig:
        """The flow with this SLA."""
        return replace(self, sla=sla)

    def with_concurrency(self, limit: int, behavior: str = "QUEUE") -> FlowConfig:
        """The flow with a limit of executions at the same time.

        Args:
            limit: How many executions may run.
            behavior: What becomes of further ones: ``QUEUE``, ``CANCEL`` or ``FAIL``.
        """
        return replace(self, concurrency=ConcurrencyConfig(limit=limit, behavior=behavior))

    def with_description(self, description: str) -> FlowConfig:
        """The flow with this description."""
        return replace(self, description=description)

    def with_extra(self, **extra: Any) -> FlowConfig:
        """The flow with further properties of Kestra."""
        return replace(self, extra={**_mapped(self, "extra"), **extra})


def refuse(flow: FlowConfig, problems: Sequence[str]) -> None:
    """Raise a FlowError that lists the problems of a flow, if there are any."""
    if problems:
        raise FlowError(problems, context={"flow": f"{_shown_name(flow.namespace)}.{_shown_name(flow.id)}"})


def _shown_name(name: object) -> str:
    return name if type(name) is str else shown(name)


def _listed(flow: FlowConfig, name: str) -> Sequence[Any]:
    """A field that more is added to."""
    value: Any = getattr(flow, name)
    if not isinstance(value, list | tuple):
        raise FlowError(f"{name} must be a list, not {shown(value)}.")
    return value


def _mapped(flow: FlowConfig, name: str) -> Mapping[str, Any]:
    """A field that more is added to."""
    value: Any = getattr(flow, name)
    if not isinstance(value, Mapping):
        raise FlowError(f"{name} must be a mapping, not {shown(value)}.")
    return value


def flow_text(flow: FlowConfig, runner: Runner) -> str:
    """A flow as YAML; the same for the same flow, runner and installed versions.

    Raises:
        FlowError: Kestra would refuse the flow, or it could not run; lists all problems.
    """
    block = flow_block(flow, runner)
    head = (
        f"Generated by truthound-kestra {version('truthound-kestra')} for Kestra {runner.kestra_version}.\n"
        "Change the FlowConfig and generate the flow again, or delete this line and edit it by hand."
    )
    return flow_yaml(block, head, comments(flow))


def flow_block(flow: FlowConfig, runner: Runner) -> dict[str, Any]:
    """A flow as Kestra's own mapping, in the order in which it is written.

    Raises:
        FlowError: Kestra would refuse the flow, or it could not run; lists all problems.
    """
    if not isinstance(flow, FlowConfig):
        raise FlowError(f"A flow must be a FlowConfig, not {shown(flow)}.")
    problems = flow.problems(runner.kestra_version)
    refuse(flow, problems or tuple(runner_problems(flow, runner)))
    return document(flow, runner)
