from __future__ import annotations

import datetime as dt
import decimal
import fractions
import math
import statistics
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dq_core import RuleError, parse, profile
from support.check_conformance import DATABASES, PLACES, Case, Place, store

VALUES = [1, None, 2, 10, 3]
EXPECTED = {"min": 1, "max": 10, "mean": 4, "median": 2.5, "sum": 16, "stddev": statistics.stdev([1, 2, 10, 3])}


def types(kind: Any = None) -> dict[str, Any]:
    return {"id": sa.BigInteger(), "x": kind or sa.BigInteger(), "part": sa.Text()}


@pytest.mark.parametrize("place", PLACES)
def test_values(put: Callable[..., Place], place: str) -> None:
    there = put(place, Case(VALUES).rows, types())
    report = there.validate(
        *({"type": "statistic", "column": "x", "statistic": name, "min": -100} for name in EXPECTED),
        *({"type": "statistic", "column": "x", "statistic": name, "max": -100} for name in EXPECTED),
    )
    observed = [result.observed for result in report.results]
    assert observed == pytest.approx([*EXPECTED.values(), *EXPECTED.values()])
    assert [result.passed for result in report.results] == [True] * 6 + [False] * 6
    assert {result.considered_rows for result in report.results} == {4}
    assert report.results[2].check_name == "statistic_mean_x"


@pytest.mark.parametrize("place", DATABASES)
def test_where(put: Callable[..., Place], place: str) -> None:
    there = put(place, Case([1, 100, 2, None, 6]).rows, types())
    report = there.validate(
        *({"type": "statistic", "column": "x", "statistic": name, "max": 0, "where": "part = 'a'"} for name in EXPECTED)
    )
    assert [result.observed for result in report.results] == pytest.approx([1, 6, 3, 2, 9, statistics.stdev([1, 2, 6])])


@pytest.mark.parametrize("place", [*DATABASES, "rows"])
@pytest.mark.parametrize("values", [[], [None], [5]])
def test_too_few_values(put: Callable[..., Place], place: str, values: list[Any]) -> None:
    there = put(place, Case(values).rows, types())
    report = there.validate(*({"type": "statistic", "column": "x", "statistic": name, "max": -1} for name in EXPECTED))
    seen = 5 in values
    assert [result.passed for result in report.results] == [not seen] * 5 + [True]
    assert [result.observed for result in report.results] == [5 if seen else None] * 5 + [None]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([2**62, 2**62 + 1, 2**62 + 3], sa.BigInteger()),
        ([-(2**63), -(2**63) + 2, -(2**63) + 3], sa.BigInteger()),
        ([-(2**63), 0, 2**63 - 1], sa.BigInteger()),
        ([1e200, 2e200, 4e200], sa.Double()),
        ([-1e300, 1.0, 1e300], sa.Double()),
        ([3e-200, 2e-200, 1e-200], sa.Double()),
        ([1e9 + 0.25, 1e9 + 0.5, 1e9 + 0.75], sa.Double()),
    ],
)
def test_deviations_keep_their_digits(put: Callable[..., Place], place: str, values: list[Any], kind: Any) -> None:
    """Squares of doubles overflow, underflow, and drop what tells great numbers apart."""
    there = put(place, Case(values).rows, types(kind))
    scale = max(map(abs, values)) if isinstance(values[0], float) else 1
    exact = statistics.stdev(fractions.Fraction(value) / fractions.Fraction(scale) for value in values) * scale
    (found,) = there.validate({"type": "statistic", "column": "x", "statistic": "stddev", "min": 0}).results
    assert found.observed == pytest.approx(exact, rel=1e-9)
    measured = profile(there.source, **there.options, columns=["x"]).column("x")
    assert measured.stddev == pytest.approx(exact, rel=1e-9)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("numbers", [[1.7e308, 1.7e308], [1.7e308, -1.7e308, 1.7e308, -1.7e308], [-1.7e308, 1.7e308]])
def test_finite_numbers_have_no_infinite_statistics(
    put: Callable[..., Place], place: str, numbers: list[float]
) -> None:
    """Beyond the doubles a statistic is the right number or an error: infinity is within every bound from below."""
    there = put(place, Case(numbers).rows, types(sa.Double()))
    functions = {"mean": statistics.mean, "median": statistics.median, "sum": sum, "stddev": statistics.stdev}
    scaled = [fractions.Fraction(int(number), 10**300) for number in numbers]
    exact = {name: float(function(scaled)) for name, function in functions.items()}
    results = there.validate(*({"type": "statistic", "column": "x", "statistic": name, "min": 0} for name in exact))
    for name, result in zip(exact, results.results, strict=True):
        assert result.status == "error" or result.observed == pytest.approx(exact[name] * 1e300, rel=1e-9), result
    found = profile(there.source, **there.options, columns=["x"]).column("x")
    assert all(map(math.isfinite, [*found.quantiles.values(), found.mean or 0, found.stddev or 0]))


