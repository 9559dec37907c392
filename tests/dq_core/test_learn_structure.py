"""What a column is by the way it is built, and how its tails go on."""

from __future__ import annotations

import math
import random
from collections.abc import Callable

import pytest

from dq_core.learning.patterns import markers_of, number_or, usual_pattern
from dq_core.learning.structure import (
    are_uuids,
    ends_at_zero,
    expected_repeats,
    grows,
    is_key,
    is_measured,
    names_rows,
    span_of_texts,
)
from dq_core.learning.tails import looked_at, reach


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("id", True), ("ID", True), ("user_id", True), ("userId", True), ("order_key", True), ("uuid", True),
        ("paid", False), ("width", False), ("valid", False), ("keyword", False), ("amount", False),
        ("CUSTOMER_ID", True),
    ],
)  # fmt: skip
def test_names_that_say_what_they_hold(name: str, expected: bool) -> None:
    assert names_rows(name) is expected


def test_a_key_is_what_would_repeat_by_chance() -> None:
    assert is_key(expected_repeats(1000, 1200), 0.001)
    assert not is_key(expected_repeats(1000, 10**6), 0.001)
    assert is_key(math.inf, 0.001)
    assert span_of_texts(["AB-0017", "AB-0020", "AB-0003"]) == 18
    assert span_of_texts(["u1@x2", "u3@x4"]) == 9
    assert span_of_texts(["one", "two"]) == math.inf
    assert are_uuids(["0190c2a4-1111-7000-8000-00000000000a"])
    assert not are_uuids(["0190c2a4"])


def test_what_goes_on_growing() -> None:
    assert grows(range(50))
    assert grows([n // 3 for n in range(90)])
    assert grows(range(50, 0, -1))
    assert not grows([n % 7 for n in range(90)])
    assert not grows([0] * 99 + [1])
    assert not grows(random.Random(1).sample(range(100), 100))


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        (dict.fromkeys(range(1, 7), 50), True), ({0: 400, 1: 80, 2: 9, 3: 1}, True), ({0: 10, 1: 300}, False),
        ({200: 900, 301: 60, 404: 35, 500: 3}, False), ({10: 50, 20: 50, 30: 50}, True), ({2013: 800}, False),
        ({n * n: 9 + n for n in range(30)}, True), ({n**3: 1 for n in range(15)}, True),
    ],
)  # fmt: skip
def test_numbers_that_measure_and_numbers_that_name(counts: dict[int, int], expected: bool) -> None:
    assert is_measured(counts) is expected


@pytest.mark.parametrize(
    ("draw", "expected"),
    [
        (lambda chance: chance.lognormvariate(3, 1.2), True), (lambda chance: chance.expovariate(1), True),
        (lambda chance: chance.random(), True), (lambda chance: abs(chance.gauss(5, 1.4)), False),
        (lambda chance: chance.gauss(100, 5), False),
        (lambda chance: chance.randint(1, 6), True), (lambda chance: chance.choice([1, 1, 2, 3, 4, 5]), True),
        (lambda chance: max(1, round(chance.gauss(5, 1.2))), False),
    ],
)  # fmt: skip
def test_whether_zero_is_an_end_by_nature(draw: Callable[[random.Random], float], expected: bool) -> None:
    chance = random.Random(5)
    assert ends_at_zero([draw(chance) for _ in range(1000)], 1000, 0.001) is expected


@pytest.mark.parametrize("size", [60, 500])
@pytest.mark.parametrize(
    "draw",
    [
        pytest.param(lambda chance: chance.gauss(0, 1), id="normal"),
        pytest.param(lambda chance: chance.expovariate(1), id="exponential"),
        pytest.param(lambda chance: chance.lognormvariate(0, 1.2), id="lognormal"),
        pytest.param(lambda chance: chance.paretovariate(2), id="pareto"),
        pytest.param(lambda chance: chance.random(), id="uniform"),
        pytest.param(lambda chance: float(min(chance.getrandbits(30).bit_count(), 29)), id="binomial"),
    ],
)
def test_the_next_sample_reaches_beyond_the_bound_as_seldom_as_stated(
    draw: Callable[[random.Random], float], size: int
) -> None:
    chance, error, tries = random.Random(f"{size}"), 0.02, 200
    most = looked_at(size) + 1
    beyond = 0
    for _ in range(tries):
        bound = reach(sorted((draw(chance) for _ in range(size)), reverse=True)[:most], error)
        assert bound is not None
        beyond += max(draw(chance) for _ in range(size)) > bound
    # A binomial of 200 trials at 2 % goes beyond 11 in one run of 1000.
    assert beyond <= 11


def test_a_bound_is_not_arbitrarily_far() -> None:
    chance = random.Random(3)
    values = sorted((chance.gauss(0, 1) for _ in range(1000)), reverse=True)
    bound = reach(values[: looked_at(1000) + 1], 0.01)
    assert bound is not None
    assert 4 < bound < 12
    assert reach([3.0] * 20 + [2.0], 0.01) == 3
    assert reach([5.0, 4.0, 3.0], 0.01) is None


def test_markers_of_missing_numbers() -> None:
    assert markers_of(["1", "2.5", "-3", "1e5", "4", "?", "NA"]) == ("?", "NA")
    assert markers_of(["1", "2", "3", "4", "5", "6"]) == ()
    assert markers_of(["1", "2", "3", "4", "5", "abc"]) == ()
    assert markers_of(["?", "?", "?", "1", "2"]) == ()
    assert number_or(["?"]) == r"^([+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?|\?)$"


def test_a_pattern_of_nearly_all() -> None:
    assert usual_pattern([f"AB-{n:04}" for n in range(99)] + ["x"]) == r"^AB\-\d{4}$"
    assert usual_pattern([f"u{n}@x.org" for n in range(99)] + ["x"]) is not None
    assert usual_pattern([f"AB-{n:04}" for n in range(50)] + ["free text no. " + "x" * n for n in range(50)]) is None
