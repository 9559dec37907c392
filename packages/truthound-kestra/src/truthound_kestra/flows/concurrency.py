"""Concurrency: how many executions may run at the same time."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from dq_core.adapters import choice, whole
from truthound_kestra.flows.extra import extra_problems, merged
from truthound_kestra.flows.fields import field_problems, keyed
from truthound_kestra.flows.names import MOST_OF_JAVA
from truthound_kestra.keywords import known_arguments

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["ConcurrencyConfig", "concurrency_block", "concurrency_problems"]

_BEHAVIORS: Final = ("QUEUE", "CANCEL", "FAIL")


@known_arguments
@dataclass(frozen=True, kw_only=True)
class ConcurrencyConfig:
    """How many executions of the flow may run at the same time.

    Args:
        limit: The number of executions, at least 1.
        behavior: What happens to an execution above the limit: QUEUE (it waits), CANCEL or FAIL.
        extra: Further properties of Kestra, merged last.
    """

    limit: int
    behavior: str = "QUEUE"
    extra: Mapping[str, Any] = field(default_factory=dict)


def concurrency_problems(limit: ConcurrencyConfig | int) -> Iterator[str]:
    """Yield the problems of a limit, one sentence each."""
    config = _config(limit)
    wrong = field_problems("The concurrency", config, {"extra": keyed})
    yield from wrong or extra_problems("The concurrency", config.extra, ())
    yield from whole("The limit of concurrency", config.limit, least=1, most=MOST_OF_JAVA)
    yield from choice("The behavior of concurrency", config.behavior, _BEHAVIORS)


def concurrency_block(limit: ConcurrencyConfig | int) -> dict[str, Any]:
    """A limit as Kestra's own mapping."""
    config = _config(limit)
    return merged({"limit": config.limit, "behavior": config.behavior}, config.extra)


def _config(limit: ConcurrencyConfig | int) -> ConcurrencyConfig:
    return limit if isinstance(limit, ConcurrencyConfig) else ConcurrencyConfig(limit=limit)
