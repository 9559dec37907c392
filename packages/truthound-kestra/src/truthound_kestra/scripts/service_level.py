"""Evaluating the SLA of a check script."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from truthound_kestra.kestra.context import get_execution_context
from truthound_kestra.kestra.handler import KestraOutputHandler, handler_of
from truthound_kestra.kestra.state import SLA_STATE_ENV
from truthound_kestra.sla.hooks import KestraNotificationHook
from truthound_kestra.sla.metrics import SLAMetrics, SLAResult
from truthound_kestra.sla.monitor import SLAMonitor
from truthound_kestra.sla.store import KestraStateStore, SQLStateStore

if TYPE_CHECKING:
    from truthound_kestra.results import CheckScriptResult
    from truthound_kestra.sla.config import SLAConfig
    from truthound_kestra.sla.store import StateStore

__all__ = ["evaluate", "failure_store"]


def failure_store(sla: SLAConfig, handler: KestraOutputHandler | None) -> StateStore:
    """Where the consecutive failures of an SLA are counted, ready for use.

    In Kestra's KV store if the flow passes its state, else in the state database.

    Raises:
        ConfigurationError: The state database cannot be opened, or would be lost with the container.
    """
    if SLA_STATE_ENV in os.environ:
        return KestraStateStore(handler)
    store = SQLStateStore()
    if sla.enabled and sla.max_consecutive_failures is not None:
        store.open()
    return store


def evaluate(
    result: CheckScriptResult, sla: SLAConfig, store: StateStore, handler: KestraOutputHandler | None
) -> SLAResult:
    """Evaluate an SLA, and notify Kestra, in Kestra or if there is a handler.

    Outside Kestra, consecutive failures are counted for the data: there is no task that they could belong to.
    """
    context = get_execution_context()
    names = ("namespace", "flow_id", "task_id", "execution_id")
    metrics = SLAMetrics.from_result(result, **{name: context[name] for name in names})
    should_alert = handler is not None or context.in_kestra
    hooks = (KestraNotificationHook(handler=handler_of(handler)),) if should_alert else ()
    name = None if context.task_id is not None else result.data_uri
    return SLAMonitor(sla, hooks, name=name, store=store).evaluate(metrics)
