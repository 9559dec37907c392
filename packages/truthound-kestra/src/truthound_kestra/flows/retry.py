"""Retry: trying again after a failure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from dq_core.adapters import choice, iso_duration, number, whole
from truthound_kestra.flows.names import delay, member

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["RetryConfig", "RetryPolicy", "retry_block", "retry_problems"]


class RetryPolicy(Enum):
    """How the waiting time between attempts grows."""

    NONE = "none"
    CONSTANT = "constant"
    EXPONENTIAL = "exponential"
    LINEAR = "linear"
    RANDOM = "random"


@dataclass(frozen=True, kw_only=True)
class RetryConfig:
    """Trying again after a failure.

    What Kestra makes of it was measured: 2.x waits ``initial · factor^(n-1)`` before the n-th repetition. 1.x
    (up to 1.3) calls it exponential too, but waits ``initial · factor · (n-1)``: nothing before the first repetition,
    then growing evenly. LINEAR is that with a factor of 1, so 2.x has none.

    Args:
        max_attempts: All attempts together, the first included.
        initial_delay_seconds: The waiting time to begin with.
        policy: How it grows.
        max_delay_seconds: Its upper end; None for what the last attempt would wait. RANDOM waits between the two.
        backoff_factor: By how much it grows; 1.x takes whole numbers only.
        max_duration_seconds: No attempt starts later than this after the first; None for no limit.
    """

    max_attempts: int = 3
    initial_delay_seconds: float = 30.0
    policy: RetryPolicy = RetryPolicy.EXPONENTIAL
    max_delay_seconds: float | None = None
    backoff_factor: float = 2.0
    max_duration_seconds: float | None = None

    @property
    def longest_delay_seconds(self) -> float:
        """``max_delay_seconds``, or what the last repetition would wait: always above the initial delay."""
        if self.max_delay_seconds is not None:
            return self.max_delay_seconds
        growth = max(self.backoff_factor, 2.0) ** max(self.max_attempts - 1, 1)
        return float(self.initial_delay_seconds * growth)


def retry_problems(label: str, retry: RetryConfig, major: int) -> Iterator[str]:
    """What is wrong with a retry, for a major version of Kestra."""
    policy = member(RetryPolicy, retry.policy)
    if policy is None:
        yield from choice(f"{label}: policy", retry.policy, [one.value for one in RetryPolicy])
        return
    if policy is RetryPolicy.NONE:
        return
    yield from whole(f"{label}: max_attempts", retry.max_attempts, least=1)
    numbers = list(delay(f"{label}: initial_delay_seconds", retry.initial_delay_seconds))
    numbers += delay(f"{label}: max_delay_seconds", retry.max_delay_seconds)
    numbers += delay(f"{label}: max_duration_seconds", retry.max_duration_seconds)
    numbers += number(f"{label}: backoff_factor", retry.backoff_factor, above=0)
    yield from numbers
    if numbers:
        return
    longest = retry.max_delay_seconds
    if policy is not RetryPolicy.CONSTANT and longest is not None and longest <= retry.initial_delay_seconds:
        first = retry.initial_delay_seconds
        yield f"{label}: max_delay_seconds {longest:g} must be above initial_delay_seconds {first:g}."
    if retry.max_duration_seconds is not None and retry.max_duration_seconds <= retry.initial_delay_seconds:
        yield (
            f"{label}: max_duration_seconds {retry.max_duration_seconds:g} must be above "
            f"initial_delay_seconds {retry.initial_delay_seconds:g}."
        )
    if policy is RetryPolicy.LINEAR and major == 2:
        yield f"{label}: Kestra 2 has no linear retry: use RetryPolicy.CONSTANT, EXPONENTIAL or RANDOM."
    if policy is RetryPolicy.EXPONENTIAL and major == 1 and retry.backoff_factor != int(retry.backoff_factor):
        yield f"{label}: Kestra 1 takes only whole numbers for backoff_factor, not {retry.backoff_factor!r}."


def retry_block(retry: RetryConfig) -> dict[str, Any] | None:
    """A retry, or None if there is none."""
    policy = member(RetryPolicy, retry.policy)
    first, longest = iso_duration(retry.initial_delay_seconds), iso_duration(retry.longest_delay_seconds)
    block: dict[str, Any]
    match policy:
        case RetryPolicy.CONSTANT:
            block = {"type": "constant", "interval": first}
        case RetryPolicy.RANDOM:
            block = {"type": "random", "minInterval": first, "maxInterval": longest}
        case RetryPolicy.EXPONENTIAL | RetryPolicy.LINEAR:
            factor = 1.0 if policy is RetryPolicy.LINEAR else retry.backoff_factor
            block = {"type": "exponential", "interval": first, "maxInterval": longest, "delayFactor": factor}
        case _:
            return None
    block["maxAttempts"] = retry.max_attempts
    if retry.max_duration_seconds is not None:
        block["maxDuration"] = iso_duration(retry.max_duration_seconds)
    return block
