"""Iterators, which can be read once: whoever comes second finds no rows, and would take them for all there are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from prefect.context import TaskRunContext
from prefect.utilities.annotations import BaseAnnotation

from moltres.errors import ConfigurationError
from moltres_prefect.identity import in_own_task

_INSTEAD = "Give a list, Records or a frame, which can be read again."


def refuse_read_before(task: str, **given: Any) -> None:
    """Make sure that no earlier attempt of this task run has begun to read what this one is about to read.

    Args:
        task: The name of the task.
        **given: Arguments that may be iterators, or lists of them.

    Raises:
        ConfigurationError: If this is not the first attempt, and one of them is an iterator.
    """
    context = TaskRunContext.get()
    if context is None or not in_own_task() or context.task_run.run_count <= 1:
        return
    for name, value in given.items():
        if any(map(_is_read_once, value if isinstance(value, list | tuple) else [value])):
            raise ConfigurationError(
                f"{task}: {name} is an iterator, which an earlier attempt has begun to read, so that rows would be"
                " missing.",
                suggestion=_INSTEAD,
            )


def refuse_shared(task: str, given: Mapping[str, Any]) -> None:
    """Make sure that several task runs do not share an iterator, which only one of them could read.

    Args:
        task: The name of the task.
        given: The arguments of ``.map`` by name.

    Raises:
        ConfigurationError: If one is an iterator.
    """
    for name, value in given.items():
        if _is_read_once(value.unwrap() if isinstance(value, BaseAnnotation) else value):
            raise ConfigurationError(
                f"{task}.map: {name} is an iterator, which only one of the tasks could read.", suggestion=_INSTEAD
            )


def _is_read_once(value: object) -> bool:
    return isinstance(value, Iterator) and not isinstance(value, list)  # Prefect's list of futures is both
