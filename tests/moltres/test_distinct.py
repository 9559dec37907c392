"""One of each set of equal rows."""

from __future__ import annotations

from moltres import DataFrame, col


def test_null_is_equal_to_null(people: DataFrame) -> None:
    assert sorted(people.select("active").distinct().collect().rows, key=str) == [(False,), (None,), (True,)]


def test_verbs_before_and_after(people: DataFrame) -> None:
    cities = people.where(col("id") < 6).select("city").distinct()
    assert cities.count() == 4
    assert cities.where(col("city") != "London").count() == 2
    assert people.order_by("id").limit(3).select("city").distinct().count() == 2


def test_an_order_by_something_else_is_forgotten(people: DataFrame) -> None:
    """PostgreSQL would refuse to sort distinct cities by an id."""
    assert people.order_by("id").select("city").distinct().count() == 4
    assert len(people.order_by("id").select("city").distinct().collect()) == 4
