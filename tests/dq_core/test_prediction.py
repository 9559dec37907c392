"""Limits for the next sample, against exact sums."""

from __future__ import annotations

import fractions
import functools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dq_core.profiling.prediction import (
    least_events,
    least_failures,
    most_events,
    most_failures,
    most_unknown,
    none_again,
    passing_share,
    tail,
)


@given(st.integers(1, 30), st.integers(1, 30), st.data())
def test_the_tail_is_that_of_the_hypergeometric_distribution(rows: int, further: int, data: st.DataObject) -> None:
    failed = data.draw(st.integers(0, rows))
    more = data.draw(st.integers(0, further))
    total = failed + more
    ways = sum(
        math.comb(further, there) * math.comb(rows, total - there)
        for there in range(more, min(total, further) + 1)
        if total - there <= rows
    )
    exact = fractions.Fraction(ways, math.comb(rows + further, total))
    assert tail(more, failed, rows, further) == pytest.approx(float(exact), rel=1e-9)


@given(st.integers(1, 60), st.integers(1, 60), st.floats(0.001, 0.9), st.data())
def test_the_limit_is_the_smallest_one(rows: int, further: int, error: float, data: st.DataObject) -> None:
    failed = data.draw(st.integers(0, rows))
    limit = most_failures(failed, rows, further, error)
    if error < 0.25:
        assert limit * rows >= (failed * further // rows) * rows
    assert tail(limit + 1, failed, rows, further) <= error
    assert limit == 0 or limit == failed * further // rows or tail(limit, failed, rows, further) > error


@pytest.mark.parametrize(
    ("rows", "further", "error"), [(40, 40, 0.05), (40, 40, 0.004), (60, 20, 0.02), (20, 60, 0.02)]
)
def test_no_share_of_failing_rows_passes_the_limit_more_often_than_stated(
    rows: int, further: int, error: float
) -> None:
    def chance(count: int, share: float, failed: int) -> float:
        return math.comb(count, failed) * share**failed * (1 - share) ** (count - failed)

    limits = [most_failures(failed, rows, further, error) for failed in range(rows + 1)]
    alarms = [
        sum(
            chance(rows, share, failed) * sum(chance(further, share, more) for more in range(limit + 1, further + 1))
            for failed, limit in enumerate(limits)
        )
        for share in (step / 200 for step in range(1, 200))
    ]
    assert max(alarms) <= error
    # And it is not so far off that it costs much.
    assert max(alarms) > error / 3


@pytest.mark.parametrize("ratio", [1, 2, 5])
def test_the_worst_share_for_a_rule_that_allows_nothing(ratio: int) -> None:
    alarms = (math.exp(-mean) * (1 - math.exp(-ratio * mean)) for mean in (step / 1000 for step in range(1, 3000)))
    assert 1 - max(alarms) == pytest.approx(none_again(ratio), abs=1e-5)
    assert none_again(1) == 0.75


def test_large_numbers_take_no_time() -> None:
    assert most_failures(0, 10**9, 10**9, 0.001) == 9
    expected, spread = 300_000, math.sqrt(2 * 300_000 * 0.7)
    assert most_failures(300_000, 10**6, 10**6, 0.001) == pytest.approx(expected + 3.09 * spread, abs=0.02 * spread)


@given(st.integers(1, 40), st.integers(1, 40), st.floats(0.001, 0.2), st.data())
def test_the_least_number_is_the_limit_on_the_other_side(
    rows: int, further: int, error: float, data: st.DataObject
) -> None:
    failed = data.draw(st.integers(0, rows))
    limit = least_failures(failed, rows, further, error)
    # So many passing rows or more are as likely as so few failing ones or fewer.
    assert tail(further - limit, rows - failed, rows, further) > error or limit == failed * further // rows
    assert limit == 0 or tail(further - limit + 1, rows - failed, rows, further) <= error


@pytest.mark.parametrize(("events", "samples"), [(0, 10), (3, 5), (50, 1), (300, 10), (90, 40)])
@pytest.mark.parametrize("error", [0.001, 0.05])
def test_counts_of_the_next_sample(events: int, samples: int, error: float) -> None:
    chance = fractions.Fraction(1, samples + 1)

    def share(fewest: int, most: int, total: int) -> float:
        return float(
            sum(math.comb(total, n) * chance**n * (1 - chance) ** (total - n) for n in range(fewest, most + 1))
        )

    most, least = most_events(events, samples, error), least_events(events, samples, error)
    assert share(most + 1, events + most + 1, events + most + 1) <= error
    assert most == events // samples or share(most, events + most, events + most) > error
    assert share(0, least, events + least) > error or least == events // samples
    assert least == 0 or share(0, least - 1, events + least - 1) <= error


@given(st.integers(1, 10**7), st.data())
def test_a_share_lets_so_many_rows_fail_and_no_more(rows: int, data: st.DataObject) -> None:
    failures = data.draw(st.integers(0, rows - 1))
    share = fractions.Fraction(str(passing_share(failures, rows)))
    assert fractions.Fraction(rows - failures, rows) >= share > fractions.Fraction(rows - failures - 1, rows)


UNKNOWN = {
    "values of one frequency": [2.5] * 30,
    "rare values": [0.2] * 30,
    "values that come in batches": [5.0] * 40,
    "zipf": [1000 / 2.2 / place**1.6 for place in range(1, 41)],
    "a few": [300, 200, 7, 2, 1],
}


@pytest.mark.parametrize(("further", "error"), [(1000, 0.05), (1000, 0.01), (3000, 0.02)])
@pytest.mark.parametrize("process", UNKNOWN)
def test_rows_with_unknown_values_pass_the_limit_no_more_often_than_stated(
    process: str, further: int, error: float
) -> None:
    """Values that come as Poisson's events do, each with its own frequency in 1000 rows."""
    np = pytest.importorskip("numpy")
    tries, rows = 4000, 1000
    generator = np.random.default_rng(3)
    here = generator.poisson(UNKNOWN[process], (tries, len(UNKNOWN[process])))
    there = generator.poisson(np.array(UNKNOWN[process]) * further / rows, here.shape)
    met = np.stack([(here == times).sum(axis=1) for times in (1, 2, 3)], axis=1)
    unknown = (there * (here == 0)).sum(axis=1)
    limit = functools.cache(lambda *one: most_unknown(one, rows, further, error))
    limits = np.array([limit(*map(int, one)) for one in met])
    alarms = int((unknown > limits).sum())
    # Not three standard deviations more than what is stated.
    assert alarms <= tries * error + 3 * math.sqrt(tries * error)
    # And a tenth of the rows with a new value is found, also where a few rows of other unknown values are expected.
    assert (unknown + further / 10 > limits).mean() > 0.99


def test_limits_of_unknown_values_for_no_and_for_any_number_of_values_met() -> None:
    assert most_unknown((0, 0, 0), 1000, 1000, 0.01) == most_failures(0, 1000, 1000, 0.01)
    assert most_unknown((5, 0, 0), 1000, 1000, 0.01) == most_failures(5, 1000, 1000, 0.01)
    assert most_unknown((5, 5, 5), 1000, 1000, 0.01) < most_failures(15, 1000, 1000, 0.01)
    assert most_unknown((20, 20, 0), 40, 40, 0.01) <= 40
