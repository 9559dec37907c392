"""A Prefect task whose options can be given in the call, and which knows its place in the run."""

from __future__ import annotations

import inspect
import threading
import weakref
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from copy import copy
from typing import TYPE_CHECKING, Any, Final, ParamSpec, TypeVar
from uuid import uuid4

from prefect import Task, unmapped
from prefect.cache_policies import NO_CACHE
from prefect.context import FlowRunContext, TaskRunContext
from prefect.utilities.annotations import BaseAnnotation
from prefect.utilities.engine import resolve_inputs_sync

from moltres.errors import ConfigurationError, closest, listing
from moltres.handoff import is_reference

if TYPE_CHECKING:
    from prefect.client.schemas import State, TaskRun

P = ParamSpec("P")
R = TypeVar("R")

TASK_OPTIONS: Final = frozenset(inspect.signature(Task.with_options).parameters) - {"self"}
"""Every option of a Prefect task."""

ALIASES: Final = {"timeout": "timeout_seconds"}

_OF_CALL: Final = frozenset({"wait_for", "return_state"})  # Prefect takes them in any call
_LISTS: Final = frozenset({"checks", "keys", "partition_by"})  # one argument each, although they are lists

_calls: dict[int, Counter[str]] = {}
_calls_lock = threading.Lock()


