"""What is to be learned."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .._shared.arguments import flag, fraction, is_number, seconds, strings, whole
from .._shared.wording import question, repr_of
from ..run.reader import refuse

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

__all__ = ["KINDS", "LearnOptions"]

#: The kinds of rules that can be learned.
KINDS = (
    "not_null", "completeness", "unique", "type", "in_range", "freshness", "in_set", "regex", "length", "foreign_key",
)  # fmt: skip
_COUNTS = ("categorical_threshold", "sample_size", "seed")
_OPTIONAL = {
    "include_patterns": ("regex", "length"),
    "include_ranges": ("in_range", "freshness"),
    "include_categories": ("in_set",),
}


@dataclass(frozen=True, kw_only=True)
class LearnOptions:
    """What is to be learned; see `dq_core.learn`.

    Raises:
        RuleError: Something is wrong; lists all of it.
    """

    columns: Collection[str] | None = None
    false_alarm_rate: float = 0.05
    min_confidence: float = 0.8
    kinds: Collection[str] | None = None
    include_patterns: bool = True
    include_ranges: bool = True
    include_categories: bool = True
    categorical_threshold: int = 50
    references: Collection[str] = ()
    sample_size: int = 0
    seed: int = 0
    timeout_seconds: float | None = None

    def __post_init__(self) -> None:
        refuse([*self._wrong_numbers(), *self._wrong_choices()])
        for name in _COUNTS:
            object.__setattr__(self, name, int(getattr(self, name)))
        for name in ("false_alarm_rate", "min_confidence"):
            object.__setattr__(self, name, float(getattr(self, name)))

    @property
    def wanted(self) -> frozenset[str]:
        """The kinds of rules that are wanted."""
        left_out = {kind for name, those in _OPTIONAL.items() if not getattr(self, name) for kind in those}
        return frozenset(KINDS if self.kinds is None else self.kinds) - left_out

    def error(self, rules: int) -> float:
        """The probability with which each of so many rules may fail a fresh sample.

        Each gets an equal part of the whole (Bonferroni), which needs no independence, and none more than
        `min_confidence` leaves.
        """
        return min(self.false_alarm_rate / max(rules, 1), 1 - self.min_confidence)

    def _wrong_numbers(self) -> Iterator[str]:
        rate = self.false_alarm_rate
        if not is_number(rate) or not 0 < rate < 1:
            yield f"false_alarm_rate must be between 0 and 1, not {repr_of(rate)}."
        yield from fraction("min_confidence", self.min_confidence)
        for name in _COUNTS:
            yield from whole(name, getattr(self, name))
        if self.timeout_seconds is not None:
            yield from seconds("timeout_seconds", self.timeout_seconds)

    def _wrong_choices(self) -> Iterator[str]:
        for name in _OPTIONAL:
            yield from flag(name, getattr(self, name))
        for name, values in (("kinds", () if self.kinds is None else self.kinds), ("references", self.references)):
            if not isinstance(values, list | tuple | set | frozenset):
                yield f"{name} must be a list, not {repr_of(values)}."
        if isinstance(self.references, list | tuple | set | frozenset):
            yield from strings("references", self.references)
        for kind in self.kinds if isinstance(self.kinds, list | tuple | set | frozenset) else ():
            if kind not in KINDS:
                hint = question(kind, KINDS) or f" The kinds are: {', '.join(KINDS)}."
                yield f"kinds: {repr_of(kind)} cannot be learned.{hint}"