@pytest.mark.parametrize("place", DATABASES)
def test_strict_bounds(put: Callable[..., Place], place: str) -> None:
    there = put(place, Case([1, 3]).rows, types())
    bounds: list[dict[str, object]] = [
        {"min": 2},
        {"max": 2},
        {"min": 2, "strict_min": True},
        {"max": 2, "strict_max": True},
    ]
    report = there.validate(*({"type": "statistic", "column": "x", "statistic": "mean", **one} for one in bounds))
    assert [result.passed for result in report.results] == [True, True, False, False]


@pytest.mark.parametrize("place", [*DATABASES, "rows", "parquet"])
def test_dates_and_text(put: Callable[..., Place], place: str) -> None:
    day = dt.date(2024, 2, 1)
    there = put(place, [{"x": day, "t": "Z"}, {"x": None, "t": "é"}], {"x": sa.Date(), "t": sa.Text()})
    late, early, text = there.validate(
        {"type": "statistic", "column": "x", "statistic": "max", "max": dt.date(2024, 1, 31)},
        {"type": "statistic", "column": "x", "statistic": "min", "min": "2024-02-01"},
        {"type": "statistic", "column": "t", "statistic": "max", "max": "z"},
    ).results
    assert (late.passed, late.observed, early.passed) == (False, "2024-02-01", True)
    assert (text.passed, text.observed) == (False, "é")


@pytest.mark.parametrize("place", ["duckdb", "postgresql", "rows"])
def test_nan_is_within_no_bounds(put: Callable[..., Place], place: str) -> None:
    there = put(place, [{"x": float("nan")}, {"x": 1.0}], {"x": sa.Double()})
    result, sure = there.validate(
        {"type": "statistic", "column": "x", "statistic": "sum", "min": 0},
        {"type": "statistic", "column": "x", "statistic": "min", "min": 0},
    ).results
    assert (result.passed, result.observed) == (False, "NaN")
    assert (sure.passed, sure.observed) == (True, 1.0)


@pytest.mark.parametrize("place", ["duckdb", "postgresql", "sqlite", "rows", "parquet", "csv"])
@pytest.mark.parametrize("name", ["mean", "median", "sum", "stddev"])
def test_a_statistic_of_infinity_and_its_opposite_is_within_no_bounds(
    put: Callable[..., Place], place: str, name: str
) -> None:
    there = put(place, [{"x": float("inf")}, {"x": float("-inf")}], {"x": sa.Double()})
    result = there.validate({"type": "statistic", "column": "x", "statistic": name, "min": -1e300}).results[0]
    assert (result.status, result.observed, result.considered_rows) == ("failed", "NaN", 2)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    "values", [[2**63 - 1] * 3, [-(2**63)] * 3 + [1], [2**62, 2**62, -(2**32), None], [2**32, -1, -(2**32)]]
)
def test_sums_are_exact_beyond_64_bits(put: Callable[..., Place], place: str, values: list[int | None]) -> None:
    total = sum(value or 0 for value in values)
    wanted = {"type": "statistic", "column": "x", "statistic": "sum"}
    there = put(place, Case(values).rows, types())
    exact, more = there.validate(wanted | {"min": total, "max": total}, wanted | {"min": total + 1}).results
    assert (exact.status, exact.observed, more.status) == ("passed", total, "failed")


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("name", ["min", "max", "mean", "median", "sum"])
def test_a_bound_that_a_double_does_not_tell_from_the_statistic(
    put: Callable[..., Place], place: str, name: str
) -> None:
    """Such a rule has the right verdict or none; one whose bounds are farther away has the right one."""
    value = 2**53 + 1
    there = put(place, Case([value]).rows, types())
    bounds = [{"min": value, "max": value}, {"max": value - 1}, {"min": value + 1}]
    far = [{"min": value - 100, "max": value + 100}, {"max": value - 100}]
    rules = [{"type": "statistic", "column": "x", "statistic": name, **one} for one in (*bounds, *far)]
    found = [result.status for result in there.validate(*rules).results]
    right = ["passed", "failed", "failed", "passed", "failed"]
    assert [one if one == "error" else it for one, it in zip(found, right, strict=True)] == found
    assert "error" not in (found if name not in ("mean", "median") else found[3:])


