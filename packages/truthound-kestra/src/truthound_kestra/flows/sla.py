"""SLA: the entries that Kestra itself evaluates, and the state that a check task keeps in Kestra's KV store."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from truthound_kestra.flows.expressions import reference
from truthound_kestra.flows.program import literal
from truthound_kestra.sla.native import to_kestra_sla
from truthound_kestra.sla.store import STATE_ENV, STATE_OUTPUT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from truthound_kestra.sla.config import SLAConfig

__all__ = ["counts_failures", "remember_block", "sla_block", "sla_literal", "state_env"]


def sla_block(sla: SLAConfig | None, checks: Sequence[str]) -> list[dict[str, Any]]:
    """The entries that Kestra evaluates: duration, and rates and row counts of the check tasks with these ids."""
    return [] if sla is None else to_kestra_sla(sla, task_ids=checks)


def state_env(sla: SLAConfig | None, flow_id: str, task_id: str) -> dict[str, str]:
    """The environment variable that passes consecutive failures to a check task; empty if it counts none."""
    if not counts_failures(sla):
        return {}
    return {STATE_ENV: f"{{{{ kv('{_state_key(flow_id, task_id)}', errorOnMissing=false) ?? '' }}}}"}


def remember_block(flow_id: str, task_id: str, name: str) -> dict[str, Any]:
    """The task at the end of a flow that stores the number of consecutive failures of a check task.

    Args:
        flow_id: Id of the flow.
        task_id: Id of the check task.
        name: Id of the task that stores.
    """
    state = f"{reference('outputs', task_id)}.vars.{STATE_OUTPUT}"
    return {
        "id": name,
        "type": "io.kestra.plugin.core.kv.Set",
        "runIf": f"{{{{ ({state} ?? '') != '' }}}}",
        "key": _state_key(flow_id, task_id),
        "kvType": "STRING",
        "value": f"{{{{ {state} }}}}",
    }


def sla_literal(sla: SLAConfig) -> str:
    """An SLA as Python code, without fields that do not affect the evaluation."""
    default = type(sla)()
    changed = {
        field.name: getattr(sla, field.name)
        for field in dataclasses.fields(sla)
        if field.name not in ("description", "metadata") and getattr(sla, field.name) != getattr(default, field.name)
    }
    return f"SLAConfig({', '.join(f'{name}={literal(value)}' for name, value in changed.items())})"


def counts_failures(sla: SLAConfig | None) -> bool:
    """Whether an SLA counts consecutive failures, so that state must outlive the execution."""
    return sla is not None and sla.enabled and sla.max_consecutive_failures is not None


def _state_key(flow_id: str, task_id: str) -> str:
    return f"sla.{flow_id}.{task_id}"
