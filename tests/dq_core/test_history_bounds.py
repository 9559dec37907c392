"""The stated rate of false alarms holds, by simulation and against printed tables."""

from __future__ import annotations

import math
import random
import statistics
from collections.abc import Callable

import pytest

from dq_core import RuleError
from dq_core.history import bounds_of

TRIALS = 6_000


def false_alarms(draw: Callable[[random.Random], float], count: int, rate: float, method: str) -> float:
    """The share of healthy values that raise an alarm after a history of the same process."""
    generator = random.Random(20261120)
    alarms = 0
    for _ in range(TRIALS):
        bounds = bounds_of([draw(generator) for _ in range(count)], false_alarm_rate=rate, method=method)
        assert bounds is not None
        assert bounds.method == method
        alarms += draw(generator) not in bounds
    return alarms / TRIALS


def spread(rate: float) -> float:
    """Four standard deviations of a simulated share."""
    return 4 * math.sqrt(rate * (1 - rate) / TRIALS)


@pytest.mark.parametrize(("count", "rate", "exact"), [(39, 0.05, 2 / 40), (60, 0.1, 6 / 61), (20, 0.25, 4 / 21)])
@pytest.mark.parametrize(
    "draw",
    [
        pytest.param(lambda generator: generator.expovariate(1), id="exponential"),
        pytest.param(lambda generator: generator.choice((-1, 1)) * generator.paretovariate(1), id="no-mean"),
        pytest.param(lambda generator: generator.gauss(0, 1) + 50 * (generator.random() < 0.3), id="two-peaks"),
    ],
)
def test_order_statistics_keep_their_rate_for_any_distribution(
    draw: Callable[[random.Random], float], count: int, rate: float, exact: float
) -> None:
    bounds = bounds_of(list(map(float, range(count))), false_alarm_rate=rate, method="order")
    assert bounds is not None
    assert bounds.false_alarm_rate == pytest.approx(exact)
    assert abs(false_alarms(draw, count, rate, "order") - exact) < spread(exact)


def test_with_ties_there_are_fewer_false_alarms_than_stated() -> None:
    assert false_alarms(lambda generator: float(generator.randrange(4)), 39, 0.05, "order") < 0.05


@pytest.mark.parametrize(("count", "rate"), [(5, 0.01), (12, 0.05), (30, 0.2)])
def test_the_normal_interval_keeps_its_rate_for_normal_values(count: int, rate: float) -> None:
    measured = false_alarms(lambda generator: generator.gauss(336_776, 12_000), count, rate, "normal")
    assert abs(measured - rate) < spread(rate)


def test_order_statistics_begin_as_soon_as_their_rate_can_be_kept() -> None:
    values = [float(number) for number in range(199)]
    enough, few = bounds_of(values), bounds_of(values[:-1])
    assert enough is not None
    assert few is not None
    assert (enough.method, enough.low, enough.high, enough.false_alarm_rate) == ("order", 0.0, 198.0, 0.01)
    assert few.method == "envelope"
    assert bounds_of(values[:-1], method="order") is None


def test_a_history_that_is_too_short_tells_nothing() -> None:
    assert bounds_of([1.0, 2.0, 3.0, 4.0]) is None
    assert bounds_of([1.0, 2.0, 3.0, 4.0, 5.0]) is not None


def test_what_never_varied_does_not_say_how_much_it_may_vary() -> None:
    assert bounds_of([3.0] * 100) is None
    assert bounds_of([3.0] * 100, method="normal") is None
    # As many equal values as order statistics need: the next one differs with a probability of at most 1/200.
    bounds = bounds_of([3.0] * 199)
    assert bounds is not None
    unknown = math.nan
    assert [value in bounds for value in (3.0, 3.001, unknown)] == [True, False, False]


def drawn(chance: random.Random, shape: str) -> float:
    match shape:
        case "normal":
            return chance.gauss(1000, 50)
        case "lognormal":
            return chance.lognormvariate(5, 1)
        case "exponential":
            return chance.expovariate(0.01)
        case "gamma":
            return chance.gammavariate(0.5, 100)
        case _:
            # Events of Poisson's process until the time 4 is over.
            count, time = 0, chance.expovariate(1)
            while time < 4:
                count, time = count + 1, time + chance.expovariate(1)
            return float(count)


@pytest.mark.parametrize("count", [5, 10, 30])
@pytest.mark.parametrize("shape", ["normal", "lognormal", "exponential", "gamma", "poisson"])
def test_the_envelope_keeps_its_rate_from_the_fifth_run_on(shape: str, count: int) -> None:
    chance, alarms, tries = random.Random(f"{shape} {count}"), 0, 4000
    for _ in range(tries):
        bounds = bounds_of([drawn(chance, shape) for _ in range(count)], false_alarm_rate=0.01)
        assert bounds is None or (bounds.method, bounds.false_alarm_rate) == ("envelope", 0.01)
        alarms += bounds is not None and drawn(chance, shape) not in bounds
    # Four standard deviations.
    assert alarms / tries <= 0.01 + 4 * math.sqrt(0.01 * 0.99 / tries)


@pytest.mark.parametrize(
    ("rate", "freedom", "printed"),
    [
        (0.05, 4, 2.776), (0.01, 5, 4.032), (0.01, 10, 3.169), (0.01, 29, 2.756), (0.001, 30, 3.646),
        (0.05, 120, 1.980),
    ],
)  # fmt: skip
def test_quantiles_of_students_t(rate: float, freedom: int, printed: float) -> None:
    values = [float(number % 7) for number in range(freedom + 1)]
    bounds = bounds_of(values, false_alarm_rate=rate, method="normal")
    assert bounds is not None
    quantile = (bounds.high - statistics.mean(values)) / (statistics.stdev(values) * math.sqrt(1 + 1 / len(values)))
    assert quantile == pytest.approx(printed, abs=0.0006)


def test_all_wrong_arguments_in_one_error() -> None:
    with pytest.raises(RuleError) as raised:
        bounds_of([math.nan] * 9, false_alarm_rate=0, method="gauss")
    assert len(raised.value.problems) == 3
