"""The history of rows in plain Python: what mode="scd2" must come to, load by load."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

Counts = tuple[int, int, int, bool]
"""Versions begun, versions ended, rows unchanged, and whether the load was skipped."""


@dataclass(frozen=True)
class Load:
    """One load.

    Attributes:
        values: The value of each key.
        day: When it is valid from.
        close_missing: Whether keys that are not there end.
        repeats: Whether it is a retry: it has the run_key of the load before.
    """

    values: dict[int, str | None]
    day: int
    close_missing: bool
    repeats: bool

    @property
    def rows(self) -> list[dict[str, Any]]:
        """What is written."""
        return [{"id": key, "v": value} for key, value in self.values.items()]

    def key(self, number: int) -> str:
        """The run_key of the load with a number."""
        return f"load {number - 1 if self.repeats and number else number}"


loads = st.lists(
    st.builds(
        Load,
        values=st.dictionaries(st.integers(1, 3), st.sampled_from(["a", "A", None]), min_size=1),
        day=st.integers(0, 6),
        close_missing=st.booleans(),
        repeats=st.booleans(),
    ),
    min_size=1,
    max_size=5,
).map(lambda found: sorted(found, key=lambda one: one.day // 2))
"""Loads that come in the order of their days, most of the time."""


@dataclass
class History:
    """The versions of each key, the oldest first: value, since, until."""

    versions: dict[int, list[list[Any]]] = field(default_factory=dict)
    done: set[int] = field(default_factory=set)
    number: int = -1

    def apply(self, load: Load) -> Counts | None:
        """What a load does; None if it is refused."""
        self.number += 1
        key = self.number - 1 if load.repeats and self.number else self.number
        if key in self.done:
            return 0, 0, 0, True
        current = {key: found[-1] for key, found in self.versions.items() if found[-1][2] is None}
        same = {key for key, value in load.values.items() if key in current and current[key][0] == value}
        missing = current.keys() - load.values.keys() if load.close_missing else set()
        ending = missing | (current.keys() & load.values.keys() - same)
        fresh = load.values.keys() - same
        ended = [found[-1][2] for one, found in self.versions.items() if one in fresh and found[-1][2] is not None]
        if any(current[one][1] >= load.day for one in ending) or any(until > load.day for until in ended):
            return None
        for one in ending:
            current[one][2] = load.day
        for one in fresh:
            self.versions.setdefault(one, []).append([load.values[one], load.day, None])
        self.done.add(key)
        return len(fresh), len(ending), len(same), False

    def rows(self) -> list[tuple[Any, ...]]:
        """Every version: key, value, since, until."""
        found = [
            (key, value, float(since), None if until is None else float(until))
            for key, every in self.versions.items()
            for value, since, until in every
        ]
        return sorted(found, key=repr)
