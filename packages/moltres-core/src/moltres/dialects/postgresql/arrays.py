"""Arrays of several dimensions: PostgreSQL's are blocks, and an array without items has no dimensions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence


def no_block(values: Sequence[Any]) -> str | None:
    """Which list of lists is no block, whose lists of one level have one length; None if all are.

    PostgreSQL refuses most of them, and makes an empty array of ``[[]]``.

    Args:
        values: Values of a column of arrays.
    """
    for value in values:
        if isinstance(value, list | tuple) and any(isinstance(item, list | tuple) for item in value):
            sizes = _sizes(value)
            if sizes is None or 0 in sizes:
                return f"{value!r:.60} has lists of several lengths, or none, where an array is a block"
    return None


def _sizes(value: Any) -> list[int] | None:
    """The number of items at each level; None if that is not one number."""
    if not isinstance(value, list | tuple):
        return []
    below = [_sizes(item) for item in value]
    if any(one is None or one != below[0] for one in below):
        return None
    return [len(value), *(below[0] or [] if below else [])]


def leaves(value: Any) -> Any:
    """A list without its further dimensions: PostgreSQL declares a number of them, and does not heed it."""
    if not isinstance(value, list | tuple) or not any(isinstance(item, list | tuple) for item in value):
        return value
    found: list[Any] = []
    for item in value:
        found.extend(leaves(item) if isinstance(item, list | tuple) else [item])
    return found
