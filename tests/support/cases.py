"""How many cases of each test run, where each takes long."""

from __future__ import annotations

import os
from collections import defaultdict
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


_MOST = 6
"""Cases of a test of a suite on each database. Databases begin with different ones: on three of them all of 18 run."""
_FEW = 6
"""Cases of another test at least, if it has so many."""


def leave_out(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect the cases that are left out; for `pytest_collection_modifyitems`.

    A suite says by ``most_cases`` how many cases of each of its tests run, spread over all of them. By ``takes_turns``
    each test begins with another case than the one before it, so that all of them run though one of each test does.
    Two places with one engine say by ``quarters``, as ``{0}`` and ``{1, 2, 3}``, which of each four tests they run.

    A test that is no part of a suite runs with each value of each of its parameters, and not with each combination of
    them; by the marker ``most_cases(n)`` it says how many of its cases run. It is the same sample each time.

    ``EVERY_CASE=1`` runs every case of every test, ``MOST_CASES=4`` at most four of each test of a suite and
    ``FEW_CASES=4`` of each other test: for a run that looks whether another version, or a dialect like another one,
    passes too.
    """
    left = [] if os.environ.get("EVERY_CASE") else [*_of_suites(items), *_of_tests(items)]
    if left:
        config.hook.pytest_deselected(items=left)
        items[:] = [item for item in items if item not in set(left)]


def _most(cls: Any) -> int | None:
    """How many cases of each test of a suite run; None for what is no suite."""
    if not hasattr(cls, "most_cases"):
        return None
    limits = [cls.most_cases, os.environ.get("MOST_CASES")]
    return min([_MOST, *(int(limit) for limit in limits if limit is not None)])


def _of_suites(items: Sequence[pytest.Item]) -> Iterable[pytest.Item]:
    cases: dict[Any, dict[str, list[pytest.Item]]] = defaultdict(lambda: defaultdict(list))
    for item in items:
        cls = getattr(item, "cls", None)
        if _most(cls) is not None and isinstance(item, pytest.Function):
            cases[cls][item.originalname].append(item)
    for place, (cls, tests) in enumerate(cases.items()):
        for number, (name, found) in enumerate(tests.items()):
            if _is_for_another_place(cls, name):
                yield from found
            elif getattr(cls, "takes_turns", False):
                yield from _beyond(found, _most(cls) or 1, number)
            else:
                yield from _beyond(found, _most(cls) or 1, place if cls.most_cases is None else 0)


def _of_tests(items: Sequence[pytest.Item]) -> Iterable[pytest.Item]:
    cases: dict[Any, list[pytest.Function]] = defaultdict(list)
    for item in items:
        if isinstance(item, pytest.Function) and hasattr(item, "callspec") and _most(item.cls) is None:
            cases[item.parent, item.originalname].append(item)
    for found in cases.values():
        kept = _sample(found)
        yield from (item for item in found if item not in kept)


def _sample(found: Sequence[pytest.Function]) -> set[pytest.Function]:
    """Some cases of a list, among them one of each value of each parameter."""
    # At equal distances a product of two lists would always meet the same ones of the second.
    drawn = Random(len(found)).sample(found, len(found))
    seen: set[tuple[str, Any]] = set()
    first = []
    for item in drawn:
        values = set(_values(item))
        if not values <= seen:
            first.append(item)
            seen |= values
    marker = found[0].get_closest_marker("most_cases")
    most = max(len(first), _FEW) if marker is None else marker.args[0]
    most = min(most, int(os.environ.get("FEW_CASES", most)))
    return set(list(dict.fromkeys([*first, *drawn]))[:most])


def _values(item: pytest.Function) -> Iterable[tuple[str, Any]]:
    for name, value in item.callspec.params.items():
        yield name, value if isinstance(value, str) else item.callspec.indices[name]


def _beyond(found: Sequence[pytest.Item], most: int, first: int) -> Iterable[pytest.Item]:
    """The cases of a test beyond so many, which are spread over all and begin with the first, second, …"""
    kept = {(place * len(found) // most + first) % len(found) for place in range(min(most, len(found)))}
    return [item for place, item in enumerate(found) if place not in kept]


def _is_for_another_place(cls: Any, name: str) -> bool:
    """Whether another place with this engine runs a test; the only one of a suite runs on each."""
    quarters = getattr(cls, "quarters", range(4))
    owner = next(base for base in cls.__mro__ if name in vars(base))
    tests = [one for one in vars(owner) if one.startswith("test_")]
    return len(tests) > 1 and tests.index(name) % 4 not in quarters
