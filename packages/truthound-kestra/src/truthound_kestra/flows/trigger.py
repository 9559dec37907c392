"""Triggers: what starts an execution."""

from __future__ import annotations

import zoneinfo
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

from dq_core.adapters import choice, iso_duration, masked, question
from truthound_kestra.flows.conditions import all_true
from truthound_kestra.flows.cron import cron_problems
from truthound_kestra.flows.expressions import holds_expression
from truthound_kestra.flows.extra import extra_problems, merged
from truthound_kestra.flows.fields import (
    field_problems,
    keyed,
    name_or_member,
    optional,
    shown,
    strings_of,
    text,
    type_problems,
    yes_or_no,
)
from truthound_kestra.flows.names import delay, member, pattern_problems
from truthound_kestra.flows.secrets import named_secret_problems, secret_problems
from truthound_kestra.flows.yaml import yaml_problems
from truthound_kestra.keywords import known_arguments

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from truthound_kestra.flows.fields import Kind
    from truthound_kestra.flows.flow_context import FlowContext
    from truthound_kestra.flows.input import InputFacts

__all__ = [
    "TriggerConfig",
    "TriggerType",
    "is_of_another_flow",
    "open_inputs",
    "trigger_block",
    "trigger_expressions",
    "trigger_id",
    "trigger_problems",
]

#: Names of time zones that Python knows and the Java of Kestra does not.
_NO_ZONES: Final = frozenset({"EST", "Factory", "HST", "MST", "ROC", "localtime"})
_PLUGIN: Final = "io.kestra.plugin.core.trigger"
_STATES: Final = (
    "CREATED", "RUNNING", "PAUSED", "RESTARTED", "KILLING", "SUCCESS", "WARNING", "FAILED", "KILLED", "CANCELLED",
    "QUEUED", "RETRYING", "RETRIED", "SKIPPED",
)  # fmt: skip


class TriggerType(Enum):
    """What starts a flow."""

    SCHEDULE = "schedule"
    FLOW = "flow"
    WEBHOOK = "webhook"
    POLLING = "polling"


@known_arguments
@dataclass(frozen=True, kw_only=True)
class TriggerConfig:
    """What starts an execution.

    Args:
        id: Id of the trigger.
        type: SCHEDULE requires ``cron``, FLOW ``flow_id``, WEBHOOK ``key``, POLLING ``uri``.
        cron: A cron expression of five fields, or a nickname such as ``@daily``.
        timezone: IANA name of the time zone of ``cron``; None for the server's.
        flow_id: The flow whose end starts this one.
        namespace: Namespace of that flow; None for this flow's own.
        states: States in which that flow ends.
        key: The secret part of the webhook's URL: an expression such as ``{{ secret('WEBHOOK_KEY') }}``, or a string
            of up to 256 characters.
        uri: The http or https URL to poll. Kestra's core polls nothing else; plugins poll S3, JDBC and others.
        interval_seconds: Seconds between two requests.
        response_condition: Expression about ``response.statusCode``, ``response.body`` and ``response.headers`` that
            starts the flow if it is true; None for any status below 400.
        inputs: Inputs that the trigger starts the flow with, by name; not supported for POLLING.
        conditions: Expressions that must be true as well.
        disabled: Whether the trigger is disabled.
        extra: Further properties of Kestra, merged last: ``{"recoverMissedSchedules": "NONE"}``.
    """

    id: str
    type: TriggerType = TriggerType.SCHEDULE
    cron: str | None = None
    timezone: str | None = None
    flow_id: str | None = None
    namespace: str | None = None
    states: Sequence[str] = ("SUCCESS", "WARNING")
    key: str | None = field(default=None, repr=False)
    uri: str | None = None
    interval_seconds: float = 60.0
    response_condition: str | None = None
    inputs: Mapping[str, Any] = field(default_factory=dict)
    conditions: Sequence[str] = ()
    disabled: bool = False
    extra: Mapping[str, Any] = field(default_factory=dict)


_TYPES: Final[dict[str, Kind]] = {
    "type": name_or_member(TriggerType),
    "cron": optional(text),
    "timezone": optional(text),
    "flow_id": optional(text),
    "namespace": optional(text),
    "states": strings_of,
    "key": optional(text),
    "uri": optional(text),
    "response_condition": optional(text),
    "inputs": keyed,
    "conditions": strings_of,
    "disabled": yes_or_no,
    "extra": keyed,
}
_FIELD_OF: Final[dict[TriggerType, str]] = {
    TriggerType.SCHEDULE: "cron",
    TriggerType.FLOW: "flow_id",
    TriggerType.WEBHOOK: "key",
    TriggerType.POLLING: "uri",
}


