"""What is known about a column by the way it is built, and not by a share of its rows.

From rows alone nobody can tell a share of 0 from one of one row in a thousand. But a column of a thousand different
integers between 1 and 1200 is a key: numbers drawn at random from so few would repeat. Such things are tested here,
each at the probability of error that the caller allows.
"""

from __future__ import annotations

import itertools
import math
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = [
    "are_uuids", "ends_at_zero", "expected_repeats", "grows", "is_key", "is_measured", "names_rows", "span_of_texts",
]  # fmt: skip

_NAMES = re.compile(r"(^|_)(id|key|uuid|guid|pk)$|[a-z]I[dD]$", re.ASCII)
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)
_FEWEST_CHANGES = 10
_IN_ORDER = 0.95
_MOST_CODES = 20
_LEAST_OF_A_CODE = 5
_RARE = 0.05


def names_rows(name: str) -> bool:
    """Whether a column's name says that its values identify rows, here or elsewhere: ``user_id``, ``userId``."""
    return _NAMES.search(name if not name.isupper() else name.lower()) is not None


def expected_repeats(count: int, span: float) -> float:
    """How many pairs of equal values there would be if so many were drawn at random from so many possible ones.

    It is the least number: among values of unequal frequency there are more.
    """
    return count * (count - 1) / 2 / span


def is_key(repeats: float, error: float) -> bool:
    """Whether values that are all different are so by construction.

    Args:
        repeats: How many pairs of equal values would be expected if they were drawn at random.
        error: The probability that is allowed for no pair to occur by chance.
    """
    return math.exp(-repeats) <= error


def are_uuids(texts: Sequence[str]) -> bool:
    """Whether strings are UUIDs, which are made to be different."""
    return all(_UUID.fullmatch(text) for text in texts)


def span_of_texts(texts: Sequence[str]) -> float:
    """How many strings there could be of the kind of these; infinitely many if they do not say.

    Only numbers in strings of otherwise one shape say something: ``AB-0017`` is one of as many as the numbers between
    the least and the greatest.
    """
    rows = [re.split(r"(\d+)", text) for text in texts]
    columns = list(zip(*rows, strict=False))
    if len({len(row) for row in rows}) != 1 or any(len(set(column)) > 1 for column in columns[::2]):
        return math.inf
    numbers = [[int(number) for number in column] for column in columns[1::2]]
    return math.prod(float(max(column) - min(column) + 1) for column in numbers)


def grows(values: Sequence[Any]) -> bool:
    """Whether values in the order of their rows go up (or down) with them, as serial numbers and days do.

    Each value of the first half is compared with the one as far behind in the second half: a week that comes again and
    again goes up from day to day, but not from half to half.
    """
    half = len(values) // 2
    changes: list[tuple[Any, Any]] = [
        (old, new) for old, new in zip(values[:half], values[half:], strict=False) if old != new
    ]
    if len(changes) < _FEWEST_CHANGES:
        return False
    up = sum(bool(new > old) for old, new in changes)
    return max(up, len(changes) - up) >= _IN_ORDER * len(changes)


def is_measured(counts: Mapping[int, int]) -> bool:
    """Whether integers count or measure something, so that a value between two known ones is as good as they are.

    Codes (200, 301, 404) leave most numbers between them out, and nearly all rows have one that is met again and again.

    Args:
        counts: How many rows have each value.
    """
    if len(counts) <= 2:
        return False
    values = sorted(counts)
    step = math.gcd(*(new - old for old, new in itertools.pairwise(values)))
    dense = len(values) / ((values[-1] - values[0]) / step + 1) >= 0.5
    rare = sum(number for number in counts.values() if number < _LEAST_OF_A_CODE)
    return dense or len(values) > _MOST_CODES or rare > _RARE * sum(counts.values())


def ends_at_zero(examples: Sequence[float], rows: int, error: float) -> bool:
    """Whether numbers, none of which is below 0, cannot be below 0.

    The numbers from 0 to the median are counted in three parts of equal width. If the next part, below 0, went on in
    the same manner (the ratio of neighbouring parts changes by a constant factor, as in a normal distribution), so many
    rows would be expected there that to find none has at most the probability ``error``. Integers may as well end at
    the least of them, as those of a die do at 1; their parts hold whole numbers.

    Args:
        examples: Some of the numbers.
        rows: How many there are in all.
        error: The probability of error that is allowed.
    """
    ordered = sorted(examples)
    median, least = ordered[len(ordered) // 2], ordered[0]
    if median <= 0:
        return True
    parts = [(0.0, median / 3)]
    if all(float(value).is_integer() for value in examples):
        parts.append((least, max(1.0, (median - least + 1) // 3)))
    return any(_ends_before(examples, start, width, rows, error) for start, width in parts)


def _ends_before(examples: Sequence[float], start: float, width: float, rows: int, error: float) -> bool:
    """Whether so many numbers would be below ``start``, if they went on there, that to find none is no chance."""
    nearest, middle, farthest = (
        sum(start + width * part <= value < start + width * (part + 1) for value in examples) for part in range(3)
    )
    if not nearest or not middle or not farthest:
        return False
    beyond = nearest * (nearest / middle) ** 2 / (middle / farthest) * rows / len(examples)
    return bool(beyond >= -math.log(error))
