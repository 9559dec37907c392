"""What Airflow says of the instance of a task that runs."""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Integral
from typing import TYPE_CHECKING, Any, Final

from moltres.task import Run, refuse_unknown_coordinates, run_name

if TYPE_CHECKING:
    from collections.abc import Iterator

_KNOWN: Final = frozenset({"map_index", "rendered_map_index"})
_REGION: Final = "region_index"
"""Where Airflow from 3.4 on stores the index of a mapped task, or of the iteration of a loop."""
_NO_INDEX: Final = -1
"""What Airflow gives where there is none."""


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
    known = _coordinates(context)
    unknown = {
        name: value
        for name, value in _indexes(instance)
        if name not in _KNOWN and not (name == _REGION and value in known.values())
    }
    refuse_unknown_coordinates(str(parts[1]), unknown)
    mapped = [str(known.pop("map_index"))] if "map_index" in known else []
    return run_name([*map(str, parts), *mapped], known)


def run_of(context: Mapping[str, Any]) -> Run | None:
    """What the queries of a task name as their run, where a server shows it; None where the context is not of a run."""
    instance = instance_of(context)
    parts = {name: getattr(instance, name, None) for name in ("dag_id", "task_id", "run_id")}
    if not all(isinstance(part, str) for part in parts.values()):
        return None
    places = {name: str(number) for name, number in _coordinates(context).items()}
    return Run("airflow", {**{name: str(part) for name, part in parts.items()}, **places})


def _coordinates(context: Mapping[str, Any]) -> dict[str, int]:
    """What tells the instances of a task in one run apart: ``map_index`` and the iteration of a ``loop``, if any."""
    loop = context.get("loop")
    iteration = loop.get("index") if isinstance(loop, Mapping) else getattr(loop, "index", None)
    found = {
        "map_index": index(getattr(instance_of(context), "map_index", None)),
        "loop": index(iteration),
    }
    return {name: number for name, number in found.items() if number is not None}


def _indexes(instance: object) -> Iterator[tuple[str, object]]:
    """Every index that an instance has, whatever its type."""
    # Only what it declares or holds: a mock has any attribute.
    names = {
        *(name for kind in type(instance).__mro__ for name in vars(kind)),
        *getattr(type(instance), "model_fields", ()),
        *getattr(instance, "__dict__", ()),
        *(getattr(instance, "__pydantic_extra__", None) or ()),
    }
    for name in sorted(names):
        if name.endswith("_index") and not name.startswith("_"):
            value = getattr(instance, name, None)
            known = index(value)
            if known is not None:
                yield name, known
            elif isinstance(value, str):
                yield name, value


def index(value: object) -> int | None:
    """An index as a number of Python; None where there is none."""
    if isinstance(value, str) and value.isdecimal():
        return int(value)
    if isinstance(value, bool) or not isinstance(value, Integral) or value <= _NO_INDEX:
        return None
    return int(value)
