"""Choosing and computing columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from moltres import DataFrame, col, func, lit
from moltres.errors import ColumnNotFoundError, ConfigurationError
from support.people import ROWS

if TYPE_CHECKING:
    from moltres import Database


def test_select_without_arguments_is_everything(people: DataFrame) -> None:
    frame = people.select()
    assert frame.columns == tuple(ROWS[0])
    assert frame.order_by("id").collect() == ROWS


def test_the_documented_query_works_as_written(people: DataFrame, db: Database) -> None:
    active = db.table("people").select().where(col("active") == True)  # noqa: E712 - as users write it
    assert {row["name"] for row in active.collect()} == {"Ada", "Grace", "Barbara"}


def test_names_and_keyword_expressions(people: DataFrame) -> None:
    frame = people.select("id", "name", next_age=col("age") + 1).order_by("id")
    assert frame.columns == ("id", "name", "next_age")
    assert frame.first() == {"id": 1, "name": "Ada", "next_age": 37}


def test_star_and_labels(people: DataFrame) -> None:
    frame = people.select("*", (col("age") * 2).label("double"), func.upper(col("name")))
    assert frame.columns == (*ROWS[0], "double", "upper")


def test_the_same_column_can_be_replaced_by_itself(people: DataFrame) -> None:
    assert people.select(age=col("age") + 1, old=col("age")).where(col("old") == 41).collect() == [
        {"age": 42, "old": 41}
    ]


def test_a_frame_is_not_changed_by_its_verbs(people: DataFrame) -> None:
    before = people.to_sql()
    people.select("id").where(col("id") > 1).limit(1)
    assert people.to_sql() == before


def test_aggregates_alone_make_one_row(people: DataFrame) -> None:
    frame = people.order_by("id").select(func.count(), oldest=func.max(col("age")))
    assert frame.collect() == [{"count": 6, "oldest": 85}]
    assert frame.where(col("oldest") > 85).collect() == []


def test_an_aggregate_sees_only_what_limit_left(people: DataFrame) -> None:
    assert people.order_by("id").limit(2).agg(oldest=func.max(col("age")), n=func.count()).collect() == [
        {"oldest": 85, "n": 2}
    ]


def test_every_unknown_name_is_reported_at_once_with_the_closest(people: DataFrame) -> None:
    with pytest.raises(ColumnNotFoundError) as caught:
        people.select("id", "nmae", "citty")
    message = str(caught.value)
    assert "'nmae', 'citty'" in message
    assert "it has: 'id', 'name', 'age'" in message
    assert "'name' instead of 'nmae'" in message
    assert "'city' instead of 'citty'" in message


def test_an_unknown_name_in_an_expression(people: DataFrame) -> None:
    with pytest.raises(ColumnNotFoundError, match="No column 'agee'"):
        people.select(x=func.coalesce(col("agee") + 1, 0))


def test_an_expression_without_a_name_is_refused(people: DataFrame) -> None:
    with pytest.raises(ConfigurationError, match="does not know what to call"):
        people.select(col("age") + 1)


def test_two_columns_of_one_name_are_refused(people: DataFrame) -> None:
    with pytest.raises(ConfigurationError, match="two columns 'id'"):
        people.select("id", id=lit(1))


def test_a_plain_value_is_refused(people: DataFrame) -> None:
    with pytest.raises(ConfigurationError, match=r"lit\(value\)"):
        people.select(x=1)