def trigger_id(trigger: TriggerConfig | Mapping[str, Any]) -> Any:
    """The id of a trigger, of whatever type."""
    return trigger.id if isinstance(trigger, TriggerConfig) else trigger.get("id")


def is_of_another_flow(trigger: TriggerConfig | Mapping[str, Any]) -> bool:
    """Whether the expressions of a trigger may refer to outputs of another flow."""
    return not isinstance(trigger, TriggerConfig) and str(trigger.get("type")).endswith(".Flow")


def trigger_problems(trigger: TriggerConfig | Mapping[str, Any], flow: FlowContext) -> Iterator[str]:
    """Yield the problems of a trigger, one sentence each."""
    label = f"The trigger {shown(trigger_id(trigger))}"
    yield from pattern_problems("trigger id", trigger_id(trigger))
    if not isinstance(trigger, TriggerConfig):
        yield from _mapping_problems(label, trigger, flow)
        return
    wrong = field_problems(label, trigger, _TYPES)
    if wrong:
        yield from wrong
        return
    yield from extra_problems(label, trigger.extra, ("id",))
    yield from _config_problems(label, trigger, flow)


def _mapping_problems(label: str, trigger: Mapping[str, Any], flow: FlowContext) -> Iterator[str]:
    """Problems of a trigger that is written as Kestra's own mapping."""
    yield from type_problems(label, trigger.get("type"), f"a plugin trigger, such as {_PLUGIN}.Schedule")
    yield from yaml_problems(label, trigger)
    yield from secret_problems(label, trigger)
    inputs = trigger.get("inputs")
    if isinstance(inputs, Mapping):
        yield from _input_problems(label, inputs, flow)


def _input_problems(label: str, inputs: Mapping[str, Any], flow: FlowContext) -> Iterator[str]:
    known = flow.input_names
    for name in inputs:
        if name not in known:
            yield from choice(f"{label}: the name of an input", name, known)
    for one in flow.inputs:
        value = inputs.get(one.name)
        if value is not None and (why := one.problem(value)) is not None:
            yield f"{label}: the input {one.name!r} is of type {one.type} and must not be {shown(value)}: {why}."
    yield from yaml_problems(f"{label}: inputs", inputs)
    yield from named_secret_problems(f"{label}: the input", inputs)


def _config_problems(label: str, trigger: TriggerConfig, flow: FlowContext) -> Iterator[str]:
    kind = member(TriggerType, trigger.type)
    if kind is None:
        yield from choice(f"{label}: its type", trigger.type, [one.value for one in TriggerType])
        return
    for owner, name in _FIELD_OF.items():
        if owner is not kind and getattr(trigger, name) is not None:
            yield f"{label} is of type {kind.value}; {name} is not supported."
    yield from _KINDS[kind](label, trigger, flow)
    yield from _input_problems(label, trigger.inputs, flow)
    if flow.kestra_major == 2 and kind in (TriggerType.SCHEDULE, TriggerType.WEBHOOK):
        for name in open_inputs(trigger, flow.inputs):
            yield f"{label} does not set the required input {name!r}, which has no default. Kestra 2 refuses that."


def open_inputs(trigger: TriggerConfig | Mapping[str, Any], inputs: Sequence[InputFacts]) -> list[str]:
    """Required inputs that neither have a default nor are set by the trigger: an execution that it starts fails."""
    own = trigger.inputs if isinstance(trigger, TriggerConfig) else trigger.get("inputs")
    given = own if isinstance(own, Mapping) else {}
    return [one.name for one in inputs if not one.given and given.get(one.name) is None]


def _schedule(label: str, trigger: TriggerConfig, flow: FlowContext) -> Iterator[str]:
    del flow
    yield from cron_problems(label, trigger.cron)
    if trigger.timezone is None:
        return
    zones = zoneinfo.available_timezones() - _NO_ZONES
    if trigger.timezone not in zones:
        near = question(trigger.timezone, zones)
        yield f"{label}: timezone must be an IANA name such as 'Europe/Paris', not {trigger.timezone!r}.{near}"


