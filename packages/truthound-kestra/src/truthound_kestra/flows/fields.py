"""Fields: of which type the value of each field of a config must be, one sentence for each field that is not.

Whoever reads a field afterwards may rely on its type: the parts of a flow look at a config only if all fields fit.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from os import PathLike, fspath
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from dq_core.adapters import flag, mapping, repr_of, strings
from truthound_kestra.flows.expressions import DEEPEST, unwritable

if TYPE_CHECKING:
    from enum import Enum

__all__ = [
    "Kind",
    "anything",
    "field_problems",
    "instance",
    "items",
    "keyed",
    "name_or_member",
    "optional",
    "path",
    "shown",
    "strings_of",
    "text",
    "type_problems",
    "unreadable",
    "yes_or_no",
]

Kind: TypeAlias = Callable[[str, Any], Iterator[str]]
"""Yields what is wrong with the type of a value, given how messages call it."""


def field_problems(label: str, config: object, kinds: Mapping[str, Kind]) -> list[str]:
    """What is wrong with the types of a config's fields: at most one sentence for each field.

    Args:
        label: How messages call the config.
        config: The config.
        kinds: Of which kind each field is.
    """
    found = []
    for name, kind in kinds.items():
        problem = next(iter(kind(f"{label}: {name}", getattr(config, name))), None)
        if problem is not None:
            found.append(problem)
    return found


def shown(value: Any) -> str:
    """A value in messages: short, and without secrets."""
    return repr_of(value, 80)


_FULL_NAME: Final = re.compile(r"[^\s.:]+(\.[^\s.:]+)+(:\S+)?")
# Long lists of them are common.
_READABLE: Final = (str, float, bool, type(None))


def unreadable(value: Any, place: str, depth: int = 0) -> Iterator[str]:
    """Yield where in a config something is whose own methods fail, so that nothing could look at it or tell of it.

    Args:
        value: A config, or nested mappings and lists.
        place: How messages call it.
        depth: How deep it is nested.
    """
    if type(value) in _READABLE or depth > DEEPEST:
        return
    try:
        parts = _parts(value, place)
        if parts is None:
            # What is written into a flow, told in a message, or looked for in one.
            _ = f"{value}", str(value), repr(value)
    except Exception as error:  # noqa: BLE001 - the code of others, which may raise anything
        yield f"{place}: a value of type {type(value).__name__} cannot be read: {type(error).__name__}."
        return
    for where, part in parts or ():
        yield from unreadable(part, where, depth + 1)


def _parts(value: Any, place: str) -> list[tuple[str, Any]] | None:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return [(f"{place}: {one.name}", getattr(value, one.name)) for one in dataclasses.fields(value)]
    if isinstance(value, Mapping):
        return [(place, part) for key, item in value.items() for part in (key, item)]
    if isinstance(value, list | tuple | set | frozenset):
        return [(place, part) for part in value]
    return None


def _too_deep(value: Any, left: int = DEEPEST) -> bool:
    if not isinstance(value, Mapping | list | tuple):
        return False
    return left == 0 or any(_too_deep(item, left - 1) for item in _items(value))


def _items(value: Any) -> Any:
    return value.values() if isinstance(value, Mapping) else value


def anything(label: str, value: Any) -> Iterator[str]:
    """Any value, which other validators look at, unless it contains itself."""
    if _too_deep(value):
        yield f"{label} is nested more than {DEEPEST} times."


def text(label: str, value: Any) -> Iterator[str]:
    """A string, which may be empty."""
    if isinstance(value, str):
        yield from unencodable(label, value)
    else:
        yield f"{label} must be a string, not {shown(value)}."


def path(label: str, value: Any) -> Iterator[str]:
    """A string, or an object for a path."""
    if not isinstance(value, str | PathLike):
        yield f"{label} must be a string or a path, not {shown(value)}."
    elif not isinstance(fspath(value), str):
        yield f"{label} must be a path of text, not {shown(value)}."
    else:
        yield from unencodable(label, fspath(value))


def unencodable(label: str, value: str) -> Iterator[str]:
    """A string that Kestra would not read as it is."""
    if (found := unwritable(value)) is not None:
        yield f"{label} contains {found}: {shown(value)}."


def yes_or_no(label: str, value: Any) -> Iterator[str]:
    """True or False."""
    yield from flag(label, value)


def optional(kind: Kind) -> Kind:
    """None, or another kind."""

    def check(label: str, value: Any) -> Iterator[str]:
        if value is not None:
            yield from kind(label, value)

    return check


def instance(*types: type, what: str) -> Kind:
    """An object of one of these types.

    Args:
        *types: The types.
        what: How messages call them: "a RetryConfig".
    """

    def check(label: str, value: Any) -> Iterator[str]:
        if not isinstance(value, types) or isinstance(value, bool):
            yield f"{label} must be {what}, not {shown(value)}."

    return check


def name_or_member(kind: type[Enum]) -> Kind:
    """A member of an enum, or a string; whether it is the name of one, others look at."""

    def check(label: str, value: Any) -> Iterator[str]:
        if not isinstance(value, str | kind):
            names = ", ".join(repr(one.value) for one in kind)
            yield f"{label} must be a {kind.__name__}, or one of {names}, not {shown(value)}."

    return check


def items(*types: type, what: str) -> Kind:
    """A list or tuple of objects of these types; a single one, a string or a mapping is one problem.

    Args:
        *types: The types of the items.
        what: How messages call several of them: "tasks".
    """

    def check(label: str, value: Any) -> Iterator[str]:
        if not isinstance(value, Sequence) or isinstance(value, str | bytes | bytearray):
            yield f"{label} must be a list of {what}, not {shown(value)}."
            return
        yield from anything(label, value)
        wrong = [item for item in value if not isinstance(item, types)]
        if wrong:
            yield f"{label} must be a list of {what}; it contains {', '.join(map(shown, wrong))}."

    return check


def strings_of(label: str, value: Any) -> Iterator[str]:
    """A list or tuple of non-empty strings."""
    if not isinstance(value, Sequence) or isinstance(value, str | bytes | bytearray):
        yield f"{label} must be a list of strings, not {shown(value)}."
        return
    yield from strings(label, value)
    for item in value:
        if isinstance(item, str):
            yield from unencodable(label, item)


def keyed(label: str, value: Any) -> Iterator[str]:
    """A mapping with strings as keys."""
    if not isinstance(value, Mapping):
        yield f"{label} must be a mapping, not {shown(value)}."
        return
    yield from mapping(label, value)
    yield from anything(label, value)


def type_problems(label: str, value: object, example: str) -> Iterator[str]:
    """Yield a sentence if a value is not the full name of a class of a plugin.

    Args:
        label: How messages call the part.
        value: Its type.
        example: Such a name.
    """
    if not isinstance(value, str) or not _FULL_NAME.fullmatch(value):
        yield f"{label}: type must be the full name of {example}, not {shown(value)}."
