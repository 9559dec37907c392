"""How many cases of each test of a suite run, where each takes long."""

from __future__ import annotations

import os
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Sequence


_MOST = 24
"""Cases of a test of a suite, which runs on many databases; some tests have twice and three times as many."""


def leave_out(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect the cases that a suite leaves out; for `pytest_collection_modifyitems`.

    A suite says by ``most_cases`` how many cases of each of its tests run, spread over all of them. By ``takes_turns``
    each test begins with another case than the one before it, so that all of them run though one of each test does.
    ``EVERY_CASE=1`` runs every case of every suite, ``MOST_CASES=4`` at most four of each test: for a run that looks
    whether another version, or a dialect like another one, passes too.
    """
    left = [] if os.environ.get("EVERY_CASE") else _left_out(items)
    if left:
        config.hook.pytest_deselected(items=left)
        items[:] = [item for item in items if item not in set(left)]


def _most(cls: Any) -> int | None:
    """How many cases of each test of a suite run; None for what is no suite."""
    if not hasattr(cls, "most_cases"):
        return None
    limits = [cls.most_cases, os.environ.get("MOST_CASES")]
    return min([_MOST, *(int(limit) for limit in limits if limit is not None)])


def _left_out(items: Sequence[pytest.Item]) -> list[pytest.Item]:
    cases: dict[Any, dict[str, list[pytest.Item]]] = defaultdict(lambda: defaultdict(list))
    for item in items:
        cls = getattr(item, "cls", None)
        if _most(cls) is not None and isinstance(item, pytest.Function):
            cases[cls][item.originalname].append(item)
    left: list[pytest.Item] = []
    for cls, tests in cases.items():
        for number, found in enumerate(tests.values()):
            most = min(_most(cls) or 1, len(found))
            first = number if getattr(cls, "takes_turns", False) else 0
            kept = {(place * len(found) // most + first) % len(found) for place in range(most)}
            left += [item for place, item in enumerate(found) if place not in kept]
    return left
