"""The registry of the kinds of check."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from .base import Check

__all__ = ["KINDS", "register"]

#: Every kind of check by the names that rules use.
KINDS: dict[str, type[Check]] = {}

C = TypeVar("C", bound="type[Check]")


def register(kind: str, *aliases: str) -> Callable[[C], C]:
    """Class decorator: make a kind of check known by a name.

    Args:
        kind: The name that rules and reports use.
        aliases: Further names that rules may use.
    """

    def add(cls: C) -> C:
        cls.kind = kind
        for name in (kind, *aliases):
            KINDS[name] = cls
        return cls

    return add
