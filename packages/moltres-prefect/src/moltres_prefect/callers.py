"""Who calls a task: what names the flow or task around the call, the same at every attempt of the outermost flow."""

from __future__ import annotations

import threading
import weakref
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from prefect.client.orchestration import get_client
from prefect.context import FlowRunContext, TaskRunContext
from prefect.utilities.hashing import hash_objects

if TYPE_CHECKING:
    from uuid import UUID

    from prefect.client.schemas import FlowRun

__all__ = ["Caller", "caller"]

_callers: dict[int, Caller] = {}
_lock = threading.RLock()


@dataclass
class Caller:
    """One attempt of a flow or of a task of the user's. Each attempt counts from the start.

    Attributes:
        names: What names it, from the outside in.
        counts: How often it has made each call.
        tasks: What names the runs of tasks that were started in this attempt of a flow.
    """

    names: tuple[str, ...] = ()
    counts: Counter[str] = field(default_factory=Counter)
    tasks: dict[UUID, tuple[str, ...]] = field(default_factory=dict)

    def number(self, label: str) -> int:
        """Which of the calls of this kind this one is."""
        with _lock:
            self.counts[label] += 1
            return self.counts[label]


def caller() -> Caller | None:
    """Who makes this call; None outside of flows and tasks."""
    flow, inside = FlowRunContext.get(), TaskRunContext.get()
    run = None if flow is None or flow.flow_run is None else flow.flow_run.id
    if inside is not None and (run is None or inside.task_run.flow_run_id == run):
        return _known(inside, lambda: task_names(inside, flow))
    if flow is None or flow.flow_run is None:
        return None
    return _flow(flow)


def _known(context: Any, names: Any) -> Caller:
    with _lock:
        known = _callers.get(id(context))
    if known is None:
        made = Caller(names())
        with _lock:
            known = _callers.setdefault(id(context), made)
            if known is made:
                weakref.finalize(context, _callers.pop, id(context), None)
    return known


def _flow(context: FlowRunContext) -> Caller:
    return _known(context, lambda: _path(context.flow_run, context.parameters) if context.flow_run else ())


def _path(run: FlowRun, parameters: Any) -> tuple[str, ...]:
    """What names a flow run: a retried flow makes new runs of its subflows, at the same places of its own."""
    given = hash_objects(parameters)
    if run.parent_task_run_id is None or given is None:
        return (str(run.id),)
    with get_client(sync_client=True) as client:
        place = client.read_task_run(run.parent_task_run_id)
        if place.flow_run_id is None:
            return (str(run.id),)
        above = client.read_flow_run(place.flow_run_id)
    # Subflows that run beside each other may change places: what they were called with tells them apart.
    return (*_path(above, above.parameters), place.task_key, place.dynamic_key, given)


def task_names(context: TaskRunContext, flow: FlowRunContext | None) -> tuple[str, ...]:
    """What names a run of a user's task: a retried flow makes new ones, which may run beside each other."""
    run = context.task_run.id
    given = hash_objects(context.parameters)
    if flow is None or flow.flow_run is None or flow.detached or given is None:
        return (str(run),)  # nobody here counts the others
    attempt = _flow(flow)
    with _lock:
        if run not in attempt.tasks:
            label = f"{context.task.task_key}/{given}"
            attempt.tasks[run] = (*attempt.names, context.task.task_key, given, str(attempt.number(label)))
        return attempt.tasks[run]
