"""The parts of a flow as Kestra's own mappings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from truthound_kestra.flows.input import ConcurrencyConfig, RetryPolicy, TriggerType
from truthound_kestra.flows.names import member
from truthound_kestra.flows.yaml import Folded
from truthound_kestra.kestra.durations import iso_duration

if TYPE_CHECKING:
    from truthound_kestra.flows.input import ExecutionCheck, InputConfig, OutputConfig, RetryConfig, TriggerConfig

__all__ = [
    "all_true",
    "check_block",
    "concurrency_block",
    "input_block",
    "output_block",
    "retry_block",
    "trigger_block",
]

_TRIGGERS = "io.kestra.plugin.core.trigger"


def input_block(config: InputConfig) -> dict[str, Any]:
    """An input."""
    block: dict[str, Any] = {"id": config.name, "type": config.kestra_type}
    if config.item_type is not None:
        block["itemType"] = config.item_type
    if config.values:
        block["values"] = list(config.values)
    if config.description:
        block["description"] = Folded(config.description)
    if config.default is not None:
        block["defaults"] = config.default
    if not config.required:
        block["required"] = False
    for key in ("validator", "min", "max"):
        if getattr(config, key) is not None:
            block[key] = getattr(config, key)
    if config.extensions:
        block["allowedFileExtensions"] = list(config.extensions)
    return block


def output_block(config: OutputConfig) -> dict[str, Any]:
    """An output."""
    block: dict[str, Any] = {"id": config.name, "type": config.kestra_type}
    if config.description:
        block["description"] = Folded(config.description)
    return block | {"value": config.value} | ({} if config.required else {"required": False})


def concurrency_block(limit: ConcurrencyConfig | int) -> dict[str, Any]:
    """The limit of executions at once."""
    config = limit if isinstance(limit, ConcurrencyConfig) else ConcurrencyConfig(limit=limit)
    return {"limit": config.limit, "behavior": config.behavior}


def check_block(check: ExecutionCheck, major: int) -> dict[str, Any]:
    """A check before the start; Kestra 2 calls its condition ``when``."""
    name = "condition" if major == 1 else "when"
    return {name: check.condition, "message": check.message, "behavior": check.behavior, "style": check.style}


def retry_block(retry: RetryConfig) -> dict[str, Any] | None:
    """A retry, or None if there is none."""
    policy = member(RetryPolicy, retry.policy)
    first, longest = iso_duration(retry.initial_delay_seconds), iso_duration(retry.longest_delay_seconds)
    block: dict[str, Any]
    match policy:
        case RetryPolicy.CONSTANT:
            block = {"type": "constant", "interval": first}
        case RetryPolicy.RANDOM:
            block = {"type": "random", "minInterval": first, "maxInterval": longest}
        case RetryPolicy.EXPONENTIAL | RetryPolicy.LINEAR:
            factor = 1.0 if policy is RetryPolicy.LINEAR else retry.backoff_factor
            block = {"type": "exponential", "interval": first, "maxInterval": longest, "delayFactor": factor}
        case _:
            return None
    block["maxAttempts"] = retry.max_attempts
    if retry.max_duration_seconds is not None:
        block["maxDuration"] = iso_duration(retry.max_duration_seconds)
    return block


def trigger_block(trigger: TriggerConfig, namespace: str, major: int) -> dict[str, Any]:
    """A trigger; Kestra 2 says differently what it waits for and under which conditions."""
    block = {"id": trigger.id} | _trigger_kind(trigger, namespace, major)
    if trigger.inputs:
        block["inputs"] = dict(trigger.inputs)
    if trigger.conditions and major == 1:
        kind = "io.kestra.plugin.core.condition.Expression"
        block["conditions"] = [{"type": kind, "expression": condition} for condition in trigger.conditions]
    elif trigger.conditions:
        block["when"] = all_true(trigger.conditions)
    if trigger.disabled:
        block["disabled"] = True
    return block


def _trigger_kind(trigger: TriggerConfig, namespace: str, major: int) -> dict[str, Any]:
    """What is special about each kind of trigger."""
    block: dict[str, Any]
    match member(TriggerType, trigger.type):
        case TriggerType.SCHEDULE:
            zone = {} if trigger.timezone is None else {"timezone": trigger.timezone}
            return {"type": f"{_TRIGGERS}.Schedule", "cron": trigger.cron, **zone}
        case TriggerType.FLOW:
            where = {"namespace": trigger.namespace or namespace, "flowId": trigger.flow_id}
            upstream = [where | {"states": list(trigger.states)}]
            if major == 1:
                return {"type": f"{_TRIGGERS}.Flow", "preconditions": {"id": f"{trigger.id}_ends", "flows": upstream}}
            return {"type": f"{_TRIGGERS}.Flow", "dependsOn": upstream}
        case TriggerType.WEBHOOK:
            return {"type": f"{_TRIGGERS}.Webhook", "key": trigger.key}
    block = {"type": "io.kestra.plugin.core.http.Trigger", "uri": trigger.uri}
    block["interval"] = iso_duration(trigger.interval_seconds)
    if trigger.response_condition is not None:
        block["responseCondition"] = trigger.response_condition
    return block


def all_true(conditions: Any) -> str:
    """One expression that is true if all of these are."""
    if len(conditions) == 1:
        return str(conditions[0])
    inner = [condition.strip().removeprefix("{{").removesuffix("}}").strip() for condition in conditions]
    return "{{ " + " and ".join(f"({part})" for part in inner) + " }}"
