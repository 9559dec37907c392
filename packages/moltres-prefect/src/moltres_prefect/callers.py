"""Who calls a task: what names the flow or task around the call, the same at every attempt of the outermost flow."""

from __future__ import annotations

import threading
import weakref
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from prefect.cache_policies import CacheKeyFnPolicy, CachePolicy
from prefect.client.orchestration import get_client
from prefect.context import FlowRunContext, TaskRunContext
from prefect.utilities.hashing import hash_objects

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from prefect.client.schemas import FlowRun, TaskRun

__all__ = ["Caller", "caller"]

_callers: dict[int, Caller] = {}
_lock = threading.RLock()


@dataclass
class Caller:
    """One attempt of a flow or of a task of the user's. Each attempt counts from the start.

    Attributes:
        names: What names it, from the outside in.
        renamed: Whether an earlier attempt of a flow around it may have had another name.
        counts: How often it has made each call.
        tasks: What names the runs of tasks that were started in this attempt of a flow.
    """

    names: tuple[str, ...] = ()
    renamed: bool = False
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
        return _known(inside, lambda: _of_task(inside, flow))
    if flow is None or flow.flow_run is None:
        return None
    return _flow(flow)


def _known(context: Any, make: Callable[[], tuple[tuple[str, ...], bool]]) -> Caller:
    with _lock:
        known = _callers.get(id(context))
    if known is None:
        made = Caller(*make())
        with _lock:
            known = _callers.setdefault(id(context), made)
            if known is made:
                weakref.finalize(context, _callers.pop, id(context), None)
    return known


def _flow(context: FlowRunContext) -> Caller:
    return _known(context, lambda: _path(context.flow_run, context.parameters) if context.flow_run else ((), False))


def _path(run: FlowRun, parameters: Any) -> tuple[tuple[str, ...], bool]:
    """What names a flow run, and whether an attempt around it may have named it otherwise.

    A retried flow makes new runs of its subflows, at the same places of its own.
    """
    place, above = _above(run)
    if place is None or above is None:
        return (str(run.id),), False
    given = hash_objects(parameters)
    if given is None:
        return (str(run.id),), _retried(above)
    names, renamed = _path(above, above.parameters)
    # Subflows that run beside each other may change places: what they were called with tells them apart.
    return (*names, place.task_key, place.dynamic_key, given), renamed


def _above(run: FlowRun) -> tuple[TaskRun, FlowRun] | tuple[None, None]:
    """The place of a flow run in another one, and that one."""
    if run.parent_task_run_id is None:
        return None, None
    with get_client(sync_client=True) as client:
        place = client.read_task_run(run.parent_task_run_id)
        return (None, None) if place.flow_run_id is None else (place, client.read_flow_run(place.flow_run_id))


def _retried(run: FlowRun | None) -> bool:
    """Whether a flow run, or one around it, is not in its first attempt."""
    return run is not None and (run.run_count > 1 or _retried(_above(run)[1]))


def _of_task(context: TaskRunContext, flow: FlowRunContext | None) -> tuple[tuple[str, ...], bool]:
    names = task_names(context, flow)
    if flow is None or flow.flow_run is None:
        return names, False
    unknown = names == (str(context.task_run.id),) or _has_own_key(context.task.cache_policy)
    return names, _retried(flow.flow_run) if unknown else _flow(flow).renamed


def _has_own_key(policy: Any) -> bool:
    """Whether equal calls of a task may differ in a key of the user's, by which a retry leaves some of them out."""
    own = isinstance(policy, CachePolicy) and not type(policy).__module__.startswith("prefect.")
    return own or isinstance(policy, CacheKeyFnPolicy) or any(map(_has_own_key, getattr(policy, "policies", ())))


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
