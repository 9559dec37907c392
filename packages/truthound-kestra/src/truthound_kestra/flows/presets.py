"""Presets: the usual flows, each in one call."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from dq_core.adapters import flag
from truthound_kestra.errors import FlowError
from truthound_kestra.flows.fields import shown
from truthound_kestra.flows.flow import FlowConfig
from truthound_kestra.flows.generator import FlowGenerator
from truthound_kestra.flows.output import OutputConfig
from truthound_kestra.flows.task import SCRIPT_CONFIGS, TaskConfig, TaskType
from truthound_kestra.flows.trigger import TriggerConfig, TriggerType

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from os import PathLike

    from dq_core import Check

__all__ = [
    "generate_check_flow",
    "generate_compare_flow",
    "generate_learn_flow",
    "generate_profile_flow",
    "generate_quality_pipeline",
]

_GENERATOR = FlowGenerator()
_TASK_FIELDS = {field.name for field in dataclasses.fields(TaskConfig)} - {
    "id",
    "task_type",
    "extra_args",
    "depends_on",
}
_FLOW_FIELDS = {field.name for field in dataclasses.fields(FlowConfig)} - {"id", "tasks"}


def generate_check_flow(
    flow_id: str,
    namespace: str = "default",
    *,
    input_uri: str | PathLike[str],
    rules: Sequence[Mapping[str, Any] | Check] = (),
    fail_on_error: bool = True,
    schedule: str | None = None,
    timezone: str | None = None,
    generator: FlowGenerator = _GENERATOR,
    **options: Any,
) -> str:
    """A flow that checks data: the task ``check``, and its result as the output ``check_result``.

    Args:
        flow_id: Id of the flow.
        namespace: Namespace of the flow.
        input_uri: The data to check: a path, a URI, the URL of a database, or an expression such as
            ``{{ inputs.data_uri }}``.
        rules: Rules as mappings (see dq_core), or checks of dq_core.
        fail_on_error: Whether failed checks fail the execution; the outputs are sent in either case.
        schedule: A cron expression of five fields, or a nickname such as ``@daily``; None for no schedule.
        timezone: IANA name of the schedule's time zone.
        generator: Which Kestra server the flow is for.
        **options: Further fields of :class:`FlowConfig` (labels, sla, triggers …), of :class:`TaskConfig` (engine_name,
            table, env …) or of the script's config (sample_failures, auto_schema …).

    Returns:
        The flow as YAML.

    Raises:
        FlowError: Kestra would refuse the flow, or it could not run; lists all problems.
    """
    task = {"rules": rules, "fail_on_error": fail_on_error}
    tasks = [_Step("check", TaskType.CHECK, task)]
    return _generated(tasks, flow_id, namespace, input_uri, schedule, timezone, generator, options)


def generate_profile_flow(
    flow_id: str,
    namespace: str = "default",
    *,
    input_uri: str | PathLike[str],
    schedule: str | None = None,
    timezone: str | None = None,
    generator: FlowGenerator = _GENERATOR,
    **options: Any,
) -> str:
    """A flow that describes data: the task ``profile``, and its result as the output ``profile_result``.

    Args:
        flow_id: Id of the flow.
        namespace: Namespace of the flow.
        input_uri: The data: a path, a URI, the URL of a database, or an expression.
        schedule: A cron expression of five fields, or a nickname such as ``@daily``; None for no trigger.
        timezone: IANA name of the time zone of the schedule.
        generator: Writes the flow; decides the image, the packages and the version of Kestra.
        **options: Further fields of ``FlowConfig``, ``TaskConfig`` and ``ProfileScriptConfig``.

    Returns:
        The flow as YAML.

    Raises:
        FlowError: Kestra would refuse the flow, or it could not run; lists all problems.
    """
    tasks = [_Step("profile", TaskType.PROFILE, {})]
    return _generated(tasks, flow_id, namespace, input_uri, schedule, timezone, generator, options)


def generate_learn_flow(
    flow_id: str,
    namespace: str = "default",
    *,
    input_uri: str | PathLike[str],
    min_confidence: float = 0.8,
    schedule: str | None = None,
    timezone: str | None = None,
    generator: FlowGenerator = _GENERATOR,
    **options: Any,
) -> str:
    """A flow that learns rules: the task ``learn``, and its result as the output ``learn_result``.

    Args:
        flow_id: Id of the flow.
        namespace: Namespace of the flow.
        input_uri: The data: a path, a URI, the URL of a database, or an expression.
        min_confidence: Rules with a lower confidence, from 0 to 1, are left out.
        schedule: A cron expression of five fields, or a nickname such as ``@daily``; None for no trigger.
        timezone: IANA name of the time zone of the schedule.
        generator: Writes the flow; decides the image, the packages and the version of Kestra.
        **options: Further fields of ``FlowConfig``, ``TaskConfig`` and ``LearnScriptConfig``.

    Returns:
        The flow as YAML.

    Raises:
        FlowError: Kestra would refuse the flow, or it could not run; lists all problems.
    """
    tasks = [_Step("learn", TaskType.LEARN, {"extra_args": {"min_confidence": min_confidence}})]
    return _generated(tasks, flow_id, namespace, input_uri, schedule, timezone, generator, options)


def generate_compare_flow(
    flow_id: str,
    namespace: str = "default",
    *,
    input_uri: str | PathLike[str],
    copy_uri: str | PathLike[str],
    keys: Sequence[str] = (),
    fail_on_difference: bool = True,
    schedule: str | None = None,
    timezone: str | None = None,
    generator: FlowGenerator = _GENERATOR,
    **options: Any,
) -> str:
    """A flow that compares data with its copy: the task ``compare``, and its result as the output ``compare_result``.

    Args:
        flow_id: Id of the flow.
        namespace: Namespace of the flow.
        input_uri: The data, which is right, as in :func:`generate_check_flow`.
        copy_uri: The copy, likewise.
        keys: The columns that identify a row; without them, whole rows are compared.
        fail_on_difference: Whether a difference fails the execution; the outputs are sent in either case.
        schedule: A cron expression of five fields, or a nickname; None for no schedule.
        timezone: IANA name of the schedule's time zone.
        generator: Which Kestra server the flow is for.
        **options: Further fields of :class:`FlowConfig`, of :class:`TaskConfig` (table, copy_table, env …) or of
            ``CompareScriptConfig`` (columns, where, tolerance, samples …).

    Returns:
        The flow as YAML.

    Raises:
        FlowError: Kestra would refuse the flow, or it could not run; lists all problems.
    """
    own = {"keys": keys, "fail_on_difference": fail_on_difference}
    tasks = [_Step("compare", TaskType.COMPARE, {"copy_uri": copy_uri, "extra_args": own})]
    return _generated(tasks, flow_id, namespace, input_uri, schedule, timezone, generator, options)


def generate_quality_pipeline(
    flow_id: str,
    namespace: str = "default",
    *,
    input_uri: str | PathLike[str],
    rules: Sequence[Mapping[str, Any] | Check] = (),
    include_profile: bool = True,
    include_check: bool = True,
    include_learn: bool = False,
    fail_on_error: bool = True,
    schedule: str | None = None,
    timezone: str | None = None,
    generator: FlowGenerator = _GENERATOR,
    **options: Any,
) -> str:
    """A flow that profiles, checks and learns, in this order, each with its result as an output.

    Args:
        flow_id: Id of the flow.
        namespace: Namespace of the flow.
        input_uri: The data, as in :func:`generate_check_flow`.
        rules: Rules as mappings (see dq_core), or checks of dq_core.
        include_profile: Whether there is a task ``profile``.
        include_check: Whether there is a task ``check``.
        include_learn: Whether there is a task ``learn``; with ``fail_on_error`` it only learns from data that passed.
        fail_on_error: Whether failed checks fail the execution.
        schedule: A cron expression of five fields, or a nickname; None for no schedule.
        timezone: IANA name of the schedule's time zone.
        generator: Which Kestra server the flow is for.
        **options: Further fields of :class:`FlowConfig` or :class:`TaskConfig`.

    Returns:
        The flow as YAML.

    Raises:
        FlowError: Kestra would refuse the flow, or it could not run; lists all problems.
    """
    included = {"include_profile": include_profile, "include_check": include_check, "include_learn": include_learn}
    problems = [problem for name, value in included.items() for problem in flag(name, value)]
    if problems:
        raise FlowError(problems)
    steps = [
        (include_profile, _Step("profile", TaskType.PROFILE, {})),
        (include_check, _Step("check", TaskType.CHECK, {"rules": rules, "fail_on_error": fail_on_error})),
        (include_learn, _Step("learn", TaskType.LEARN, {})),
    ]
    options.setdefault("description", "Data quality pipeline")
    tasks = [step for wanted, step in steps if wanted]
    return _generated(tasks, flow_id, namespace, input_uri, schedule, timezone, generator, options)


@dataclasses.dataclass(frozen=True)
class _Step:
    id: str
    kind: TaskType
    fields: Mapping[str, Any]


def _schedule(cron: str | None, timezone: str | None) -> tuple[TriggerConfig, ...]:
    if cron is None:
        if timezone is not None:
            raise FlowError("timezone requires schedule.")
        return ()
    return (TriggerConfig(id="schedule", type=TriggerType.SCHEDULE, cron=cron, timezone=timezone),)


def _generated(  # noqa: PLR0917 - private, and called with all of them by the five functions above
    steps: Sequence[_Step],
    flow_id: str,
    namespace: str,
    input_uri: Any,
    schedule: str | None,
    timezone: str | None,
    generator: object,
    options: Mapping[str, Any],
) -> str:
    """The flow of some steps as YAML, with a result of each as an output."""
    trigger = _schedule(schedule, timezone)
    of_flow = {name: value for name, value in options.items() if name in _FLOW_FIELDS}
    of_task = {name: value for name, value in options.items() if name in _TASK_FIELDS - _FLOW_FIELDS}
    rest = {name: value for name, value in options.items() if name not in of_flow and name not in of_task}
    outputs = [
        OutputConfig(
            name=f"{step.id}_result",
            type="JSON",
            # A task that did not run has no result, which must not hide the reason why it did not run.
            value=f"{{{{ outputs.{step.id}.vars.result ?? null }}}}",
            required=False,
        )
        for step in steps
    ]
    flow = FlowConfig(
        id=flow_id,
        namespace=namespace,
        tasks=tuple(_task(step, input_uri, of_task, _options_of(step, steps, rest)) for step in steps),
        outputs=_joined(outputs, of_flow.pop("outputs", ())),
        triggers=_joined(trigger, of_flow.pop("triggers", ())),
        **of_flow,
    )
    if not isinstance(generator, FlowGenerator):
        raise FlowError(f"generator must be a FlowGenerator, not {shown(generator)}.")
    return generator.generate(flow)


def _joined(own: Sequence[Any], more: Any) -> Any:
    """Our own parts of a flow and those that were given; what is no list is left to the flow, which refuses it."""
    return (*own, *more) if isinstance(more, list | tuple) else more


def _options_of(step: _Step, steps: Sequence[_Step], rest: Mapping[str, Any]) -> dict[str, Any]:
    """The options of a step's script; an option that no step knows goes to the first step, which refuses it."""
    known = {other.id: {field.name for field in dataclasses.fields(SCRIPT_CONFIGS[other.kind])} for other in steps}
    everywhere = set().union(*known.values())
    return {
        name: value
        for name, value in rest.items()
        if name in known[step.id] or (step is steps[0] and name not in everywhere)
    }


def _task(step: _Step, input_uri: Any, of_task: Mapping[str, Any], rest: Mapping[str, Any]) -> TaskConfig:
    fields = {**of_task, **step.fields}
    extra_args = {**fields.pop("extra_args", {}), **rest}
    return TaskConfig(id=step.id, task_type=step.kind, input_uri=input_uri, extra_args=extra_args, **fields)
