"""What Airflow says of the instance of a task that runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeGuard

from moltres.task import Run, refuse_unknown_coordinates, run_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_KNOWN: Final = frozenset({"map_index", "rendered_map_index"})
_REGION: Final = "region_index"
"""Where Airflow from 3.4 on stores the index of a mapped task, or of the iteration of a loop."""


def instance_of(context: Mapping[str, Any]) -> Any:
    """The task instance of a context, None where there is none."""
    return context.get("ti") or context.get("task_instance")


def name_of(context: Mapping[str, Any]) -> str | None:
    """What names a task in its run: the same at every try, another one for every instance.

    It is made of every coordinate: the DAG, the task, the run, the map index, the iteration of a loop.

    Returns:
        None where the context is not that of a run.

    Raises:
        ConfigurationError: If Airflow gives a coordinate that is not known here.
    """
    instance = instance_of(context)
    parts = [getattr(instance, name, None) for name in ("dag_id", "task_id", "run_id")]
    if not all(isinstance(part, str) for part in parts):
        return None
    map_index, loop = getattr(instance, "map_index", -1), context.get("loop")
    mapped = [str(map_index)] if _is_index(map_index) else []
    iteration = {"loop": index} if _is_index(index := getattr(loop, "index", None)) else {}
    explained = {map_index, *iteration.values()}
    unknown = {
        name: value
        for name, value in _indexes(instance)
        if name not in _KNOWN and not (name == _REGION and value in explained)
    }
    refuse_unknown_coordinates(str(parts[1]), unknown)
    return run_name([*map(str, parts), *mapped], iteration)


def run_of(context: Mapping[str, Any]) -> Run | None:
    """What the queries of a task name as their run, where a server shows it; None where the context is not of a run."""
    instance = instance_of(context)
    parts = {name: getattr(instance, name, None) for name in ("dag_id", "task_id", "run_id")}
    if not all(isinstance(part, str) for part in parts.values()):
        return None
    map_index = getattr(instance, "map_index", -1)
    mapped = {"map_index": str(map_index)} if _is_index(map_index) else {}
    return Run("airflow", {**{name: str(part) for name, part in parts.items()}, **mapped})


def _indexes(instance: object) -> Iterator[tuple[str, int]]:
    """Every index that an instance has."""
    # Only what it declares or holds: a mock has any attribute.
    names = {*getattr(type(instance), "model_fields", ()), *getattr(instance, "__dict__", ())}
    for name in sorted(names):
        if name.endswith("_index") and _is_index(value := getattr(instance, name, None)):
            yield name, value


def _is_index(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
