"""The rate of false alarms that is asked for is the rate of reports of an unchanged process that raise one."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from dq_core import validate
from dq_core.history import History
from dq_core.history.series import Measured, expected_range


def shares(*failed: int, of: int = 1000) -> list[Measured]:
    return [Measured(one / of, one, of) for one in failed]


def counts(*values: int) -> list[Measured]:
    return [Measured(float(value), counts=True) for value in values]


def alarm(earlier: list[Measured], new: Measured, rate: float = 0.005, lag: int = 0) -> bool:
    bounds = expected_range(earlier, new, false_alarm_rate=rate, method="auto", lag=lag)
    assert bounds is not None
    return new.value - (earlier[-lag].value if lag else 0) not in bounds


def test_runs_without_a_failure_do_not_make_one_an_alarm() -> None:
    history = History("sqlite://")

    def report(nulls: int) -> object:
        rows = [{"a": None if place < nulls else place} for place in range(1000)]
        return validate(rows, [{"type": "not_null", "column": "a", "severity": "info"}])

    for day in range(10):
        history.record(report(0), suite="s", run_id=str(day))  # type: ignore[arg-type]
    assert history.judge(report(1), suite="s", severity="error").passed  # type: ignore[arg-type]
    assert not history.judge(report(300), suite="s", severity="error").passed  # type: ignore[arg-type]
    bounds = history.bounds("not_null_a", suite="s")
    assert bounds is not None
    assert 0 == bounds.low < bounds.high < 0.01


@pytest.mark.parametrize("runs", [5, 10, 100, 1000])
def test_one_row_is_no_alarm_and_a_clear_change_is_one(runs: int) -> None:
    never = shares(*[0] * runs)
    assert not alarm(never, *shares(1))
    assert alarm(never, *shares(30))
    assert alarm(shares(*[500, 510, 490, 505, 495] * (runs // 5)), *shares(50))
    steady = counts(*[1000] * runs)
    if runs < 400:
        assert not alarm(steady, *counts(1001))
    assert alarm(steady, *counts(400))
    assert alarm(steady, *counts(2000))


@pytest.mark.parametrize("lag", [1, 7])
def test_changes_of_rare_shares_are_no_alarm_either(lag: int) -> None:
    never = shares(*[0] * 20)
    assert not alarm(never, *shares(1), lag=lag)
    assert alarm(never, *shares(300), lag=lag)


@pytest.mark.parametrize("lag", [1, 2])
def test_a_clear_change_of_counts_that_always_grew_alike_is_an_alarm(lag: int) -> None:
    for grown in (counts(*range(1000, 1800, 100)), counts(*[1000] * 8), counts(*range(1800, 1000, -100))):
        step = int(grown[-1].value - grown[-1 - lag].value)
        expected = int(grown[-lag].value) + step
        assert not alarm(grown, *counts(expected), lag=lag)
        assert not alarm(grown, *counts(expected + 20), lag=lag)
        assert alarm(grown, *counts(expected * 2), lag=lag)
        assert alarm(grown, *counts(expected // 2), lag=lag)


def test_bounds_of_shares_are_shares_and_counts_are_not_negative() -> None:
    for earlier, new in (
        (shares(1, 9, 0, 40, 2, 3), shares(4)), (shares(999, 960, 1000, 998, 991), shares(990)),
        (counts(1, 400, 3, 2, 90), counts(5)),
    ):  # fmt: skip
        bounds = expected_range(earlier, new[0], false_alarm_rate=0.001, method="auto")
        assert bounds is not None
        assert bounds.low >= 0
        assert bounds.high <= 1 or new[0].counts


def test_fewer_rows_are_expected_to_have_shares_further_apart() -> None:
    earlier = shares(*[20, 25, 18, 22, 21] * 4)
    (few,), (many,) = shares(0, of=50), shares(0, of=50_000)
    wide, narrow = (expected_range(earlier, new, false_alarm_rate=0.01, method="auto") for new in (few, many))
    assert wide is not None
    assert narrow is not None
    assert wide.high > narrow.high
    assert wide.low <= narrow.low


def test_what_never_varied_has_no_bounds_yet() -> None:
    equal = [Measured(30.0)] * 20
    assert expected_range(equal, Measured(31.0), false_alarm_rate=0.01, method="auto") is None


Shape = Callable[[random.Random], Measured]


def share_of(probability: Callable[[random.Random], float], rows: int = 1000) -> Shape:
    def draw(chance: random.Random) -> Measured:
        failed = (
            chance.binomialvariate(rows, probability(chance))
            if hasattr(chance, "binomialvariate")
            else sum(chance.random() < share for share in [probability(chance)] * rows)
        )
        return Measured(failed / rows, failed, rows)

    return draw


def skewed(chance: random.Random) -> Measured:
    return Measured(float(round(chance.lognormvariate(5, 1))), counts=True)


@pytest.mark.parametrize("runs", [5, 14, 40])
@pytest.mark.parametrize(
    "draw",
    [
        pytest.param(share_of(lambda _: 1e-3, 300), id="rare"),
        pytest.param(share_of(lambda _: 0.02, 300), id="some"),
        pytest.param(share_of(lambda chance: chance.betavariate(2, 60), 300), id="varying"),
        pytest.param(skewed, id="skewed counts"),
    ],
)
def test_the_rate_is_kept(draw: Shape, runs: int) -> None:
    chance, rate, tries = random.Random(f"{runs}"), 0.02, 400
    alarms = sum(alarm([draw(chance) for _ in range(runs)], draw(chance), rate) for _ in range(tries))
    # A binomial of 400 trials at 2 % goes beyond 18 in one run of 1000.
    assert alarms <= 18


def test_ten_columns_of_rare_nulls_raise_no_more_alarms_than_asked_for() -> None:
    chance, rate, tries, alarms = random.Random(1), 0.01, 300, 0
    for _ in range(tries):
        columns = [shares(*[rare(chance) for _ in range(15)]) for _ in range(10)]
        alarms += any(alarm(column[:-1], column[-1], rate / 11) for column in columns)
    # It was a quarter.
    assert alarms <= 9


def rare(chance: random.Random) -> int:
    """The NULLs of 1000 rows at a share of one in 10 000."""
    found, time = 0, chance.expovariate(0.1)
    while time < 1:
        found, time = found + 1, time + chance.expovariate(0.1)
    return found
