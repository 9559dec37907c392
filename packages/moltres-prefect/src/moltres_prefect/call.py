"""A Prefect task whose options can be given in the call, and which knows its place in the run."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from copy import copy
from typing import TYPE_CHECKING, Any, Final, ParamSpec, TypeVar

from prefect import Task, unmapped
from prefect.cache_policies import NO_CACHE
from prefect.utilities.annotations import BaseAnnotation
from prefect.utilities.engine import resolve_inputs_sync

from moltres.errors import HandoffError
from moltres.handoff import is_reference
from moltres_prefect.background import BackgroundTask
from moltres_prefect.caching import seen_by_users
from moltres_prefect.identity import call_key, key_argument
from moltres_prefect.iterators import refuse_shared
from moltres_prefect.options import OPTION_NAMES, refuse_unknown, renamed

if TYPE_CHECKING:
    from prefect.client.schemas import State, TaskRun

P = ParamSpec("P")
R = TypeVar("R")

_OF_CALL: Final = frozenset({"wait_for", "return_state"})  # Prefect takes them in any call
_LISTS: Final = frozenset({"checks", "columns", "keys", "mask", "partition_by", "update"})  # one argument each
_ROWS: Final = ("data", "inputs")  # of which a list of mappings is one argument


class MoltresTask(BackgroundTask[P, R]):
    """A task that takes its options also in the call: ``moltres_query(..., retries=2, timeout_seconds=5)``.

    Prefect itself refuses options there. Names that are neither options nor arguments are refused with the closest one.
    """

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run the task; task options may be among the arguments.

        Raises:
            HandoffError: If it did not run, because a task that it waits for has not succeeded: Prefect itself returns
                None then, and a flow that does not look is completed.
        """
        task, arguments = self._split(kwargs)
        result = Task.__call__(task, *args, **_with_call_key(task, arguments))
        if result is None:  # which no task of ours returns
            raise HandoffError(
                f"{task.name} did not run: a task whose result it waits for has not succeeded.",
                suggestion="Look into the log for that task, or call this one with return_state=True.",
            )
        return result

    def submit(self, *args: Any, **kwargs: Any) -> Any:
        """Start the task beside the flow and return a future; task options may be among the arguments.

        Args:
            *args: Arguments of the task; futures of other tasks are waited for.
            **kwargs: Arguments and task options by name.

        Returns:
            The future of the result.
        """
        task, arguments = self._split(kwargs)
        return Task.submit(task, *args, **_with_call_key(task, arguments))

    def map(self, *args: Any, **kwargs: Any) -> Any:
        """Start one task for each item of those arguments that are lists; task options may be among the arguments.

        Rows, references to them, and lists that are one argument (rules, keys) are not taken apart: each task gets all.

        Args:
            *args: Arguments of the task.
            **kwargs: Arguments and task options by name.

        Returns:
            The list of the futures.
        """
        task, arguments = self._split(kwargs)
        values = resolve_inputs_sync({k: v for k, v in arguments.items() if k not in _OF_CALL}, max_depth=0)
        refuse_shared(task.name, arguments)
        spread = {name: value for name, value in values.items() if _is_spread(name, value)}
        if not spread:  # no rows for each of several tasks, or no task at all
            spread = {name: value for name in _ROWS if (value := values.get(name)) in ([], ())}
        for name, given in arguments.items():
            if name not in spread and name not in _OF_CALL and not isinstance(given, BaseAnnotation):
                arguments[name] = unmapped(given)
        key = key_argument(_names(task))
        if spread and key is not None and key not in arguments:
            count = min(len(value) for value in spread.values())
            tables = spread.get("table_name", [values.get("table_name")] * count)
            arguments[key] = [call_key(task, table) for table in tables]
        return Task.map(task, *args, **arguments)

    def with_options(self, **options: Any) -> MoltresTask[P, R]:
        """The same task with other options; ``timeout`` is another name for ``timeout_seconds``.

        Args:
            **options: Options of a Prefect task.
        """
        refuse_unknown(self.name, options, OPTION_NAMES)
        if options.get("result_storage_key") is not None:
            options.setdefault("cache_policy", None)  # under NO_CACHE Prefect would ignore the key
        task = copy(self)
        # Prefect makes a plain Task whatever the class: its settings in a copy of this one are one of ours.
        task.__dict__ = {**self.__dict__, **super().with_options(**renamed(self.name, options)).__dict__}
        task.cache_policy = seen_by_users(task.cache_policy)
        return task

    def _split(self, given: Mapping[str, Any]) -> tuple[MoltresTask[P, R], dict[str, Any]]:
        """This task with the options among what was given, and the arguments among it."""
        refuse_unknown(self.name, given, _names(self) | _OF_CALL | OPTION_NAMES)
        options = {name: value for name, value in given.items() if name in OPTION_NAMES}
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
    name = key_argument(_names(task))
    if name is not None and arguments.get(name) is None:
        arguments[name] = call_key(task, arguments.get("table_name"))
    return arguments


def _is_spread(name: str, value: Any) -> bool:
    """Whether ``.map`` gives each task one item of this argument."""
    if not isinstance(value, list | tuple) or isinstance(value, BaseAnnotation):  # an annotation is a tuple
        return False
    if name in _LISTS:
        return bool(value) and all(isinstance(item, list | tuple) for item in value)
    return name not in _ROWS or not all(isinstance(item, Mapping) and not is_reference(item) for item in value)
