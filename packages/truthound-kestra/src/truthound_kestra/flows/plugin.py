"""Tasks of other plugins: mappings, written as they are; tasks of this package may be inside them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from truthound_kestra.flows.fields import shown, strings_of
from truthound_kestra.flows.names import pattern_problems
from truthound_kestra.flows.secrets import secret_problems
from truthound_kestra.flows.task import TaskConfig
from truthound_kestra.flows.yaml import yaml_problems

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["inner_tasks", "plugin_block", "plugin_needs", "plugin_problems", "type_problems"]

DEPENDS_ON = "dependsOn"


def type_problems(label: str, value: object, example: str) -> Iterator[str]:
    """Yield a sentence if a value is not the full name of a class of a plugin.

    Args:
        label: How messages call the part.
        value: Its type.
        example: Such a name.
    """
    if not isinstance(value, str) or "." not in value:
        yield f"{label}: type must be the full name of {example}, not {shown(value)}."


def plugin_problems(task: Mapping[str, Any]) -> Iterator[str]:
    """Yield the problems of a task of another plugin, without those of tasks of this package inside it."""
    yield from pattern_problems("task id", task.get("id"))
    name = f"Task {shown(task.get('id'))}"
    yield from type_problems(name, task.get("type"), "a plugin task, such as io.kestra.plugin.core.log.Log")
    yield from secret_problems(name, task)
    yield from yaml_problems(name, _without_configs(task))
    if DEPENDS_ON in task:
        yield from strings_of(f"{name}: {DEPENDS_ON}", task[DEPENDS_ON])


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
