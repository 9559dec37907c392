"""Templates: what Airflow renders before a task runs, and what nobody has rendered."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from moltres.errors import ConfigurationError, listing

if TYPE_CHECKING:
    from collections.abc import Iterator

_MARK: Final = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)


def comes_later(value: object) -> bool:
    """Whether the value is known only when the task runs: a template, an XComArg, the argument of a mapped group."""
    return hasattr(value, "iter_references") or any(True for _ in templates_in(value))


def comes_from_a_task(value: object) -> bool:
    """Whether Airflow puts something else in this place when the task runs (an XComArg, the argument of a group)."""
    return hasattr(value, "iter_references")


def templates_in(value: object) -> Iterator[str]:
    """Every template in a value, at any depth."""
    if isinstance(value, str):
        if _MARK.search(value):
            yield value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from templates_in(key)
            yield from templates_in(item)
    elif isinstance(value, list | tuple | set | frozenset):
        for item in value:
            yield from templates_in(item)


def templates_of(operator: Any) -> frozenset[str]:
    """The templates in the template fields of an operator."""
    return frozenset(text for name in operator.template_fields for text in templates_in(getattr(operator, name)))


def refuse_unrendered(operator: Any, given: frozenset[str]) -> None:
    """Make sure that the templates which an operator was given have been rendered.

    A string that looks like a template and was not given is a value, which came from somewhere else.

    Args:
        operator: The operator that is about to run.
        given: Its templates when it was made.

    Raises:
        ConfigurationError: If some are still there.
    """
    left = sorted(given & templates_of(operator))
    if left:
        raise ConfigurationError(
            f"Templates of task {operator.task_id!r} were not rendered: {listing(left)}.",
            suggestion="Airflow renders them before it calls execute(): run the DAG, or call"
            " render_template_fields(context) first. What comes from a mapped argument is not rendered.",
        )
