"""Tasks of other plugins: mappings, written as they are; tasks of this package may be inside them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from truthound_kestra.flows.fields import shown, strings_of, type_problems
from truthound_kestra.flows.graph import graph_problems
from truthound_kestra.flows.names import pattern_problems
from truthound_kestra.flows.secrets import secret_problems
from truthound_kestra.flows.task import TaskConfig
from truthound_kestra.flows.yaml import yaml_problems

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["inner_tasks", "plugin_block", "plugin_needs", "plugin_problems"]

DEPENDS_ON = "dependsOn"
_GROUPS: Final = "io.kestra.plugin.core.flow."
# Where the tasks of Kestra's own groups of tasks are, and which of these places must not be empty.
_PLACES: Final = ("tasks", "then", "else", "errors", "finally")
_REQUIRED: Final = {"If": "then"} | dict.fromkeys(
    (
        "AllowFailure", "Dag", "EachParallel", "EachSequential", "ForEach", "LoopUntil", "Parallel", "Sequential",
        "WorkingDirectory",
    ),
    "tasks",
)  # fmt: skip


def plugin_problems(task: Mapping[str, Any]) -> Iterator[str]:
    """Yield the problems of a task of another plugin, without those of tasks of this package inside it."""
    name = f"Task {shown(task.get('id'))}"
    yield from _own_problems(name, task)
    yield from secret_problems(name, task)
    yield from yaml_problems(name, _without_configs(task))
    if DEPENDS_ON in task:
        yield from strings_of(f"{name}: {DEPENDS_ON}", task[DEPENDS_ON])


def _own_problems(name: str, task: Mapping[str, Any]) -> Iterator[str]:
    """What every task must have, and the tasks in it."""
    yield from pattern_problems("task id", task.get("id"))
    kind = task.get("type")
    yield from type_problems(name, kind, "a plugin task, such as io.kestra.plugin.core.log.Log")
    if not isinstance(kind, str) or not kind.startswith(_GROUPS):
        return
    group = kind.removeprefix(_GROUPS)
    required = _REQUIRED.get(group)
    if required is not None and not task.get(required):
        yield f"{name} is of type {kind} and requires {required}: a list of tasks."
    for place in (one for one in _PLACES if task.get(one)):
        if group == "Dag" and place == "tasks":
            yield from _branch_problems(name, task[place])
        else:
            yield from _list_problems(f"{name}: {place}", task[place])
    if group == "Switch":
        cases = task.get("cases")
        for case in cases.values() if isinstance(cases, Mapping) else ():
            yield from _list_problems(f"{name}: cases", case)
        yield from _list_problems(f"{name}: defaults", task.get("defaults") or ())


def _list_problems(label: str, tasks: Any) -> Iterator[str]:
    """Problems of the tasks in a place of a group of tasks."""
    if not isinstance(tasks, list | tuple):
        yield f"{label} must be a list of tasks, not {shown(tasks)}."
        return
    for task in tasks:
        if isinstance(task, Mapping):
            name = f"Task {shown(task.get('id'))}"
            yield from _own_problems(name, task)
            if DEPENDS_ON in task:
                yield f"{name} is inside of another task; {DEPENDS_ON} is not supported there."
        elif not isinstance(task, TaskConfig):
            yield f"{label} must be a list of tasks; it contains {shown(task)}."


def _branch_problems(name: str, branches: Any) -> Iterator[str]:
    """Problems of the tasks of a Dag, each beside those that it depends on."""
    listed = isinstance(branches, list | tuple)
    if not listed or not all(isinstance(one, Mapping) and "task" in one for one in branches):
        yield f"{name}: tasks of a Dag must be a list of mappings with task, and {DEPENDS_ON} if it waits for others."
        return
    yield from _list_problems(f"{name}: tasks", [branch["task"] for branch in branches])
    yield from graph_problems({str(_id_of(branch["task"])): plugin_needs(branch) for branch in branches})


def _id_of(task: Any) -> Any:
    if isinstance(task, TaskConfig):
        return task.id
    return task.get("id") if isinstance(task, Mapping) else None


def plugin_needs(task: Mapping[str, Any]) -> tuple[str, ...]:
    """Ids of the tasks that a task of another plugin waits for."""
    needs = task.get(DEPENDS_ON)
    return tuple(one for one in needs if isinstance(one, str)) if isinstance(needs, list | tuple) else ()


def inner_tasks(value: Any) -> Iterator[TaskConfig | Mapping[str, Any]]:
    """The tasks inside of a task of another plugin: mappings with id and type, and configs of this package."""
    if isinstance(value, Mapping):
        for item in value.values():
            yield from _tasks_of(item)


def _tasks_of(value: Any) -> Iterator[TaskConfig | Mapping[str, Any]]:
    if isinstance(value, Mapping):
        if isinstance(value.get("id"), str) and isinstance(value.get("type"), str) and "." in value["type"]:
            yield value
        yield from inner_tasks(value)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _tasks_of(item)
    elif isinstance(value, TaskConfig):
        yield value


def plugin_block(task: Mapping[str, Any], block_of: Callable[[TaskConfig], dict[str, Any]]) -> dict[str, Any]:
    """A task of another plugin as Kestra's own mapping: as it is, with the blocks of the tasks inside it.

    Args:
        task: The task.
        block_of: The block of a task of this package.
    """
    return {key: _plain(value, block_of) for key, value in task.items() if key != DEPENDS_ON}


def _plain(value: Any, block_of: Callable[[TaskConfig], dict[str, Any]]) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(item, block_of) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item, block_of) for item in value]
    return block_of(value) if isinstance(value, TaskConfig) else value


def _without_configs(value: Any) -> Any:
    return plugin_block(value, lambda _: {})