def _flow(label: str, trigger: TriggerConfig, flow: FlowContext) -> Iterator[str]:
    namespace = trigger.namespace or flow.namespace
    yield from pattern_problems("flow id", trigger.flow_id)
    yield from pattern_problems("namespace", namespace)
    if (namespace, trigger.flow_id) == (flow.namespace, flow.flow_id):
        yield f"{label} would start the flow at its own end, in an endless loop."
    if not trigger.states:
        yield f"{label} requires states in which the other flow ends."
    for state in trigger.states:
        yield from choice(f"{label}: a state", state, _STATES)


def _webhook(label: str, trigger: TriggerConfig, flow: FlowContext) -> Iterator[str]:
    del flow
    if not trigger.key:
        yield f"{label} requires a key, for example \"{{{{ secret('WEBHOOK_KEY') }}}}\"."
    elif len(trigger.key) > 256:
        yield f"{label} has a key of {len(trigger.key)} characters; at most 256 are allowed."


def _polling(label: str, trigger: TriggerConfig, flow: FlowContext) -> Iterator[str]:
    del flow
    uri = trigger.uri or ""
    if not uri.startswith(("http://", "https://")) and not holds_expression(uri):
        yield (
            f"{label} requires an http:// or https:// URL, not {masked(uri)!r}: Kestra's core polls nothing else. "
            "For S3, JDBC and others, use a flow with the trigger of that plugin, and TriggerType.FLOW here."
        )
    yield from delay(f"{label}: interval_seconds", trigger.interval_seconds, optional=False)
    yield from secret_problems(f"{label}: uri", uri)
    if trigger.inputs:
        yield f"{label} is of type polling; Kestra does not support inputs there. Give the inputs defaults."


_KINDS: Final[dict[TriggerType, Callable[[str, TriggerConfig, FlowContext], Iterator[str]]]] = {
    TriggerType.SCHEDULE: _schedule,
    TriggerType.FLOW: _flow,
    TriggerType.WEBHOOK: _webhook,
    TriggerType.POLLING: _polling,
}


def trigger_expressions(trigger: TriggerConfig | Mapping[str, Any]) -> list[Any]:
    """The values whose expressions Kestra renders."""
    if not isinstance(trigger, TriggerConfig):
        return [trigger]
    own = [trigger.inputs, trigger.conditions, trigger.key, trigger.uri, trigger.response_condition]
    return [*own, trigger.extra]


def trigger_block(trigger: TriggerConfig | Mapping[str, Any], flow: FlowContext) -> dict[str, Any]:
    """A trigger as Kestra's own mapping; Kestra 2 names dependencies and conditions differently."""
    if not isinstance(trigger, TriggerConfig):
        return dict(trigger)
    block = {"id": trigger.id} | _kind_block(trigger, flow)
    if trigger.inputs:
        block["inputs"] = dict(trigger.inputs)
    if trigger.conditions and flow.kestra_major == 1:
        kind = "io.kestra.plugin.core.condition.Expression"
        block["conditions"] = [{"type": kind, "expression": condition} for condition in trigger.conditions]
    elif trigger.conditions:
        block["when"] = all_true(trigger.conditions)
    if trigger.disabled:
        block["disabled"] = True
    return merged(block, trigger.extra)


def _kind_block(trigger: TriggerConfig, flow: FlowContext) -> dict[str, Any]:
    """The fields of each type of trigger."""
    block: dict[str, Any]
    match member(TriggerType, trigger.type):
        case TriggerType.SCHEDULE:
            zone = {} if trigger.timezone is None else {"timezone": trigger.timezone}
            return {"type": f"{_PLUGIN}.Schedule", "cron": trigger.cron, **zone}
        case TriggerType.FLOW:
            where = {"namespace": trigger.namespace or flow.namespace, "flowId": trigger.flow_id}
            upstream = [where | {"states": list(trigger.states)}]
            if flow.kestra_major == 1:
                return {"type": f"{_PLUGIN}.Flow", "preconditions": {"id": f"{trigger.id}_ends", "flows": upstream}}
            return {"type": f"{_PLUGIN}.Flow", "dependsOn": upstream}
        case TriggerType.WEBHOOK:
            return {"type": f"{_PLUGIN}.Webhook", "key": trigger.key}
    block = {"type": "io.kestra.plugin.core.http.Trigger", "uri": trigger.uri}
    block["interval"] = iso_duration(trigger.interval_seconds)
    if trigger.response_condition is not None:
        block["responseCondition"] = trigger.response_condition
    return block
