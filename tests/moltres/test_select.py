"""Choosing and computing columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from moltres import DataFrame, col, func, lit
from moltres.errors import ColumnNotFoundError, ConfigurationError
from support.people import ROWS

if TYPE_CHECKING:
    from moltres import Database


def test_an_aggregate_beside_columns_is_refused(people: DataFrame) -> None:
    total = func.sum(col("age"))
    for wrong in (
        lambda: people.select(s=total, city=col("city")),
        lambda: people.select(s=total + col("age")),
        lambda: people.with_columns(s=total),
        lambda: people.select("city").order_by(total),
    ):
        with pytest.raises(ConfigurationError, match=r"city|age|order_by"):
            wrong()
    assert people.select(s=total, n=func.count(), one=lit(1)).count() == 1
    assert len(people.with_columns(s=total.over()).collect()) == people.count()


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
    assert "Existing: 'id', 'name', 'age'" in message
    assert "'name' instead of 'nmae'" in message
    assert "'city' instead of 'citty'" in message


def test_an_unknown_name_in_an_expression(people: DataFrame) -> None:
    with pytest.raises(ColumnNotFoundError, match="No column 'agee'"):
        people.select(x=func.coalesce(col("agee") + 1, 0))


def test_an_expression_without_a_name_is_refused(people: DataFrame) -> None:
    with pytest.raises(ConfigurationError, match="has no name"):
        people.select(col("age") + 1)


def test_two_columns_of_one_name_are_refused(people: DataFrame) -> None:
    with pytest.raises(ConfigurationError, match="duplicate column name 'id'"):
        people.select("id", id=lit(1))


def test_a_plain_value_is_refused(people: DataFrame) -> None:
    with pytest.raises(ConfigurationError, match=r"lit\(value\)"):
        people.select(x=1)


def test_where_and_order_by_know_what_select_left_out(people: DataFrame) -> None:
    frame = people.select("id", next_age=col("age") + 1).where(col("active") == True)  # noqa: E712 - as users write it
    assert str(frame.statement).count("SELECT") == 1
    frame = frame.order_by("age", descending=True)
    assert frame.columns == ("id", "next_age")
    assert [row["id"] for row in frame.collect()] == [2, 5, 1]
    assert [row["id"] for row in people.select("id").order_by(-col("age"), "id").limit(3).collect()] == [2, 5, 3]
    nested = people.select("id", "name").select("id").where(col("name") == "Ada", col("city") == "London")
    assert nested.collect() == [{"id": 1}]


def test_what_select_shows_hides_what_it_left_out(people: DataFrame) -> None:
    frame = people.select("id", age=col("id") * 100).where(col("age") == 300)
    assert frame.collect() == [{"id": 3, "age": 300}]


def test_what_was_left_out_ends_with_the_subquery(people: DataFrame) -> None:
    for sealed in (
        people.select("id").limit(3),
        people.select("id").distinct(),
        people.select("id", n=func.row_number().over()),
        people.select("id").group_by("id").agg(),
        people.select("id").union_all(people.select("id")),
    ):
        with pytest.raises(ColumnNotFoundError, match="'age'"):
            sealed.where(col("age") > 40)
    with pytest.raises(ColumnNotFoundError) as caught:
        people.select("id").limit(3).where(col("age") > 40)
    assert caught.value.suggestion == "select() dropped 'age': use it before select(), or select it too."
    with pytest.raises(ColumnNotFoundError, match="'age'"):
        people.select("id").distinct().order_by("age")
    with pytest.raises(ColumnNotFoundError, match="'age'"):
        people.drop("age").where(col("age") > 40)
    with pytest.raises(ColumnNotFoundError, match="'age'"):
        people.select("id").select("age")
    with pytest.raises(ColumnNotFoundError, match="'age'"):
        people.select("id").with_columns(x=col("age"))


@pytest.mark.parametrize("verb", ["select", "with_columns", "group_by", "agg"])
def test_an_empty_name_is_refused(db: Database, verb: str) -> None:
    db.write([{"id": 1}]).save_as_table("t")
    given = {"": func.max(col("id")) if verb == "agg" else col("id")}
    with pytest.raises(ConfigurationError, match="must not be empty"):
        getattr(db.table("t"), verb)(**given)
