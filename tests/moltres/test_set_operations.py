"""Rows of two frames as one set."""

from __future__ import annotations

import pytest

from moltres import DataFrame, col
from moltres.errors import SchemaMismatchError
from support.people import ids


def test_union_and_union_all(people: DataFrame) -> None:
    few = people.where(col("id") < 3)
    assert few.union_all(people.where(col("id") < 2)).count() == 3
    assert few.union(people.where(col("id") < 2)).count() == 2


def test_intersect_and_except(people: DataFrame) -> None:
    assert sorted(ids(people.where(col("id") < 4).intersect(people.where(col("id") > 1)))) == [2, 3]
    assert sorted(ids(people.except_(people.where(col("id") > 1)))) == [1]


def test_columns_are_matched_by_name(people: DataFrame) -> None:
    both = (
        people.select("id", "name").where(col("id") == 1).union_all(people.select("name", "id").where(col("id") == 2))
    )
    assert both.columns == ("id", "name")
    assert sorted(both.collect().rows) == [(1, "Ada"), (2, "Grace")]


def test_limits_and_orders_of_the_operands_hold(people: DataFrame) -> None:
    first, last = people.order_by("id").limit(1), people.order_by("id", descending=True).limit(2)
    assert ids(first.union_all(last).order_by("id")) == [1, 5, 6]


def test_a_chain_is_one_statement_without_nesting(people: DataFrame) -> None:
    """SQLite's parser gives up at some fifty subqueries within each other."""
    frame = people
    for _ in range(99):
        frame = frame.union_all(people)
    assert frame.count() == 600
    assert frame.where(col("id") == 1).count() == 100


def test_more_operands_than_sqlite_takes_at_once(people: DataFrame) -> None:
    frame = people.select("id")
    for _ in range(999):
        frame = frame.union_all(people.select("id"))
    assert frame.count() == 6000


def test_another_operation_in_a_chain_starts_anew(people: DataFrame) -> None:
    small = people.select("id").where(col("id") == 1)
    assert small.union_all(small).union(small).count() == 1
    assert small.union(small).union_all(small).count() == 2
    assert small.union_all(small).where(col("id") > 0).union_all(small).count() == 3


def test_different_columns_are_refused_all_at_once(people: DataFrame) -> None:
    with pytest.raises(SchemaMismatchError) as caught:
        people.select("id", "name").union(people.select("id", "age", "city"))
    assert caught.value.mismatches == (
        "'name' is missing on the right",
        "'age' is missing on the left",
        "'city' is missing on the left",
    )
