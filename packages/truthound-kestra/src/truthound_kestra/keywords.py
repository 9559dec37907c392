"""Arguments of configs that do not exist, or that are missing, as one error of this package."""

from __future__ import annotations

import dataclasses
import inspect
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

from dq_core.adapters import listing, question
from truthound_kestra.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["known_arguments"]

_Kind = TypeVar("_Kind")


def known_arguments(kind: type[_Kind]) -> type[_Kind]:
    """Let a dataclass refuse arguments that it does not have, and tell those that it lacks, all at once.

    Args:
        kind: The dataclass.

    Returns:
        The same class, which raises ConfigurationError where Python would raise TypeError.
    """
    made: Any = kind.__init__
    signature = inspect.signature(made)

    @wraps(made)
    def checked(self: Any, *args: Any, **options: Any) -> None:
        try:
            signature.bind(self, *args, **options)
        except TypeError as error:
            problems = list(_problems(kind, args, options))
            raise ConfigurationError(problems or f"{kind.__name__}: {error}.") from None
        made(self, *args, **options)

    setattr(kind, "__init__", checked)  # noqa: B010 - mypy allows no assignment to a method
    return kind


def _problems(kind: Any, args: tuple[Any, ...], options: dict[str, Any]) -> Iterator[str]:
    fields = [field for field in dataclasses.fields(kind) if field.init]
    names = [field.name for field in fields]
    by_place = [field.name for field in fields if not field.kw_only]
    if len(args) > len(by_place):
        allowed = f"at most {len(by_place)} arguments" if by_place else "no arguments"
        yield f"{kind.__name__} takes {allowed} by position, not {len(args)}; give them by name: {listing(names)}."
    given = {*by_place[: len(args)], *options}
    for name in options:
        if name not in names:
            near = question(name, names)
            yield f"{kind.__name__} has no argument {name!r}.{near or f' Its arguments are {listing(names)}.'}"
    for field in fields:
        required = field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
        if required and field.name not in given:
            yield f"{kind.__name__} requires {field.name}."
