"""How many connections an engine gives."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from sqlalchemy.pool import AssertionPool, QueuePool, SingletonThreadPool, StaticPool

if TYPE_CHECKING:
    from sqlalchemy import Engine

__all__ = ["capacity"]


def capacity(engine: Engine) -> float:
    """How many connections of an engine one thread can have at once."""
    pool = engine.pool
    if isinstance(pool, StaticPool | SingletonThreadPool | AssertionPool):
        return 1
    if isinstance(pool, QueuePool):
        most = getattr(pool, "_max_overflow", -1)  # the pool tells its size, but not this part of it
        return inf if most < 0 or pool.size() == 0 else pool.size() + most
    return inf