class MoltresTask(Task[P, R]):
    """A task that takes its options also in the call: ``moltres_query(..., retries=2, timeout_seconds=5)``.

    Prefect itself refuses options there. Names that are neither options nor arguments are refused with the closest one.
    """

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run the task; task options may be among the arguments."""
        task, arguments = self._split(kwargs)
        return Task.__call__(task, *args, **_with_call_key(task, arguments))

    def submit(self, *args: Any, **kwargs: Any) -> Any:
        """Start the task beside the flow and return a future; task options may be among the arguments."""
        task, arguments = self._split(kwargs)
        return Task.submit(task, *args, **_with_call_key(task, arguments))

    def map(self, *args: Any, **kwargs: Any) -> Any:
        """Start one task for each item of those arguments that are lists; task options may be among the arguments.

        Rows, references to them, and lists that are one argument (rules, keys) are not taken apart: each task gets all.
        """
        task, arguments = self._split(kwargs)
        values = resolve_inputs_sync({k: v for k, v in arguments.items() if k not in _OF_CALL}, max_depth=0)
        spread = {name: value for name, value in values.items() if _is_spread(name, value)}
        for name, given in arguments.items():
            if name not in spread and name not in _OF_CALL and not isinstance(given, BaseAnnotation):
                arguments[name] = unmapped(given)
        key = _key_argument(task)
        if spread and key is not None and key not in arguments:
            count = min(len(value) for value in spread.values())
            tables = spread.get("table_name", [values.get("table_name")] * count)
            arguments[key] = [_call_key(task, table) for table in tables]
        return Task.map(task, *args, **arguments)

    def with_options(self, **options: Any) -> MoltresTask[P, R]:
        """The same task with other options; ``timeout`` is another name for ``timeout_seconds``."""
        _refuse_unknown(self.name, options, TASK_OPTIONS | ALIASES.keys())
        if options.get("result_storage_key") is not None:
            # Under NO_CACHE Prefect would ignore the key.
            options.setdefault("cache_policy", None)
        task = copy(self)
        # Prefect makes a plain Task whatever the class: its settings in a copy of this one are one of ours.
        task.__dict__ = {**self.__dict__, **super().with_options(**_renamed(self.name, options)).__dict__}
        return task

    def _split(self, given: Mapping[str, Any]) -> tuple[MoltresTask[P, R], dict[str, Any]]:
        """This task with the options among what was given, and the arguments among it."""
        _refuse_unknown(self.name, given, _names(self) | _OF_CALL | TASK_OPTIONS | ALIASES.keys())
        options = {name: value for name, value in given.items() if name in TASK_OPTIONS | ALIASES.keys()}
        arguments = {name: value for name, value in given.items() if name not in options}
        return (self.with_options(**options) if options else self), arguments


def moltres_task(function: Callable[P, R]) -> MoltresTask[P, R]:
    """Make a task of a function.

    Its results are not cached, because sessions and lambdas have no hash, and errors that are final are not retried.
    """
    return MoltresTask(function, cache_policy=NO_CACHE, retry_condition_fn=retry_can_help)


def retry_can_help(task: Task[..., Any], task_run: TaskRun, state: State[Any]) -> bool:  # noqa: ARG001 - Prefect's signature
    """Whether the same call may succeed later: not after an error that says of itself that it is final."""
    return bool(getattr(state.data, "retryable", True))


def _names(task: Task[..., Any]) -> frozenset[str]:
    return frozenset(inspect.signature(task.fn).parameters)


def _with_call_key(task: Task[..., Any], arguments: dict[str, Any]) -> dict[str, Any]:
    name = _key_argument(task)
    if name is not None and arguments.get(name) is None:
        arguments[name] = _call_key(task, arguments.get("table_name"))
    return arguments


def _key_argument(task: Task[..., Any]) -> str | None:
    """The argument which names a call: what it writes, stages or reports is known by it."""
    return next((name for name in ("run_key", "artifact_key") if name in _names(task)), None)


class CallKey(str):  # noqa: SLOT000 - a text cannot have slots and attributes
    """A key that names a call in a run, and that no user has chosen.

    Attributes:
        place: What names the same call in every run of the flow.
    """

    place: str


def _call_key(task: Task[..., Any], table: object) -> CallKey | None:
    """What names this call in this run: the same at every retry of the task and of the flow.

    It counts calls in the order in which the flow makes them. (Prefect counts task runs in the order in which threads
    start them: at the next attempt of the flow, two submitted tasks may have changed places.)

    Returns:
        None outside of flows and tasks: each such task run is a run of its own.
    """
    flow, inside = FlowRunContext.get(), TaskRunContext.get()
    context: FlowRunContext | TaskRunContext | None = flow
    run = None if flow is None or flow.flow_run is None else flow.flow_run.id
    if inside is not None and (run is None or inside.task_run.flow_run_id == run):
        # Called by another task, which may run beside others: only its own order is certain.
        context, run = inside, inside.task_run.id
    if context is None or run is None:
        return None
    label = f"{task.name}/{table}" if isinstance(table, str) else task.name
    with _calls_lock:
        if id(context) not in _calls:
            # Each attempt has a context of its own, so each attempt counts from the start.
            _calls[id(context)] = Counter()
            weakref.finalize(context, _calls.pop, id(context), None)
        _calls[id(context)][label] += 1
        number = _calls[id(context)][label]
    key = CallKey(f"prefect/{run}/{label}/{number}")
    key.place = f"{flow.flow.name if flow and flow.flow else ''} {label} {number}"
    return key


def key_of_run(given: str | None) -> str:
    """What names this run: given by the call, or that of a task run which no flow has started."""
    if given is not None:
        return given
    context = TaskRunContext.get()
    # Without a task run (the function behind the task was called) every call is a run of its own.
    return f"prefect/{uuid4() if context is None else context.task_run.id}"


def _is_spread(name: str, value: Any) -> bool:
    """Whether ``.map`` gives each task one item of this argument."""
    if not isinstance(value, list | tuple) or isinstance(value, BaseAnnotation):  # an annotation is a tuple
        return False
    if name in _LISTS:
        return all(isinstance(item, list | tuple) for item in value)
    rows = all(isinstance(item, Mapping) and not is_reference(item) for item in value)
    return not rows


def _renamed(task: str, options: Mapping[str, Any]) -> dict[str, Any]:
    doubled = [alias for alias, name in ALIASES.items() if alias in options and name in options]
    if doubled:
        raise ConfigurationError(f"{task} got {doubled[0]!r} and {ALIASES[doubled[0]]!r}, which are the same option.")
    return {ALIASES.get(name, name): value for name, value in options.items()}


def _refuse_unknown(task: str, given: Iterable[str], known: Iterable[str]) -> None:
    names = sorted(known)
    unknown = [name for name in given if name not in names]
    if unknown:
        meant = {name: match for name in unknown if (match := closest(name, names))}
        raise ConfigurationError(
            f"{task} has no argument {listing(unknown)}.",
            suggestion=", ".join(f"Did you mean {match!r} instead of {name!r}?" for name, match in meant.items())
            or f"Its arguments: {', '.join(names)}.",
            context={"unknown": unknown},
        )