@pytest.mark.parametrize("place", ["duckdb", "postgresql"])
def test_decimals_are_compared_exactly(put: Callable[..., Place], place: str) -> None:
    there = put(place, [{"x": decimal.Decimal("0.10")}] * 3, {"x": sa.Numeric(10, 2)})
    (result,) = there.validate({"type": "statistic", "column": "x", "statistic": "sum", "min": 0.3, "max": 0.3}).results
    assert (result.passed, result.observed) == (True, 0.3)


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"statistic": "average", "min": 1}, "statistic must be one of min, max, mean"),
        ({"statistic": "medain", "min": 1}, "Did you mean 'median'"),
        ({"statistic": "mean"}, "min or max is missing"),
        ({"min": 1}, "the option 'statistic' is missing"),
    ],
)
def test_wrong_options(options: dict[str, object], problem: str) -> None:
    with pytest.raises(RuleError, match=problem):
        parse([{"type": "statistic", "column": "x", **options}])


@pytest.mark.parametrize("place", DATABASES)
def test_no_mean_of_text(put: Callable[..., Place], place: str) -> None:
    there = put(place, [{"x": "a"}], {"x": sa.Text()})
    with pytest.raises(RuleError, match="mean is for columns of type boolean, decimal, float, integer, and") as caught:
        there.validate({"type": "statistic", "column": "x", "statistic": "mean", "min": 1})
    assert "'x' cannot" not in str(caught.value)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(-(10**6), 10**6), min_size=2, max_size=9))
def test_median_and_stddev_are_those_of_python(engine: sa.Engine, values: list[int]) -> None:
    from dq_core import validate

    with engine.begin() as connection:
        connection.execute(sa.text("DROP TABLE IF EXISTS numbers"))
    store(engine, "numbers", [{"x": value} for value in values], {"x": sa.BigInteger()})
    report = validate(
        engine,
        [{"type": "statistic", "column": "x", "statistic": name, "min": 0} for name in ("median", "stddev", "mean")],
        table="numbers",
    )
    expected = [statistics.median(values), statistics.stdev(values), statistics.mean(values)]
    assert [result.observed for result in report.results] == pytest.approx(expected)


@pytest.mark.parametrize("place", PLACES)
def test_the_median_of_decimals_lies_between_two(put: Callable[..., Place], place: str) -> None:
    rows = [{"x": decimal.Decimal(number)} for number in ("0.01", "0.02")]
    report = put(place, rows, {"x": sa.Numeric(10, 2)}).validate(
        {"type": "statistic", "column": "x", "statistic": "median", "min": 0.015, "max": 0.015}
    )
    assert (report.passed, report.results[0].observed) == (True, 0.015)


@pytest.mark.parametrize("place", PLACES)
def test_the_mean_of_booleans_is_the_share_of_true(put: Callable[..., Place], place: str) -> None:
    rows = Case([True, False, None, False, False]).rows
    report = put(place, rows, types(sa.Boolean())).validate(
        {"type": "statistic", "column": "x", "statistic": "mean", "max": 0.2},
        {"type": "statistic", "column": "x", "statistic": "mean", "max": 0.25},
        {"type": "statistic", "column": "x", "statistic": "sum", "max": 0, "where": "part = 'a'"},
    )
    assert [(one.passed, one.observed, one.considered_rows) for one in report.results] == [
        (False, 0.25, 4), (True, 0.25, 4), (False, 1, 2),
    ]  # fmt: skip


@pytest.mark.parametrize("bound", [True, "a", dt.date(2024, 1, 1)])
def test_bounds_of_booleans_are_numbers(put: Callable[..., Place], bound: Any) -> None:
    there = put("duckdb", [], types(sa.Boolean()))
    with pytest.raises(RuleError, match=r"min must be a (finite )?number"):
        there.validate({"type": "statistic", "column": "x", "statistic": "mean", "min": bound})


#: The last one is refused where a column declares that it has dates.
DAYS = [dt.date(2024, 2, 29), "2024-02-29", dt.datetime.fromisoformat("2024-02-29T10:00")]


@pytest.mark.parametrize(
    ("place", "bound"),
    [(place, bound) for place in PLACES for bound in DAYS[: 3 if place in ("csv", "json") else 2]],
)
def test_dates_have_bounds_with_and_without_a_time(put: Callable[..., Place], place: str, bound: Any) -> None:
    there = put(place, [{"x": dt.date(2024, 2, 28)}, {"x": None}, {"x": dt.date(2024, 3, 1)}], {"x": sa.Date()})
    rules = [{"type": "statistic", "column": "x", "statistic": "max", one: bound} for one in ("min", "max")]
    assert [result.status for result in there.validate(*rules).results] == ["passed", "failed"]
