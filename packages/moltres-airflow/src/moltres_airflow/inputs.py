"""Find what an upstream task has handed over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance

from moltres import Records
from moltres.errors import HandoffError
from moltres.handoff.reference import MARKER
from moltres.task import refuse
from moltres_airflow import arguments
from moltres_airflow.instances import index, instance_of
from moltres_airflow.upstream import ambiguous, missing, not_a_task, output_key_of
from moltres_airflow.xcom_values import refuse_changed

if TYPE_CHECKING:
    from collections.abc import Iterable


def find_input(operator: Any, context: Mapping[str, Any], *, input_key: str | None, input_task_id: str | None) -> Any:
    """The value that an upstream task has pushed.

    With ``input_task_id`` only that task is asked. Without it, the direct upstream tasks are, then all their ancestors.
    Without ``input_key`` each task is asked for the key under which it hands over rows.

    Args:
        operator: The task that wants the value.
        context: The context of its run.
        input_key: The XCom key, or None.
        input_task_id: The task that pushed it, or None.

    Returns:
        The value; a list of values if the task that pushed them is mapped.

    Raises:
        ConfigurationError: If a template, or another task, gave something else than strings for the names.
        HandoffError: If no task has such a value, or more than one has.
    """
    refuse(
        f"Task {operator.task_id!r}",
        arguments.names({"input_key": None if input_key == "" else input_key, "input_task_id": input_task_id}),
    )
    instance = instance_of(context)
    if instance is None:
        raise HandoffError(
            f"Task {operator.task_id!r} has no run to read its input from.",
            suggestion="Call execute() with a context whose 'ti' has xcom_pull, or run the DAG with dag.test().",
        )
    if not operator.has_dag() and input_task_id is None and input_key is not None:
        values = _values(instance.xcom_pull(key=input_key))
        if not values:
            raise missing(operator, input_key, {"any task": input_key}, {})
        return values[0] if len(values) == 1 else values
    tasks = operator.dag.task_dict if operator.has_dag() else {}
    if input_task_id is not None:
        circles = [{input_task_id: _key_of_named(operator, tasks, input_task_id, input_key)}]
    else:
        direct = set(operator.upstream_task_ids)
        ancestors = operator.get_flat_relative_ids(upstream=True) - direct if direct else set()
        circles = [_keys(tasks, direct, input_key), _keys(tasks, ancestors, input_key)]
    for keys in circles:
        found = {name: values for name, key in keys.items() if (values := _pull(tasks.get(name), instance, name, key))}
        if len(found) > 1:
            raise ambiguous(operator, input_key, found)
        if found:
            (values,) = found.values()
            return values[0] if len(values) == 1 else values
    raise missing(operator, input_key, {name: key for keys in circles for name, key in keys.items()}, tasks)


def _keys(tasks: Mapping[str, Any], names: Iterable[str], input_key: str | None) -> dict[str, str]:
    """Which key to ask each of these tasks for."""
    keys = {name: input_key or output_key_of(tasks[name]) for name in sorted(names)}
    return {name: key for name, key in keys.items() if key is not None}


def _key_of_named(operator: Any, tasks: Mapping[str, Any], name: str, input_key: str | None) -> str:
    """Which key to ask the task for that ``input_task_id`` names."""
    if tasks and name not in tasks:
        message, suggestion = not_a_task(operator, name, tasks)
        raise HandoffError(message, suggestion=suggestion or None)
    key = input_key or (output_key_of(tasks[name]) if tasks else name)
    if key is None:
        raise HandoffError(
            f"Task {name!r} hands over no rows.",
            suggestion="Name the query task as input_task_id, or the key to read as input_key.",
        )
    return key


def _pull(task: Any, instance: Any, name: str, key: str) -> list[Any]:
    """Every value that this task has pushed: one, or one for each mapped instance. Nobody pushes None."""
    which: dict[str, Any] = {}
    one = task is not None and not task.is_mapped and task.get_closest_mapped_task_group() is None
    if task is not None and index(getattr(instance, "map_index", None)) is not None:  # which a mock's is not
        # In a mapped task group each instance reads from its own sibling.
        indexes = instance.get_relevant_upstream_map_indexes(task, None, session=None)
        if indexes is not None:
            one = isinstance(indexes, int)
            which = {"map_indexes": [indexes] if one else list(indexes)}
    pulled = instance.xcom_pull(task_ids=[name], key=key, **which)
    real = isinstance(instance, RuntimeTaskInstance)
    if real:  # a mock has no store that changes values
        refuse_changed(pulled, name)
    if one and real:  # a mapping by itself, as for other tasks, is no rows
        return [value for value in pulled if value is not None]
    return _values(pulled)


def _values(pulled: Any) -> list[Any]:
    """What was pulled as one value for each instance; rows by themselves, as a mock gives them, are one value."""
    if pulled is None:
        return []
    if not isinstance(pulled, Sequence) or isinstance(pulled, str | Records):
        return [pulled]
    values = [value for value in pulled if value is not None]
    is_rows = bool(values) and all(isinstance(value, Mapping) and MARKER not in value for value in values)
    return [values] if is_rows else values
