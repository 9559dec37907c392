"""Concurrency: how many executions may run at the same time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from dq_core.adapters import choice, whole

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["ConcurrencyConfig", "concurrency_block", "concurrency_problems"]

_BEHAVIORS: Final = ("QUEUE", "CANCEL", "FAIL")


@dataclass(frozen=True, kw_only=True)
class ConcurrencyConfig:
    """How many executions of the flow may run at the same time.

    Args:
        limit: The number of executions, at least 1.
        behavior: What happens to an execution above the limit: QUEUE (it waits), CANCEL or FAIL.
    """

    limit: int
    behavior: str = "QUEUE"


def concurrency_problems(limit: ConcurrencyConfig | int) -> Iterator[str]:
    """Yield the problems of a limit, one sentence each."""
    config = _config(limit)
    yield from whole("The limit of concurrency", config.limit, least=1)
    yield from choice("The behavior of concurrency", config.behavior, _BEHAVIORS)


def concurrency_block(limit: ConcurrencyConfig | int) -> dict[str, Any]:
    """A limit as Kestra's own mapping."""
    config = _config(limit)
    return {"limit": config.limit, "behavior": config.behavior}


def _config(limit: ConcurrencyConfig | int) -> ConcurrencyConfig:
    return limit if isinstance(limit, ConcurrencyConfig) else ConcurrencyConfig(limit=limit)
