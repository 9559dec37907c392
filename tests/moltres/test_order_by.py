"""Sorting."""

from __future__ import annotations

import pytest

from moltres import DataFrame, col, func, lit
from moltres.errors import ColumnNotFoundError, ConfigurationError
from support.people import ids


def test_null_is_last_in_either_direction_on_every_database(people: DataFrame) -> None:
    assert ids(people.order_by("age", "id")) == [1, 6, 3, 5, 2, 4]
    assert ids(people.order_by("age", "id", descending=True)) == [2, 5, 3, 6, 1, 4]


def test_null_first(people: DataFrame) -> None:
    assert ids(people.order_by("age", "id", nulls="first")) == [4, 1, 6, 3, 5, 2]
    assert ids(people.order_by(col("age").desc().nulls_first(), "id")) == [4, 2, 5, 3, 1, 6]


def test_a_direction_for_each_key(people: DataFrame) -> None:
    assert ids(people.order_by("age", "id", descending=[False, True])) == [6, 1, 3, 5, 2, 4]
    assert ids(people.order_by(col("age").desc(), col("id").desc())) == [2, 5, 3, 6, 1, 4]


def test_expressions(people: DataFrame) -> None:
    assert ids(people.order_by(col("id") % 2, -col("id"))) == [6, 4, 2, 5, 3, 1]


def test_a_computed_column(people: DataFrame) -> None:
    frame = people.with_columns(odd=col("id") % 2).order_by("odd", "id", descending=[True, False])
    assert ids(frame) == [1, 3, 5, 2, 4, 6]
    assert ids(frame.order_by(col("odd").desc(), -col("id"))) == [5, 3, 1, 6, 4, 2]


def test_the_last_order_counts(people: DataFrame) -> None:
    assert ids(people.order_by("name").order_by("id")) == [1, 2, 3, 4, 5, 6]


def test_the_order_lasts_through_other_verbs(people: DataFrame) -> None:
    ordered = people.order_by("id", descending=True)
    assert ids(ordered.limit(4).where(col("id") != 5)) == [6, 4, 3]
    assert ids(ordered.with_columns(n=func.row_number().over(order_by=col("id"))).where(col("n") > 3)) == [6, 5, 4]
    assert ids(ordered.select("id", "active").distinct()) == [6, 5, 4, 3, 2, 1]
    assert [row["city"] for row in ordered.drop("id").limit(2).collect()] == ["New York", "Los Angeles"]


def test_after_group_by_and_distinct(people: DataFrame) -> None:
    by_city = people.group_by("city").agg(n=func.count())
    assert by_city.order_by("n", "city", descending=[True, False]).collect().rows == [
        ("London", 2),
        ("New York", 2),
        ("Los Angeles", 1),
        (None, 1),
    ]
    assert by_city.order_by(-col("n"), "city").first() == {"city": "London", "n": 2}
    assert people.select("age").distinct().order_by(-col("age")).first() == {"age": 85}


def test_mistakes(people: DataFrame) -> None:
    with pytest.raises(ColumnNotFoundError, match="'ages'"):
        people.order_by("ages")
    with pytest.raises(ConfigurationError, match="nulls is 'lst'"):
        people.order_by("age", nulls="lst")  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match="keys: 2, not 1"):
        people.order_by("age", "id", descending=[True])
    with pytest.raises(ConfigurationError, match="at least one key"):
        people.order_by()


def test_a_constant_sorts_nothing(people: DataFrame) -> None:
    expected = people.order_by("age", "id").collect().column("id")
    frame = people.with_columns(one=lit(1), two=lit(2))
    assert frame.order_by("one", "two", "age", "id").collect().column("id") == expected
    assert frame.order_by("two", "age", "id").drop("one", "two").limit(3).collect().column("id") == expected[:3]
    assert frame.order_by("one").select("id").count() == people.count()
    assert len(people.order_by(lit(7)).limit(2).collect()) == 2
