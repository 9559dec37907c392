"""Judge an operator's arguments while the DAG is parsed, and report everything that is wrong with them at once."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, Final

from airflow.sdk import BaseOperator

from moltres.errors import ConfigurationError, closest, listing
from moltres_airflow.dsn import Dsn

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

BASE_ARGUMENTS: Final = frozenset(inspect.signature(BaseOperator.__init__).parameters) - {"self", "kwargs"}
"""What every operator of Airflow takes."""

_HIDDEN: Final = frozenset({"_airflow_mapped_validation_only"})


def refuse(operator: type, task_id: str, problems: Iterable[str]) -> None:
    """Raise one error for all problems, if there are any.

    Raises:
        ConfigurationError: With a line for each problem.
    """
    found = list(problems)
    if found:
        lines = "".join(f"\n- {problem}" for problem in found)
        raise ConfigurationError(
            f"{operator.__name__} {task_id!r} cannot work with these arguments:{lines}", context={"problems": found}
        )


def unknown(operator: type, given: Iterable[str]) -> Iterator[str]:
    """Names of arguments that nobody takes."""
    own = {
        name
        for kind in operator.__mro__
        if issubclass(kind, BaseOperator) and "__init__" in vars(kind)
        for name in inspect.signature(kind).parameters
    } - {"problems", "kwargs"}
    for name in given:
        if name not in BASE_ARGUMENTS | _HIDDEN:
            match = closest(name, own)
            yield f"unknown argument {name!r}" + (f" (did you mean {match!r}?)" if match else "")


def addresses(given: Mapping[str, Any], default_args: Mapping[str, Any], *, needed: bool) -> Iterator[str]:
    """Only one argument says where a database is, and none of them puts a password where Airflow would store it."""
    named = [name for name, value in given.items() if value is not None]
    if len(named) > 1 or (needed and not named):
        yield f"give exactly one of {', '.join(given)}; given: {', '.join(named) or 'none'}"
    for name in named:
        if not name.endswith("dsn"):
            continue
        if _comes_later(given[name]):
            yield f"{name} cannot come from another task or a mapped group, where Airflow would store it: use conn_id"
            continue
        try:
            address = Dsn(given[name])
        except ConfigurationError as error:
            yield f"{name}: {error.message} {error.suggestion}"
            continue
        if address.is_secret and default_args.get(name) is given[name] and not isinstance(given[name], Dsn):
            yield f"{name} has a password and would be stored in clear with the DAG's default_args: wrap it in Dsn(...)"


def choice(name: str, value: object, allowed: Iterable[str]) -> Iterator[str]:
    """A value outside a fixed set of words."""
    words = list(allowed)
    if value not in words:
        match = closest(value, words) if isinstance(value, str) else None
        yield f"{name} is {value!r}; allowed: {listing(words)}" + (f" (did you mean {match!r}?)" if match else "")


def function(name: str, value: object, what: str) -> Iterator[str]:
    """Something that cannot be called."""
    if not callable(value):
        yield f"{name} must be {what}, got {type(value).__name__}"


def seconds(name: str, value: object) -> Iterator[str]:
    """A time limit which is no positive number."""
    if value is not None and (isinstance(value, bool) or not isinstance(value, int | float) or value <= 0):
        yield f"{name} must be a positive number of seconds, got {value!r}"


def whole_number(name: str, value: object) -> Iterator[str]:
    """A count which is none."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        yield f"{name} must be a whole number from 0, got {value!r}"


def text(name: str, value: object) -> Iterator[str]:
    """A name which is neither text nor something that Airflow will turn into text."""
    if not (isinstance(value, str) and value) and not _comes_later(value):
        yield f"{name} must be text, got {value!r}"


def mode(mode: object, if_exists: object, keys: object, partition_by: object, modes: Iterable[str]) -> Iterator[str]:
    """A mode that does not exist, contradicts its other name, or lacks the columns that it works by."""
    if mode is not None and if_exists is not None and mode != if_exists:
        yield f"mode is {mode!r} and if_exists, its other name, is {if_exists!r}: give one of them"
    for name, value in (("mode", mode), ("if_exists", if_exists)):
        if value is not None:
            yield from choice(name, value, modes)
    for name, columns, needing in (("keys", keys, "merge"), ("partition_by", partition_by, "overwrite_partitions")):
        if columns and needing not in (mode, if_exists):
            yield f"{name} is for mode='{needing}' and would do nothing here"
        elif not columns and needing in (mode, if_exists):
            yield f"mode={needing!r} needs {name}, the columns to go by"


def _comes_later(value: object) -> bool:
    """Whether Airflow puts something else in this place when the task runs (an XComArg, the argument of a group)."""
    return hasattr(value, "iter_references")
