"""Evaluating the SLA of a check script."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from truthound_kestra.kestra.context import get_execution_context
from truthound_kestra.kestra.handler import KestraOutputHandler
from truthound_kestra.sla.hooks import KestraNotificationHook
from truthound_kestra.sla.metrics import SLAMetrics, SLAResult
from truthound_kestra.sla.monitor import SLAMonitor
from truthound_kestra.sla.store import STATE_ENV, KestraStateStore, SQLStateStore

if TYPE_CHECKING:
    from truthound_kestra.results import CheckScriptResult
    from truthound_kestra.sla.config import SLAConfig

__all__ = ["evaluate"]


def evaluate(result: CheckScriptResult, sla: SLAConfig, handler: KestraOutputHandler | None) -> SLAResult:
    """Evaluate an SLA, and notify Kestra, in Kestra or if there is a handler.

    Consecutive failures are counted in Kestra's KV store if the flow passes its state, else in the state database.
    """
    context = get_execution_context()
    names = ("namespace", "flow_id", "task_id", "execution_id")
    metrics = SLAMetrics.from_result(result, **{name: context[name] for name in names})
    store = KestraStateStore(handler) if STATE_ENV in os.environ else SQLStateStore()
    should_alert = handler is not None or context.in_kestra
    hooks = (KestraNotificationHook(handler=handler or KestraOutputHandler()),) if should_alert else ()
    return SLAMonitor(sla, hooks, store=store).evaluate(metrics)
