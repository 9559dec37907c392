from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa

from support.check_conformance import DATABASES, PLACES, Case, Place

TYPES = {"id": sa.BigInteger(), "x": sa.BigInteger(), "part": sa.Text()}


@pytest.mark.parametrize("place", PLACES)
def test_null_is_no_value(put: Callable[..., Place], place: str) -> None:
    there = put(place, Case([1, 1, 2, None]).rows, TYPES)
    results = there.validate(
        {"type": "distinct_count", "column": "x", "min": 2, "max": 2},
        {"type": "distinct_count", "column": "x", "min": 3},
        {"type": "distinct_count", "column": "part", "max": 1, "where": "part = 'a'"},
    ).results
    assert [(result.passed, result.observed, result.considered_rows) for result in results] == [
        (True, 2, 3),
        (False, 2, 3),
        (True, 1, 2),
    ]


@pytest.mark.parametrize("place", [*DATABASES, "rows"])
def test_empty(put: Callable[..., Place], place: str) -> None:
    there = put(place, [], TYPES)
    assert there.validate({"type": "distinct_count", "column": "x", "max": 0}).results[0].observed == 0
