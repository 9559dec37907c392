from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from dq_core import DataQualityCheck, RuleError, parse
from support.check_conformance import PLACES, Place

NOW = dt.datetime.now(dt.UTC)


@pytest.mark.parametrize("place", PLACES)
def test_age_of_the_newest(put: Callable[..., Place], place: str) -> None:
    newest = (NOW - dt.timedelta(hours=3)).replace(tzinfo=None)
    rows = [{"id": 0, "x": newest}, {"id": 1, "x": newest - dt.timedelta(days=9)}, {"id": 2, "x": None}]
    there = put(place, rows, {"id": sa.Integer(), "x": sa.DateTime()})
    fresh, stale, older = there.validate(
        {"type": "freshness", "column": "x", "max_age": "4h"},
        {"type": "freshness", "column": "x", "max_age": 3600},
        {"type": "freshness", "column": "x", "max_age": "P8D", "where": "id = 1"},
    ).results
    assert [fresh.status, stale.status, older.status] == ["passed", "failed", "failed"]
    assert 10_800 <= stale.details["age_seconds"] < 12_000
    assert stale.considered_rows == 2
    assert stale.observed[:10] == newest.date().isoformat()


@pytest.mark.parametrize("place", ["duckdb", "postgresql", "arrow", "rows", "polars"])
def test_zones(put: Callable[..., Place], place: str) -> None:
    zone = dt.timezone(dt.timedelta(hours=9))
    rows = [{"x": (NOW - dt.timedelta(hours=3)).astimezone(zone)}]
    there = put(place, rows, {"x": sa.DateTime(timezone=True)})
    report = there.validate(*({"type": "freshness", "column": "x", "max_age": age} for age in ("4h", "2h")))
    assert [result.passed for result in report.results] == [True, False]


@pytest.mark.parametrize("place", ["sqlite", "duckdb", "postgresql", "csv"])
def test_dates(put: Callable[..., Place], place: str) -> None:
    there = put(place, [{"x": NOW.date() - dt.timedelta(days=3)}], {"x": sa.Date()})
    report = there.validate(*({"type": "freshness", "column": "x", "max_age": age} for age in ("5d", "2d")))
    assert [result.passed for result in report.results] == [True, False]


@pytest.mark.parametrize("place", ["sqlite", "duckdb", "postgresql", "rows"])
@pytest.mark.parametrize("rows", [[], [{"x": None}]])
def test_no_value_is_not_fresh(put: Callable[..., Place], place: str, rows: list[Any]) -> None:
    (result,) = put(place, rows, {"x": sa.DateTime()}).validate(DataQualityCheck.column_freshness("x", "1h")).results
    assert (result.status, result.observed) == ("failed", None)


def test_text_that_is_no_date_is_an_error(put: Callable[..., Place]) -> None:
    there = put("sqlite", [{"x": "soon"}], {"x": sa.Text()})
    (result,) = there.validate(DataQualityCheck.column_freshness("x", "1h")).results
    assert (result.status, "1 of 1 values of x is no date" in result.message) == ("error", True)


def test_a_column_of_numbers_is_refused(put: Callable[..., Place]) -> None:
    there = put("duckdb", [], {"x": sa.Integer()})
    with pytest.raises(RuleError, match="freshness is for columns of type date, datetime"):
        there.validate(DataQualityCheck.column_freshness("x", "1h"))


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (90, "PT1M30S"), ("90m", "PT1H30M"), ("36h", "P1DT12H"), ("7d", "P7D"), ("1.5h", "PT1H30M"),
        ("P1DT1H", "P1DT1H"),
        ("pt0.5s", "PT0.5S"), ("2w", "P14D"), ("P2W", "P14D"), (dt.timedelta(minutes=1), "PT1M"),
    ],
)  # fmt: skip
def test_durations(given: object, text: str) -> None:
    (check,) = parse([{"type": "freshness", "column": "x", "max_age": given}])
    assert check.to_dict()["max_age"] == text
    assert parse([check.to_dict()]) == (check,)


@pytest.mark.parametrize("given", ["", "P", "1y", "h", None, True, -1, 0, "0h", float("nan"), "PT"])
def test_wrong_durations(given: object) -> None:
    with pytest.raises(RuleError, match="max_age"):
        parse([{"type": "freshness", "column": "x", "max_age": given}])
