"""What the types of a kind's fields say about its options: for kinds that check nothing themselves."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, get_origin

from .._shared.wording import repr_of
from ..report.declared import LISTS, alternatives, described, fits, resolved

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["mistyped"]


def mistyped(check: Any, skip: frozenset[str]) -> Iterator[str]:
    """What is wrong with options whose fields declare types; types that say nothing here allow anything.

    A list is fine where a tuple or a set is declared, as files of rules have no others; it becomes one.

    Args:
        check: A check, whose fields are its options.
        skip: Fields that are checked elsewhere.
    """
    for one in dataclasses.fields(check):
        if one.name in skip:
            continue
        declared = resolved(type(check), one.type)
        value = getattr(check, one.name)
        if not fits(value, declared):
            yield f"{check.kind}: {one.name} must be {described(declared)}, not {repr_of(value, 80)}."
        elif isinstance(value, list) and (made := _made(declared)) is not None:
            object.__setattr__(check, one.name, made(value))


def _made(declared: Any) -> Callable[[list[Any]], Any] | None:
    """What makes the declared collection of a list; None if it may stay one."""
    kinds = [get_origin(one) or one for one in alternatives(declared)]
    if any(kind in LISTS - {tuple, set, frozenset} for kind in kinds):
        return None
    return next((kind for kind in kinds if kind in (tuple, set, frozenset)), None)
