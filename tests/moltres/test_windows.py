"""Functions over other rows."""

from __future__ import annotations

from moltres import DataFrame, col, func


def test_the_first_of_each_group(people: DataFrame) -> None:
    ranked = people.with_columns(
        rank=func.row_number().over(partition_by=col("city"), order_by=[col("age").desc(), col("id")])
    )
    first = ranked.where(col("rank") == 1, col("city").is_not(None)).order_by("city").drop("rank")
    assert [(row["city"], row["id"]) for row in first.collect()] == [("London", 3), ("Los Angeles", 5), ("New York", 2)]


def test_running_totals_and_frames(people: DataFrame) -> None:
    frame = people.select("id", total=func.sum(col("id")).over(order_by=col("id"), rows=(None, 0)))
    assert [row["total"] for row in frame.order_by("id").collect()] == [1, 3, 6, 10, 15, 21]


def test_a_window_over_a_window(people: DataFrame) -> None:
    numbered = people.with_columns(n=func.row_number().over(order_by=col("id")))
    summed = numbered.with_columns(s=func.sum(col("n")).over())
    assert {row["s"] for row in summed.collect()} == {21}


def test_computing_with_a_window(people: DataFrame) -> None:
    share = people.with_columns(n=func.count().over(partition_by=col("active"))).with_columns(double=col("n") * 2)
    assert {row["double"] for row in share.where(col("active")).collect()} == {6}


def test_distinct_limit_and_order_see_windows(people: DataFrame) -> None:
    frame = people.select("active", n=func.count().over(partition_by=col("active"))).distinct()
    assert sorted(frame.collect().rows, key=str) == [(False, 2), (None, 1), (True, 3)]
    frame = people.with_columns(n=func.row_number().over(order_by=col("id").desc())).order_by("n").limit(1)
    assert frame.select("id").collect() == [{"id": 6}]
