"""What names a call in its flow run: what it writes, stages or reports is known by it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from prefect.cache_policies import NO_CACHE, CachePolicy
from prefect.context import FlowRunContext, TaskRunContext

from moltres.errors import ConfigurationError
from moltres.task import Run, run_name
from moltres_prefect.callers import caller
from moltres_prefect.sql_files import is_file, read_file
from moltres_prefect.threads import flow_elsewhere, in_plain_thread

if TYPE_CHECKING:
    from collections.abc import Mapping

    from prefect import Task


class CallKey(str):  # noqa: SLOT000 - a string cannot have slots and attributes
    """A key that names a call in a run, and that no user has chosen.

    Attributes:
        place: What names the same call in every run of the flow.
        ordered: Whether the next attempt makes the call at the same place: not in a thread that the flow has started.
    """

    place: str
    ordered: bool


@dataclass
class UserInputs(CachePolicy):
    """The cache policy of a user, which sees what the user gave and not the key of the call.

    Args:
        policy: The policy.
    """

    policy: CachePolicy | None = None

    def compute_key(
        self, task_ctx: TaskRunContext, inputs: dict[str, Any], flow_parameters: dict[str, Any], **kwargs: Any
    ) -> str | None:
        """The key of the policy for what the user gave."""
        if self.policy is None:
            return None
        given = {name: None if isinstance(value, CallKey) else value for name, value in inputs.items()}
        query = given.get("query")
        if is_file(query):
            with suppress(ConfigurationError):  # which the task raises
                given["query"] = (query, read_file(query))  # the same path may hold other SQL the next time
        return self.policy.compute_key(task_ctx, given, flow_parameters, **kwargs)


def seen_by_users(policy: Any) -> Any:
    """A cache policy that does not see the key of a call; what is no policy comes back as it is."""
    if not isinstance(policy, CachePolicy) or policy == NO_CACHE or isinstance(policy, UserInputs):
        return policy
    return UserInputs(policy.key_storage, policy.isolation_level, policy.lock_manager, policy)


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
    key.ordered = not in_plain_thread()
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
    if context is not None and context.task.fn.__module__.partition(".")[0] == __package__:
        return run_name(["prefect", str(context.task_run.id)])
    by = caller()
    # Without a flow or task every call of a function is a run of its own.
    return run_name(["prefect", *([str(uuid4())] if by is None else [*by.names, label, str(by.number(label))])])


def key_of_append(given: str | None, table: str) -> str:
    """What an append is recorded under, as `key_of_run` says it.

    Raises:
        ConfigurationError: If it comes from a plain thread of a flow, or beside one: no key would be the same when the
            flow is retried.
    """
    if given is None:
        inside = TaskRunContext.get()
        known = FlowRunContext.get() is not None or (inside is not None and inside.task_run.flow_run_id is not None)
        ordered = not (in_plain_thread() if known else flow_elsewhere())
    else:
        ordered = not isinstance(given, CallKey) or given.ordered
    if not ordered:
        raise ConfigurationError(
            "This thread was started beside a flow, not by Prefect: calls in such threads come in any order, so that a "
            "retry of the flow could append rows again, or leave some out.",
            suggestion="Use .submit or .map, or give each call a run_key.",
        )
    return key_of_run(given, f"moltres_to_table.fn/{table}")


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
