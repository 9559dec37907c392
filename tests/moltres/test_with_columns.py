"""Adding and replacing columns."""

from __future__ import annotations

from moltres import DataFrame, col, func


def test_a_new_column_stands_at_the_end_and_a_replaced_one_stays(people: DataFrame) -> None:
    frame = people.with_columns(age=col("age") + 1, old_age=col("age"))
    assert frame.columns == ("id", "name", "age", "active", "city", "amount", "born", "old_age")
    assert frame.order_by("id").select("age", "old_age").first() == {"age": 37, "old_age": 36}


def test_without_arguments_nothing_changes(people: DataFrame) -> None:
    assert people.with_columns() is people


def test_where_over_a_computed_column_stays_in_one_select(people: DataFrame) -> None:
    frame = people.with_columns(double=col("age") * 2).where(col("double") > 80)
    assert str(frame.statement).count("SELECT") == 1
    assert sorted(row["double"] for row in frame.collect()) == [82, 168, 170]


def test_a_column_that_grows_upon_itself_stays_small(people: DataFrame) -> None:
    """Each step doubles the expression: written out, the last would have a million terms."""
    frame = people.select("id", n=col("id"))
    for _ in range(20):
        frame = frame.with_columns(n=col("n") + col("n"))
    assert frame.where(col("id") == 1).collect() == [{"id": 1, "n": 2**20}]


def test_three_hundred_steps_upon_each_other(people: DataFrame) -> None:
    frame = people.select(n=col("id"))
    for _ in range(300):
        frame = frame.with_columns(n=col("n") + 1)
    assert sorted(row["n"] for row in frame.collect()) == [301, 302, 303, 304, 305, 306]


def test_a_random_column_is_drawn_once(people: DataFrame) -> None:
    frame = people.with_columns(r=func.random()).select("r", again=col("r"))
    assert str(frame.statement).count("random") == 1
