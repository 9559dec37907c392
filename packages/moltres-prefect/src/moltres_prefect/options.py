"""The options of a Prefect task, which may stand in a call, and the names that nobody knows."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, Final

from prefect import Task

from moltres.errors import ConfigurationError, closest, listing
from moltres.task.options import flag, string

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

TASK_OPTIONS: Final = frozenset(inspect.signature(Task.with_options).parameters) - {"self"}
"""Every option of a Prefect task."""

ALIASES: Final = {"timeout": "timeout_seconds"}

OPTION_NAMES: Final = TASK_OPTIONS | ALIASES.keys()


def renamed(task: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """The options by Prefect's own names.

    Raises:
        ConfigurationError: If one is given under both of its names.
    """
    doubled = [alias for alias, name in ALIASES.items() if alias in options and name in options]
    if doubled:
        raise ConfigurationError(f"{task} got {doubled[0]!r} and {ALIASES[doubled[0]]!r}, which are the same option.")
    return {ALIASES.get(name, name): value for name, value in options.items()}


def flag_problems(given: Mapping[str, object]) -> Iterator[str]:
    """A sentence for each argument, by name, that is neither true nor false."""
    for name, value in given.items():
        yield from flag(name, value)


def key_problems(artifact_key: object) -> Iterator[str]:
    """Why this cannot be the key of an artifact; None is not given."""
    if artifact_key is not None:
        yield from string("artifact_key", artifact_key)


def refuse_unknown(task: str, given: Iterable[str], known: Iterable[str]) -> None:
    """Refuse names that do not exist, with the closest that do.

    Raises:
        ConfigurationError: If there are any.
    """
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
