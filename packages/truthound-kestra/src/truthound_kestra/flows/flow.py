"""A whole flow."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from truthound_kestra.errors import FlowError
from truthound_kestra.flows.input import ConcurrencyConfig, ExecutionCheck

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from truthound_kestra.flows.input import InputConfig, OutputConfig, RetryConfig, TriggerConfig
    from truthound_kestra.flows.task import TaskConfig
    from truthound_kestra.sla.config import SLAConfig

__all__ = ["FlowConfig"]


@dataclass(frozen=True, kw_only=True)
class FlowConfig:
    """A flow; frozen: each ``with_…`` and ``add_…`` returns another one.

    What Kestra would refuse is refused by :meth:`validate`, which every generator calls: all problems at once.

    Args:
        id: Of the flow.
        namespace: Lower case, parts separated by dots.
        description: Markdown for people.
        disabled: Whether the flow is off.
        labels: Lower-case keys and texts.
        variables: Read as ``{{ vars.<name> }}``.
        concurrency: How many executions may run at once, as a number or in full.
        inputs: What an execution is started with.
        tasks: What it does, in order, or as each task's ``depends_on`` says.
        errors: What it does after a failure: tasks, or tasks of any other plugin as mappings with ``id`` and ``type``
            (a Slack message, say).
        finally_tasks: What it does at the end in any case, likewise.
        outputs: What it leaves.
        retry: Trying failed tasks again.
        sla: What Kestra itself watches over: duration, and pass rate, failure rate and row count of the check tasks.
        checks: What must hold before an execution starts.
        triggers: What starts it.
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
        """Everything that Kestra would refuse, or that could not run: a sentence each.

        Args:
            kestra_version: Of the Kestra that the flow is for.
        """
        from truthound_kestra.flows.validation import flow_problems

        return tuple(flow_problems(self, kestra_version))

    def validate(self, kestra_version: str = "1.3") -> FlowConfig:
        """The flow itself, if nothing is wrong with it.

        Raises:
            FlowError: Something is; lists every problem.
        """
        problems = self.problems(kestra_version)
        if problems:
            raise FlowError(problems, context={"flow": f"{self.namespace}.{self.id}"})
        return self

    def to_yaml(self, **options: Any) -> str:
        """The flow as YAML; takes the options of :class:`truthound_kestra.flows.FlowGenerator`."""
        from truthound_kestra.flows.generator import FlowGenerator

        return FlowGenerator(**options).generate(self)

    def add_task(self, task: TaskConfig) -> FlowConfig:
        """The flow with one more task at the end."""
        return replace(self, tasks=(*self.tasks, task))

    def with_tasks(self, *tasks: TaskConfig) -> FlowConfig:
        """The flow with these tasks."""
        return replace(self, tasks=tasks)

    def with_inputs(self, *inputs: InputConfig) -> FlowConfig:
        """The flow with these inputs besides its own."""
        return replace(self, inputs=(*self.inputs, *inputs))

    def with_outputs(self, *outputs: OutputConfig) -> FlowConfig:
        """The flow with these outputs besides its own."""
        return replace(self, outputs=(*self.outputs, *outputs))

    def with_triggers(self, *triggers: TriggerConfig) -> FlowConfig:
        """The flow with these triggers besides its own."""
        return replace(self, triggers=(*self.triggers, *triggers))

    def with_labels(self, **labels: str) -> FlowConfig:
        """The flow with these labels besides its own."""
        return replace(self, labels={**self.labels, **labels})

    def with_variables(self, **variables: Any) -> FlowConfig:
        """The flow with these variables besides its own."""
        return replace(self, variables={**self.variables, **variables})

    def with_checks(self, *checks: ExecutionCheck) -> FlowConfig:
        """The flow with these checks before its start besides its own."""
        return replace(self, checks=(*self.checks, *checks))

    def with_errors(self, *tasks: TaskConfig | Mapping[str, Any]) -> FlowConfig:
        """The flow with these tasks after a failure besides its own."""
        return replace(self, errors=(*self.errors, *tasks))

    def with_finally(self, *tasks: TaskConfig | Mapping[str, Any]) -> FlowConfig:
        """The flow with these tasks at its end besides its own."""
        return replace(self, finally_tasks=(*self.finally_tasks, *tasks))

    def with_retry(self, retry: RetryConfig | None) -> FlowConfig:
        """The flow with this retry."""
        return replace(self, retry=retry)

    def with_sla(self, sla: SLAConfig | None) -> FlowConfig:
        """The flow with this SLA."""
        return replace(self, sla=sla)

    def with_concurrency(self, limit: int, behavior: str = "QUEUE") -> FlowConfig:
        """The flow with so many executions at once."""
        return replace(self, concurrency=ConcurrencyConfig(limit=limit, behavior=behavior))

    def with_description(self, description: str) -> FlowConfig:
        """The flow with this description."""
        return replace(self, description=description)
