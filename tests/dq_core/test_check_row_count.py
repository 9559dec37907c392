from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa

from dq_core import RuleError, parse, validate
from support.check_conformance import DATABASES, PLACES, Case, Place

TYPES = {"id": sa.Integer(), "x": sa.Integer(), "part": sa.Text()}


@pytest.mark.parametrize("place", PLACES)
def test_bounds(put: Callable[..., Place], place: str) -> None:
    there = put(place, Case([1, None, 3]).rows, TYPES)
    results = there.validate(
        {"type": "row_count", "min": 3, "max": 3},
        {"type": "row_count", "min": 4},
        {"type": "row_count", "max": 2},
        {"type": "row_count", "min": 2, "max": 2, "where": "part = 'a'"},
    ).results
    assert [result.passed for result in results] == [True, False, False, True]
    assert [result.observed for result in results] == [3, 3, 3, 2]
    assert {(result.failed_rows, result.sql, result.column) for result in results} == {(None, None, None)}
    assert results[1].message == "3 rows; expected >= 4."


def test_the_number_of_rows_is_written_for_people() -> None:
    rule = {"type": "row_count", "min": 2000}
    several, one = validate([{"x": 1}] * 1234, [rule]), validate([{"x": 1}], [rule])
    assert several.results[0].message == "1,234 rows; expected >= 2000."
    assert one.results[0].message == "1 row; expected >= 2000."


@pytest.mark.parametrize("place", [*DATABASES, "rows"])
def test_empty(put: Callable[..., Place], place: str) -> None:
    there = put(place, [], TYPES)
    assert there.validate({"type": "row_count", "max": 0}).passed
    assert not there.validate({"type": "row_count", "min": 1}).passed


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({}, "min or max is missing"),
        ({"min": -1}, "whole number from 0"),
        ({"min": True}, "whole number from 0"),
        ({"min": "1"}, "whole number from 0, not '1'"),
        ({"min": 5, "max": 1}, "min 5 is greater than max 1"),
        ({"min": 1, "threshold": 0.5}, "threshold is a share of rows, but row_count is not about rows"),
        ({"min": 1, "column": "x"}, "row_count has no option 'column'"),
    ],
)
def test_wrong_options(options: dict[str, object], problem: str) -> None:
    with pytest.raises(RuleError, match=problem):
        parse([{"type": "row_count", **options}])
