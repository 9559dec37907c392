"""Refusing triggers that could not start anything."""

from __future__ import annotations

import zoneinfo
from typing import TYPE_CHECKING, Final

from truthound_kestra.flows.cron import cron_problems
from truthound_kestra.flows.expressions import holds_expression
from truthound_kestra.flows.input import TriggerConfig, TriggerType
from truthound_kestra.flows.names import STATES, member, one_of, pattern_problems, positive

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from truthound_kestra.flows.flow import FlowConfig

__all__ = ["open_inputs", "trigger_problems"]

_FIELD_OF: Final[dict[TriggerType, str]] = {
    TriggerType.SCHEDULE: "cron",
    TriggerType.FLOW: "flow_id",
    TriggerType.WEBHOOK: "key",
    TriggerType.POLLING: "uri",
}


def trigger_problems(trigger: TriggerConfig, flow: FlowConfig, major: int) -> Iterator[str]:
    """What is wrong with a trigger, for a major version of Kestra: a sentence each."""
    label = f"The trigger {trigger.id!r}"
    yield from pattern_problems("trigger id", trigger.id)
    kind = member(TriggerType, trigger.type)
    if kind is None:
        yield from one_of(f"{label}: its type", trigger.type, [one.value for one in TriggerType])
        return
    for owner, field in _FIELD_OF.items():
        if owner is not kind and getattr(trigger, field) is not None:
            yield f"{label} is of type {kind.value}: it takes no {field}."
    yield from _KINDS[kind](label, trigger, flow)
    known = [config.name for config in flow.inputs]
    for name in trigger.inputs:
        if name not in known:
            yield from one_of(f"{label}: the name of an input", name, known)
    if major == 2 and kind in (TriggerType.SCHEDULE, TriggerType.WEBHOOK):
        for name in open_inputs(trigger, flow):
            yield f"{label} gives no value for the required input {name!r}, without default: Kestra 2 refuses that."


def open_inputs(trigger: TriggerConfig, flow: FlowConfig) -> list[str]:
    """Required inputs that neither a default nor the trigger gives a value: an execution that it starts fails."""
    needed = [config.name for config in flow.inputs if config.required and config.default is None]
    return [name for name in needed if name not in trigger.inputs]


def _schedule(label: str, trigger: TriggerConfig, flow: FlowConfig) -> Iterator[str]:
    del flow
    yield from cron_problems(label, trigger.cron)
    zones = zoneinfo.available_timezones()
    if trigger.timezone is not None and trigger.timezone not in zones:
        yield from one_of(f"{label}: timezone", trigger.timezone, sorted(zones))


def _flow(label: str, trigger: TriggerConfig, flow: FlowConfig) -> Iterator[str]:
    namespace = trigger.namespace or flow.namespace
    yield from pattern_problems("flow id", trigger.flow_id)
    yield from pattern_problems("namespace", namespace)
    if (namespace, trigger.flow_id) == (flow.namespace, flow.id):
        yield f"{label} would start the flow at its own end, again and again."
    if not trigger.states:
        yield f"{label} needs states in which the other flow may end."
    for state in trigger.states:
        yield from one_of(f"{label}: a state", state, STATES)


def _webhook(label: str, trigger: TriggerConfig, flow: FlowConfig) -> Iterator[str]:
    del flow
    if not trigger.key:
        yield f"{label} needs a key, for instance \"{{{{ secret('WEBHOOK_KEY') }}}}\"."
    elif len(trigger.key) > 256:
        yield f"{label} has a key of {len(trigger.key)} characters, at most 256 are allowed."


def _polling(label: str, trigger: TriggerConfig, flow: FlowConfig) -> Iterator[str]:
    del flow
    uri = trigger.uri or ""
    if not uri.startswith(("http://", "https://")) and not holds_expression(uri):
        yield (
            f"{label} can ask only http:// and https:// addresses, not {trigger.uri!r}: Kestra's core polls nothing "
            "else. For S3, JDBC and others use a flow with that plugin's trigger, and TriggerType.FLOW here."
        )
    yield from positive(f"{label}: interval_seconds", trigger.interval_seconds)
    if trigger.inputs:
        yield f"{label}: a polling trigger hands over no inputs in Kestra: give the inputs defaults."


_KINDS: Final[dict[TriggerType, Callable[[str, TriggerConfig, FlowConfig], Iterator[str]]]] = {
    TriggerType.SCHEDULE: _schedule,
    TriggerType.FLOW: _flow,
    TriggerType.WEBHOOK: _webhook,
    TriggerType.POLLING: _polling,
}
