"""The first rows, and those after them."""

from __future__ import annotations

from typing import Any

import pytest

from moltres import DataFrame, col, func
from moltres.errors import ConfigurationError
from support.people import ids


def test_limit_and_offset(people: DataFrame) -> None:
    ordered = people.order_by("id")
    assert ids(ordered.limit(2)) == [1, 2]
    assert ids(ordered.offset(4)) == [5, 6]
    assert ids(ordered.offset(2).limit(2)) == [3, 4]
    assert ids(ordered.limit(0)) == []


def test_each_step_works_on_what_the_one_before_left(people: DataFrame) -> None:
    ordered = people.order_by("id")
    assert ids(ordered.limit(4).offset(3)) == [4]
    assert ids(ordered.limit(2).limit(5)) == [1, 2]
    assert ids(ordered.offset(1).offset(1)) == [3, 4, 5, 6]


def test_a_page_is_one_select(people: DataFrame) -> None:
    assert str(people.order_by("id").offset(2).limit(2).select("name").statement).count("SELECT") == 1


def test_counting_and_windows_after_limit(people: DataFrame) -> None:
    assert people.limit(4).count() == 4
    assert people.order_by("id").limit(2).with_columns(n=func.count().over()).collect()[0]["n"] == 2
    assert people.order_by("id").limit(2).select(top=func.max(col("id"))).collect() == [{"top": 2}]


@pytest.mark.parametrize("mistake", [-1, 1.5, "3", None, True])
def test_what_is_no_number_of_rows_is_refused(people: DataFrame, mistake: Any) -> None:
    with pytest.raises(ConfigurationError, match="number of rows"):
        people.limit(mistake)
    with pytest.raises(ConfigurationError, match="number of rows"):
        people.offset(mistake)
