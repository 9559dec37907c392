"""How far numbers may be apart that count as equal."""

from __future__ import annotations

import decimal
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from .._shared.arguments import is_number
from .._shared.wording import question, repr_of

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Tolerance", "tolerance_problems"]

_KINDS = ("absolute", "relative")


@dataclass(frozen=True)
class Tolerance:
    """How far two numbers may be apart.

    Attributes:
        absolute: The most that their difference may be.
        relative: The most that it may be as a share of the greater of their magnitudes.
    """

    absolute: decimal.Decimal = decimal.Decimal(0)
    relative: decimal.Decimal = decimal.Decimal(0)

    @classmethod
    def of(cls, given: Any) -> Self | None:
        """The tolerance that an argument asks for, which `tolerance_problems` has nothing to say about."""
        if given is None:
            return None
        named = given if isinstance(given, Mapping) else {"absolute": given}
        return cls(**{name: decimal.Decimal(str(value)) for name, value in named.items()})

    def allows(self, left: Any, right: Any) -> bool:
        """Whether two values are numbers that are no further apart (PEP 485: the greater of both bounds)."""
        numbers = []
        for value in (left, right):
            if isinstance(value, bool) or not isinstance(value, int | float | decimal.Decimal):
                return False
            number = decimal.Decimal(value)
            if not number.is_finite():
                return False
            numbers.append(number)
        with decimal.localcontext(decimal.Context(prec=400, Emax=decimal.MAX_EMAX, Emin=decimal.MIN_EMIN)):
            greatest = max(abs(numbers[0]), abs(numbers[1]))
            return abs(numbers[0] - numbers[1]) <= max(self.absolute, self.relative * greatest)


def tolerance_problems(label: str, given: Any) -> Iterator[str]:
    """What is wrong with a tolerance: a number, or a mapping with absolute and relative."""
    if given is None:
        return
    named = given if isinstance(given, Mapping) else {"absolute": given}
    if not named:
        yield f"{label} must have absolute or relative, or both."
    for name, value in named.items():
        if name not in _KINDS:
            yield f"{label} has no key {repr_of(name)}.{question(name, _KINDS)} It has absolute and relative."
        elif not is_number(value) or not math.isfinite(value) or value < 0:
            which = f"{label}: {name}" if isinstance(given, Mapping) else label
            yield f"{which} must be a number from 0, not {repr_of(value, 80)}."
