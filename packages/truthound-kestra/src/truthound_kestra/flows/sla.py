"""SLA: the entries that Kestra itself evaluates, and the SLA of a check task as code."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from truthound_kestra.flows.program import literal
from truthound_kestra.sla.native import to_kestra_sla, unwatched_limits

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from truthound_kestra.sla.config import SLAConfig

__all__ = ["sla_block", "sla_literal", "sla_problems"]


def sla_problems(sla: SLAConfig | None, checks: Sequence[str], extra: Mapping[str, Any]) -> Iterator[str]:
    """Yield a sentence for what Kestra would not evaluate of the SLA of a flow with these check tasks and ``extra``."""
    if sla is not None:
        if "sla" in extra:
            yield "The flow's sla would be replaced by that of its extra: give one of them."
        for problem in unwatched_limits(sla, checks):
            yield f"The flow's sla: {problem}"


def sla_block(sla: SLAConfig | None, checks: Sequence[str], inner: Sequence[str]) -> list[dict[str, Any]]:
    """The entries that Kestra evaluates: duration, and rates and row counts of check tasks.

    Args:
        sla: The limits.
        checks: Ids of the check tasks.
        inner: Ids of those inside of other tasks.
    """
    return [] if sla is None else to_kestra_sla(sla, task_ids=checks, inner_ids=inner)


def sla_literal(sla: SLAConfig) -> str:
    """An SLA as Python code, without fields that do not affect the evaluation."""
    default = type(sla)()
    changed = {
        field.name: getattr(sla, field.name)
        for field in dataclasses.fields(sla)
        if field.name not in ("description", "metadata") and getattr(sla, field.name) != getattr(default, field.name)
    }
    return f"SLAConfig({', '.join(f'{name}={literal(value)}' for name, value in changed.items())})"
