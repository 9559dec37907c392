"""What upstream tasks hand over, and what is said when it is not found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from moltres.errors import HandoffError, closest, listing
from moltres_airflow.templates import comes_from_a_task, templates_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

RETURN_VALUE: Final = "return_value"
"""Where Airflow keeps what a ``@task`` function returns."""


def output_key_of(upstream: Any) -> str | None:
    """The XCom key under which a task hands over rows; None for a task of ours that hands over none."""
    kind = getattr(upstream, "operator_class", type(upstream))
    if not hasattr(kind, "default_output_key"):
        return RETURN_VALUE
    if not kind.hands_over_rows:
        return None
    return key_of_result(upstream)


def key_of_result(task: Any) -> str:
    """The XCom key under which a task of ours pushes its result, mapped or not."""
    if not task.is_mapped:
        return str(task.output_key)
    return str(task.partial_kwargs.get("output_key") or task.operator_class.default_output_key(task.task_id))


def named_input_problems(operator: Any) -> Iterator[str]:
    """A sentence for each task that ``input_task_id`` names and that the DAG, which must be complete, does not have."""
    given = getattr(operator, "input_task_id", None)
    if given is None or comes_from_a_task(given) or not operator.has_dag():
        return
    for name in [given] if isinstance(given, str) else given:
        if name not in operator.dag.task_dict and not any(True for _ in templates_in(name)):
            message, suggestion = not_a_task(operator, name, operator.dag.task_dict)
            yield f"{message} {suggestion}".rstrip()


def not_a_task(operator: Any, name: str, tasks: Mapping[str, Any]) -> tuple[str, str]:
    """The message and the suggestion for a name that is no task."""
    # In a task group a task has the group's name before its own.
    match = next((known for known in sorted(tasks) if known.endswith(f".{name}")), None) or closest(name, tasks)
    message = (
        f"input_task_id {name!r} is not a task of DAG {operator.dag_id!r}; its tasks are {listing(sorted(tasks))}."
    )
    return message, f"Did you mean {match!r}?" if match else ""


def ambiguous(operator: Any, input_key: str | None, names: Iterable[str]) -> HandoffError:
    """The error for several tasks that have a value."""
    what = f"a value under input_key {input_key!r}" if input_key else "rows to hand over"
    return HandoffError(
        f"Several upstream tasks of {operator.task_id!r} have {what}: {listing(sorted(names))}.",
        suggestion="Say which one with input_task_id.",
        context={"input_key": input_key, "tasks": sorted(names)},
    )


def missing(operator: Any, input_key: str | None, asked: Mapping[str, str], tasks: Mapping[str, Any]) -> HandoffError:
    """The error for no task that has a value."""
    if not asked:
        return HandoffError(
            f"Task {operator.task_id!r} has no upstream task that hands over rows.",
            suggestion="Set it downstream of a query task (query >> to_table), or name one with input_task_id.",
        )
    own_keys = [key for name in asked if name in tasks and (key := output_key_of(tasks[name]))]
    match = closest(input_key or "", own_keys)
    hint = f"Did you mean input_key={match!r}? " if match and match != input_key else ""
    places = ", ".join(f"{name!r} (key {key!r})" for name, key in sorted(asked.items()))
    return HandoffError(
        f"Task {operator.task_id!r} found no input: nothing under these keys of its upstream tasks: {places}.",
        suggestion=f"{hint}Name the task with input_task_id. A task with do_xcom_push=False hands over nothing.",
        context={"input_key": input_key, "tasks": sorted(asked)},
    )
