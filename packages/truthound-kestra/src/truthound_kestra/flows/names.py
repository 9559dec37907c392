"""Names: which characters ids and names may contain, and what else several parts of a flow ask of a value."""

from __future__ import annotations

import re
from enum import Enum
from typing import TYPE_CHECKING, Any, Final, TypeVar

from dq_core.adapters import repr_of, seconds

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = [
    "LONGEST",
    "MOST_OF_JAVA",
    "delay",
    "duplicates",
    "kestra_major",
    "member",
    "pattern_problems",
]

E = TypeVar("E", bound=Enum)

_SHORTEST: Final = 0.001
#: The longest duration that Kestra is given, in seconds.
LONGEST: Final = 1e9
#: The greatest whole number of 32 bits, which most properties of Kestra have.
MOST_OF_JAVA: Final = 2**31 - 1
_PATTERNS: Final[dict[str, tuple[str, int, str]]] = {
    "flow id": (r"[a-zA-Z0-9][a-zA-Z0-9._-]*", 100, "letters, digits, dots, dashes, underscores"),
    "namespace": (r"[a-z0-9][a-z0-9._-]*", 150, "lower-case letters, digits, dots, dashes, underscores"),
    "task id": (r"[a-zA-Z0-9][a-zA-Z0-9_-]*", 256, "letters, digits, dashes, underscores"),
    "trigger id": (r"[a-zA-Z0-9][a-zA-Z0-9_-]*", 256, "letters, digits, dashes, underscores"),
    "input name": (r"[a-zA-Z0-9][.a-zA-Z0-9_-]*", 256, "letters, digits, dots, dashes, underscores"),
    "output name": (r"[a-zA-Z0-9][.a-zA-Z0-9_-]*", 256, "letters, digits, dots, dashes, underscores"),
    "label": (
        r"[a-z][a-z0-9._-]*",
        256,
        "a lower-case letter, then lower-case letters, digits, dots, dashes, underscores",
    ),
    "environment variable": (r"[A-Za-z_][A-Za-z0-9_]*", 256, "letters, digits, underscores"),
}


def pattern_problems(kind: str, name: object) -> Iterator[str]:
    """Yield the problems of a name of this kind."""
    pattern, longest, words = _PATTERNS[kind]
    if not isinstance(name, str) or not name:
        yield f"The {kind} must be a string, not {repr_of(name, 80)}."
    elif not re.fullmatch(pattern, name):
        yield f"The {kind} {name!r:.80} must contain only {words}" + (
            "." if kind == "label" else ", and begin with a letter or digit."
        )
    elif len(name) > longest:
        yield f"The {kind} {name[:20]!r}… has {len(name)} characters; at most {longest} are allowed."


def duplicates(kind: str, names: Iterable[str]) -> Iterator[str]:
    """Yield a sentence for each name that occurs more than once."""
    seen: set[str] = set()
    told: set[str] = set()
    for name in names:
        if name in seen and name not in told:
            told.add(name)
            yield f"Duplicate {kind}: {name!r}."
        seen.add(name)


def member(kind: type[E], value: object) -> E | None:
    """The member of an enum, given as the member or its value; None for anything else."""
    if isinstance(value, kind):
        return value
    return next((one for one in kind if one.value == value), None) if isinstance(value, str) else None


def delay(label: str, value: Any, *, optional: bool = True) -> Iterator[str]:
    """Yield the problems of a duration in seconds. Kestra counts milliseconds.

    Args:
        label: How messages call it.
        value: The duration.
        optional: Whether it may be None.
    """
    if value is None and optional:
        return
    problems = list(seconds(label, value))
    yield from problems
    if not problems and not _SHORTEST <= value <= LONGEST:
        yield f"{label} must be from {_SHORTEST} to {LONGEST:g} seconds, not {value!r}."


def kestra_major(version: object) -> int | None:
    """1 or 2 for a version such as ``1.3``, ``2.0.0`` or ``1.x``; None for any other."""
    match = re.fullmatch(r"v?([12])(?:\.(?:\d+|x))*", version if isinstance(version, str) else repr_of(version))
    return int(match.group(1)) if match else None
