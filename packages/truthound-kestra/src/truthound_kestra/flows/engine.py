"""Engine: what the engine of a task cannot do, whatever its data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from dq_core.engines import refusals
from truthound_kestra.scripts.engines import ENGINES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from dq_core import Check

__all__ = ["engine_problems"]

# Options of the scripts that the engine gets, by what the task does.
_PASSED: Final = {
    "check": ("parallel", "max_workers"),
    "profile": ("include_histograms", "semantics"),
    "learn": ("semantics",),
}


def engine_problems(
    label: str, engine_name: str, verb: str, checks: Sequence[Check], options: Mapping[str, Any]
) -> Iterator[str]:
    """Yield what the engine of a task would refuse in every run, one sentence each.

    Args:
        label: How messages call the task.
        engine_name: The engine.
        verb: What the task does: check, profile or learn.
        checks: Its rules.
        options: Options of its script.
    """
    if engine_name not in ENGINES:
        return
    passed = {name: options[name] for name in _PASSED[verb] if name in options}
    for problem in refusals(engine_name, verb, checks, **passed):
        yield f"{label}: {problem}"
