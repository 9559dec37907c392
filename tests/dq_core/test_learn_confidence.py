"""Confidence is what it claims to be: tried on data whose true shares are known."""

from __future__ import annotations

import fractions
import math
import random
from collections.abc import Callable

import pytest

from dq_core import learn
from dq_core.learning.confidence import ALPHA, lower_limit, unique_limit


@pytest.mark.parametrize("rows", [1, 2, 5, 14, 100])
@pytest.mark.parametrize("exceptions", [0, 1, 2, 5])
def test_the_limit_solves_its_equation(rows: int, exceptions: int) -> None:
    if exceptions >= rows:
        assert lower_limit(rows, exceptions) == 0
        return
    share = fractions.Fraction(lower_limit(rows, exceptions))
    # At the limit, so few exceptions have the probability alpha; summed exactly.
    tail = sum(
        math.comb(rows, count) * (1 - share) ** count * share ** (rows - count) for count in range(exceptions + 1)
    )
    assert float(tail) == pytest.approx(ALPHA, rel=1e-9)


def test_known_values_and_large_numbers() -> None:
    assert lower_limit(0, 0) == 0
    assert lower_limit(14, 0) == pytest.approx(0.05 ** (1 / 14))
    # Beta quantiles, computed with another library.
    assert lower_limit(1000, 3) == pytest.approx(0.9922647552815206)
    assert lower_limit(1_000_000, 400_000) == pytest.approx(0.5991934764419788)
    # Among many rows the exceptions are as good as Poisson's, whose upper limit for 10 is 16.962.
    assert lower_limit(10_000_000, 10) == pytest.approx(1 - 16.962e-7, abs=1e-10)
    assert lower_limit(50, 1) < lower_limit(100, 2) < lower_limit(1000, 20) < 0.98


# A column, and the true share of further rows that obey the rule learned from it.
Drawn = tuple[list[object], Callable[[dict[str, object]], float]]


def uniform(chance: random.Random, size: int) -> Drawn:
    values = [chance.random() for _ in range(size)]
    return values, lambda rule: float(rule["max"]) - float(rule["min"])  # type: ignore[arg-type]


def normal(chance: random.Random, size: int) -> Drawn:
    values = [chance.gauss(50, 9) for _ in range(size)]

    def below(bound: object) -> float:
        return 0.5 * math.erfc((50 - float(bound)) / 9 / math.sqrt(2))  # type: ignore[arg-type]

    return values, lambda rule: below(rule["max"]) - below(rule["min"])


def dice(chance: random.Random, size: int) -> Drawn:
    values = [math.floor(-math.log(1 - chance.random()) * 3) + 100 for _ in range(size)]

    def share(rule: dict[str, object]) -> float:
        low, high = int(rule["min"]) - 100, int(rule["max"]) - 99  # type: ignore[call-overload]
        return math.exp(-low / 3) - math.exp(-high / 3)

    return values, share


def categories(chance: random.Random, size: int) -> Drawn:
    weights = {f"c{place}": 0.5**place for place in range(1, 12)}
    values = chance.choices(list(weights), list(weights.values()), k=size)
    total = sum(weights.values())
    return list(values), lambda rule: sum(weights[str(value)] for value in rule["values"]) / total  # type: ignore[attr-defined]


def rare_nulls(chance: random.Random, size: int) -> Drawn:
    """The rate at which nothing is more than the limit if no NULL is met: the worst one."""
    rate = 1.001 * (1 - ALPHA ** (1 / size))
    return [None if chance.random() < rate else 1 for _ in range(size)], lambda rule: 1 - rate


def numbers_of(most: float) -> Callable[[random.Random, int], Drawn]:
    """Numbers out of so many by the square of the rows: about exp(-1 / (2 * most)) of the columns have none twice."""

    def tickets(chance: random.Random, size: int) -> Drawn:
        count = int(size**2 * most)
        return [chance.randrange(count) for _ in range(size)], lambda rule: 1 - size / count

    return tickets


def lengths(chance: random.Random, size: int) -> Drawn:
    def length() -> int:
        found = 3
        while chance.random() < 0.6:
            found += 1
        return found

    values = ["x" * length() for _ in range(size)]
    return list(values), lambda rule: 0.6 ** (int(rule["min"]) - 3) - 0.6 ** (int(rule["max"]) - 2)  # type: ignore[call-overload]


@pytest.mark.parametrize(
    ("kind", "draw"),
    [
        ("in_range", uniform), ("in_range", normal), ("in_range", dice), ("in_set", categories),
        ("not_null", rare_nulls), ("unique", numbers_of(1 / 6.1)), ("unique", numbers_of(1 / 3.1)),
        ("unique", numbers_of(1)), ("length", lengths),
    ],
)  # fmt: skip
@pytest.mark.parametrize("size", [30, 150])
def test_the_true_share_is_below_the_confidence_in_no_more_than_5_percent_of_the_cases(
    kind: str, draw: Callable[[random.Random, int], Drawn], size: int
) -> None:
    chance = random.Random(f"{kind} {draw.__name__} {size}")
    trials = {f"x{trial}": draw(chance, size) for trial in range(200)}
    rows = [{name: values[place] for name, (values, _) in trials.items()} for place in range(size)]
    learned = learn(rows, kinds=[kind], min_confidence=0)
    wrong = [rule for rule in learned if trials[str(rule.column)][1](rule.check.to_dict()) < rule.confidence]
    # A binomial of 200 trials at 5 % goes beyond 20 in one run of 1000; a rule that is not learned claims nothing.
    assert len(wrong) <= 20, f"{len(wrong)} of {len(learned)}"
    assert len(learned) == 200 if kind not in ("not_null", "unique") else learned
    assert min(rule.confidence for rule in learned) > (0.5 if size == 30 else 0.88)


def test_half_the_rows_speak_for_uniqueness() -> None:
    assert unique_limit(100) == lower_limit(50, 0)
