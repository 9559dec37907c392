"""What names a task in its run: the same at every try, and another one for whatever is not the same task.

The name is what a load is recorded under, what staged tables and files are called after, and what tells the rows of one
instance from those of another.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

from ..errors import ConfigurationError, listing
from ..write.load_log import LONGEST_KEY

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_DIGEST: Final = 16
"""Hexadecimal digits that keep a shortened name unique: 64 bits."""


def run_name(parts: Iterable[str], coordinates: Mapping[str, int] | None = None) -> str:
    """The name of a task in its run.

    Args:
        parts: What the orchestrator calls it, from the outside in: the workflow, the task, the run.
        coordinates: What tells its instances in this run apart: ``{"map_index": 3, "loop": 0}``.

    Returns:
        The parts and coordinates, joined by ``/``, which none of them has: in a part it is ``%2F``. Shortened, and
        still unique, where it is too long to be recorded.
    """
    escaped = (part.replace("%", "%25").replace("/", "%2F") for part in parts)
    found = [*escaped, *(f"{name}={value}" for name, value in (coordinates or {}).items())]
    name = "/".join(found)
    if len(name) <= LONGEST_KEY:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:_DIGEST]
    return f"{name[: LONGEST_KEY - _DIGEST - 1]}#{digest}"


def refuse_unknown_coordinates(task: str, unknown: Mapping[str, object]) -> None:
    """Refuse to name an instance by less than what its orchestrator tells it apart by.

    Args:
        task: The task, for the message.
        unknown: Coordinates that nobody here knows the meaning of, with their values.

    Raises:
        ConfigurationError: If there are any.
    """
    if unknown:
        raise ConfigurationError(
            f"The instance of task {task!r} has coordinates that are not known here: {listing(sorted(unknown))}. Its"
            " rows could be taken for those of another instance.",
            suggestion="Give a run_key that names the load, or a mode that needs none, such as 'overwrite'.",
            context={"coordinates": {name: str(value) for name, value in unknown.items()}},
        )
