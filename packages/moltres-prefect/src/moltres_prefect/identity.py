"""What names a call in its flow run: what it writes, stages or reports is known by it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

from prefect.context import FlowRunContext, TaskRunContext

from moltres.errors import ConfigurationError
from moltres.task import Run, run_name
from moltres_prefect.callers import Caller, caller
from moltres_prefect.threads import flow_elsewhere, in_plain_thread

if TYPE_CHECKING:
    from collections.abc import Mapping

    from prefect import Task


class CallKey(str):  # noqa: SLOT000 - a string cannot have slots and attributes
    """A key that names a call in a run, and that no user has chosen.

    Attributes:
        place: What names the same call in every run of the flow.
        unsure: Why another attempt of the flow may name the call otherwise; None if it does not.
    """

    place: str
    unsure: str | None


def key_argument(names: Mapping[str, Any] | frozenset[str]) -> str | None:
    """The argument of a task that names a call."""
    return next((name for name in ("run_key", "artifact_key") if name in names), None)


def call_key(task: Task[..., Any], table: object) -> CallKey | None:
    """What names this call in this run: the same at every retry of the task, of the flow, and of those around them.

    It counts calls in the order in which the flow makes them. (Prefect counts task runs in the order in which threads
    start them: at the next attempt of the flow, two submitted tasks may have changed places.)

    Returns:
        None outside of flows and tasks: each such task run is a run of its own.
    """
    by = caller()
    if by is None:
        return None
    flow = FlowRunContext.get()
    parts = [task.name, table] if isinstance(table, str) else [task.name]
    label = "/".join(parts)
    number = by.number(label)
    key = CallKey(run_name(["prefect", *by.names, *parts, str(number)]))
    key.unsure = _unsure(by)
    key.place = f"{flow.flow.name if flow and flow.flow else ''} {label} {number}"
    return key


def key_of_run(given: str | None, label: str) -> str:
    """What names this run: given by the call, or that of a task run which no flow has started.

    Args:
        given: What the call gave; None if it knew neither a flow nor a task, or if there was none: the function behind
            the task was called.
        label: What tells calls of functions apart.
    """
    if given is not None:
        return given
    context = TaskRunContext.get()
    if context is not None and in_own_task():
        return run_name(["prefect", str(context.task_run.id)])
    by = caller()
    # Without a flow or task every call of a function is a run of its own.
    return run_name(["prefect", *([str(uuid4())] if by is None else [*by.names, label, str(by.number(label))])])


def key_of_append(given: str | None, table: str) -> str:
    """What an append is recorded under, as `key_of_run` says it.

    Raises:
        ConfigurationError: If no key would be the same when the flow is retried: in a plain thread of a flow, or beside
            one; or if the flow was retried, and the task or subflow around the call has no name that stays.
    """
    if isinstance(given, CallKey):
        unsure = given.unsure
    elif given is not None or in_own_task(of_flow=True):
        unsure = None
    else:
        unsure = _unsure(None if in_own_task() else caller())
    if unsure is not None:
        raise ConfigurationError(
            f"{unsure}, so that a retry of the flow could append rows again, or leave some out.",
            suggestion="Use .submit or .map, or give each call a run_key.",
        )
    return key_of_run(given, f"moltres_to_table.fn/{table}")


def _unsure(by: Caller | None) -> str | None:
    if flow_elsewhere() if by is None else in_plain_thread():
        return "This thread was started beside a flow, not by Prefect: calls in such threads come in any order"
    if by is not None and by.renamed:
        return (
            "The flow was retried, and this call is in a task or subflow that is not known again (on Dask or Ray, "
            "called with what has no hash, or cached by a key of yours)"
        )
    return None


def in_own_task(*, of_flow: bool = False) -> bool:
    """Whether this is the run of a task of ours, not a call of the function behind it; if asked, one of a flow."""
    context = TaskRunContext.get()
    if context is None or context.task.fn.__module__.partition(".")[0] != __package__:
        return False
    return not of_flow or context.task_run.flow_run_id is not None


def run_of() -> Run | None:
    """What the queries of this task run name as their run, where a server shows it; None outside of task runs."""
    flow, task = FlowRunContext.get(), TaskRunContext.get()
    parts: dict[str, str] = {}
    if flow is not None and flow.flow_run is not None:
        parts["flow"] = str(flow.flow.name if flow.flow else flow.flow_run.flow_id)
        parts["flow_run"] = str(flow.flow_run.id)
    elif task is not None and task.task_run.flow_run_id is not None:
        parts["flow_run"] = str(task.task_run.flow_run_id)
    if task is not None:
        parts |= {"task": task.task.name, "task_run": str(task.task_run.id)}
    return Run("prefect", parts) if parts else None
