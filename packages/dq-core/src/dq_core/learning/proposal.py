"""A rule that could be learned, before it is known with how much error."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..profiling.prediction import most_failures, passing_share

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Proposal", "share_rule"]

#: A rule that would let so many more rows fail than fail now says too little.
_LOOSEST = 0.25


@dataclass(frozen=True)
class Proposal:
    """A rule to be made.

    Attributes:
        column: The column that it is about.
        make: The rule for a probability of error: how often a fresh sample may fail it; None if there is no such rule.
        rows: The rows that it stems from.
        exceptions: Those of them that it does not hold for.
        strict: The rule that allows no exception, if there is none among the rows.
    """

    column: str
    make: Callable[[float], dict[str, Any] | None]
    rows: int
    exceptions: int = 0
    strict: dict[str, Any] | None = None


def share_rule(
    rule: dict[str, Any],
    failed: int,
    rows: int,
    further: int,
    *,
    at_a_time: int = 1,
    tight: bool = False,
    limit: Callable[[float], int] | None = None,
) -> Callable[[float], dict[str, Any] | None]:
    """A rule about rows with the share of them that must pass.

    Args:
        rule: The rule without a threshold.
        failed: How often it is broken now.
        rows: Out of so many rows.
        further: The rows of the next sample.
        at_a_time: How many rows fail whenever it is broken.
        tight: Whether it says something only if it lets few rows fail at all.
        limit: How often the next sample may break it, for a probability of error; that of rows that fail one by one
            if not given.

    Returns:
        Makes the rule for a probability of error; None if it would let too many rows fail.
    """

    def make(error: float) -> dict[str, Any] | None:
        most = most_failures(failed, rows, further, error) if limit is None else limit(error)
        allowed = most * at_a_time
        loose = allowed / further - (0 if tight else failed * at_a_time / rows)
        if allowed >= further or loose > _LOOSEST:
            return None
        # The rows at hand pass as well, whatever the error.
        threshold = min(passing_share(allowed, further), passing_share(failed * at_a_time, rows))
        return {**rule, "threshold": threshold}

    return make
