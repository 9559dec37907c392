"""Retry: how a task or flow is retried after a failure."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any

from dq_core.adapters import choice, iso_duration, number, whole
from truthound_kestra.flows.extra import extra_problems, merged
from truthound_kestra.flows.fields import field_problems, keyed
from truthound_kestra.flows.names import LONGEST, MOST_OF_JAVA, delay, member
from truthound_kestra.keywords import known_arguments

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["RetryConfig", "RetryPolicy", "retry_block", "retry_problems"]


class RetryPolicy(Enum):
    """How the delay between attempts grows."""

    NONE = "none"
    CONSTANT = "constant"
    EXPONENTIAL = "exponential"
    LINEAR = "linear"
    RANDOM = "random"


@known_arguments
@dataclass(frozen=True, kw_only=True)
class RetryConfig:
    """How a task or flow is retried after a failure.

    As measured on Kestra: 2.x waits ``initial · factor^(n-1)`` before the n-th retry. 1.x (up to 1.3) calls its policy
    exponential too, but waits ``initial · factor · (n-1)``: not at all before the first retry, then linearly more.
    LINEAR is the 1.x policy with a factor of 1; 2.x does not have it.

    Args:
        max_attempts: The number of attempts, including the first.
        initial_delay_seconds: The delay before the first retry, in seconds.
        policy: How the delay grows.
        max_delay_seconds: The longest delay; None for the delay of the last retry. RANDOM waits between the two.
        backoff_factor: The factor by which the delay grows; a whole number on 1.x.
        max_duration_seconds: No attempt starts later than this many seconds after the first; None for no limit.
        extra: Further properties of Kestra, merged last: ``{"behavior": "CREATE_NEW_EXECUTION"}``.
    """

    max_attempts: int = 3
    initial_delay_seconds: float = 30.0
    policy: RetryPolicy = RetryPolicy.EXPONENTIAL
    max_delay_seconds: float | None = None
    backoff_factor: float = 2.0
    max_duration_seconds: float | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def longest_delay_seconds(self) -> float:
        """``max_delay_seconds``, or the delay of the last retry; always greater than the initial delay."""
        if self.max_delay_seconds is not None:
            return self.max_delay_seconds
        try:
            growth = max(float(self.backoff_factor), 2.0) ** max(int(self.max_attempts) - 1, 1)
        except OverflowError:
            return LONGEST
        return min(float(self.initial_delay_seconds) * growth, LONGEST)


def retry_problems(label: str, retry: RetryConfig, major: int) -> Iterator[str]:
    """Yield the problems of a retry, for a major version of Kestra."""
    policy = member(RetryPolicy, retry.policy)
    wrong = field_problems(label, retry, {"extra": keyed})
    yield from wrong or extra_problems(label, retry.extra, ())
    if policy is None:
        yield from choice(f"{label}: policy", retry.policy, [one.value for one in RetryPolicy])
        return
    if policy is RetryPolicy.NONE:
        return
    numbers = list(whole(f"{label}: max_attempts", retry.max_attempts, least=1, most=MOST_OF_JAVA))
    numbers += delay(f"{label}: initial_delay_seconds", retry.initial_delay_seconds, optional=False)
    numbers += delay(f"{label}: max_delay_seconds", retry.max_delay_seconds)
    numbers += delay(f"{label}: max_duration_seconds", retry.max_duration_seconds)
    numbers += number(f"{label}: backoff_factor", retry.backoff_factor, above=0)
    yield from numbers
    if numbers:
        return
    longest = retry.longest_delay_seconds
    if policy is not RetryPolicy.CONSTANT and longest <= retry.initial_delay_seconds:
        first = float(retry.initial_delay_seconds)
        yield f"{label}: max_delay_seconds {float(longest):g} must be greater than initial_delay_seconds {first:g}."
    if retry.max_duration_seconds is not None and retry.max_duration_seconds <= retry.initial_delay_seconds:
        yield (
            f"{label}: max_duration_seconds {float(retry.max_duration_seconds):g} must be greater than "
            f"initial_delay_seconds {float(retry.initial_delay_seconds):g}."
        )
    if policy is RetryPolicy.LINEAR and major == 2:
        yield f"{label}: Kestra 2 does not support linear retries. Use RetryPolicy.CONSTANT, EXPONENTIAL or RANDOM."
    if policy is RetryPolicy.EXPONENTIAL and major == 1 and retry.backoff_factor != int(retry.backoff_factor):
        yield f"{label}: backoff_factor must be a whole number for Kestra 1, not {retry.backoff_factor!r}."


def retry_block(retry: RetryConfig) -> dict[str, Any] | None:
    """A retry as Kestra's own mapping; None for RetryPolicy.NONE."""
    policy = member(RetryPolicy, retry.policy)
    if policy is RetryPolicy.NONE:
        return None
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
    return merged(block, retry.extra)
