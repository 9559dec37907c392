"""One row for each group."""

from __future__ import annotations

from decimal import Decimal

import pytest

from moltres import DataFrame, col, func
from moltres.errors import ColumnNotFoundError, ConfigurationError


def test_aggregates_by_key(people: DataFrame) -> None:
    frame = people.group_by("city").agg(n=func.count(), total=func.sum(col("amount"))).order_by("city")
    assert frame.columns == ("city", "n", "total")
    assert frame.collect().rows == [
        ("London", 2, Decimal("10.50")),
        ("Los Angeles", 1, Decimal("10.50")),
        ("New York", 2, Decimal("100000000.00")),
        (None, 1, Decimal("-3.25")),
    ]


def test_a_computed_key_with_a_value_in_it(people: DataFrame) -> None:
    frame = people.group_by((col("id") % 2).label("odd"), "active").agg(n=func.count()).order_by("odd", "active")
    assert frame.collect().rows == [(0, False, 1), (0, True, 1), (0, None, 1), (1, False, 1), (1, True, 2)]


def test_a_key_named_like_a_column_does_not_hide_it(people: DataFrame) -> None:
    frame = people.group_by(id=col("id") % 2).agg(highest=func.max(col("id"))).order_by("id")
    assert frame.collect().rows == [(0, 6), (1, 5)]


def test_labels_and_conditions(people: DataFrame) -> None:
    frame = people.group_by("active").agg(
        func.count(col("amount")).label("amounts"), adults=func.count().filter(col("age") > 40)
    )
    assert frame.order_by("active").collect().rows == [(False, 1, 1), (True, 3, 2), (None, 1, 0)]


def test_where_after_agg_is_having(people: DataFrame) -> None:
    frame = people.group_by("city").agg(n=func.count()).where(col("n") > 1).order_by("city")
    assert frame.collect().rows == [("London", 2), ("New York", 2)]


def test_groups_of_groups(people: DataFrame) -> None:
    sizes = people.group_by("city").agg(n=func.count()).group_by("n").agg(cities=func.count()).order_by("n")
    assert sizes.collect().rows == [(1, 2), (2, 2)]


def test_keys_alone_and_aggregates_alone(people: DataFrame) -> None:
    assert people.group_by("city").agg().count() == 4
    assert people.agg(n=func.count()).collect() == [{"n": 6}]
    assert people.where(col("id") > 99).agg(n=func.count(), top=func.max(col("id"))).collect() == [
        {"n": 0, "top": None}
    ]


def test_mistakes(people: DataFrame) -> None:
    with pytest.raises(ColumnNotFoundError, match="'town'"):
        people.group_by("town")
    with pytest.raises(ColumnNotFoundError, match="'ages'"):
        people.group_by("city").agg(x=func.max(col("ages")))
    with pytest.raises(ConfigurationError, match="name of a key"):
        people.group_by("city").agg(city=func.count())
    windows = (func.sum(col("age")).over(), func.sum(func.max(col("id"))).over(partition_by=col("age")))
    computed = (col("age") + 1, func.max(col("id")) + col("age"), *windows)
    for bare in ("age", *(expression.label("x") for expression in computed)):
        with pytest.raises(ConfigurationError, match="neither keys nor aggregated: 'age'"):
            people.group_by("city").agg(bare)
    with pytest.raises(ConfigurationError, match="at least one aggregate"):
        people.agg()
