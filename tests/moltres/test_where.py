"""Keeping rows."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from moltres import DataFrame, col, connect, func, lit
from moltres.errors import ConfigurationError
from support.people import ids

if TYPE_CHECKING:
    from pathlib import Path

    from moltres import Database


@pytest.mark.parametrize(
    ("predicate", "expected"),
    [
        (col("age") > 40, [2, 3, 5]),
        (~(col("age") > 40), [1, 6]),
        (col("age").is_(None), [4]),
        (col("age") == None, [4]),  # noqa: E711 - as users write it
        (col("city").in_(["London", "Los Angeles"]), [1, 3, 5]),
        (col("city").not_in(["London"]), [2, 5, 6]),
        (col("age").between(36, 41), [1, 3, 6]),
        (col("name").like("A%"), [1, 3]),
        (col("name").ilike("%A"), [1, 5]),
        (col("name").startswith("Bar"), [5]),
        ((col("age") == 36) & (col("active") == True), [1]),  # noqa: E712 - as users write it
        ((col("age") == 36) | (col("age") == 85), [1, 2, 6]),
        (col("active"), [1, 2, 5]),
        (~col("active"), [3, 6]),
        (col("amount") == Decimal("10.50"), [1, 5]),
        (col("amount") < 0, [4]),
        (col("born") < dt.date(1907, 1, 1), [1, 2]),
        (func.length(col("name")) == 3, [1]),
        (func.lower(col("name")) + "!" == "ada!", [1]),
        (col("name") + col("city") == "AdaLondon", [1]),
        (sa.or_(col("id") == 1, sa.and_(col("id") > 4, col("active"))), [1, 5]),
        (sa.not_(sa.or_(col("id") == 1, col("id") > 3)), [2, 3]),
        (col("id") % 2 == 0, [2, 4, 6]),
        (col("id") / 2 == 1.5, [3]),
        (100 - col("id") > 97, [1, 2]),
        (sa.case((col("active"), col("id")), else_=0) > 1, [2, 5]),
        (sa.cast(col("id"), sa.String) == "4", [4]),
        (col("id").is_distinct_from(col("age")), [1, 2, 3, 4, 5, 6]),
        (lit(True), [1, 2, 3, 4, 5, 6]),
        (sa.extract("year", col("born")) == 1912, [3]),
    ],
)
def test_predicates(people: DataFrame, predicate: Any, expected: list[int]) -> None:
    assert sorted(ids(people.where(predicate))) == expected


def test_several_predicates_and_several_verbs_are_the_same(people: DataFrame) -> None:
    together = people.where(col("age") > 35, col("active") == True)  # noqa: E712 - as users write it
    apart = people.filter(col("age") > 35).filter(col("active") == True)  # noqa: E712 - as above
    assert str(together.statement) == str(apart.statement)
    assert sorted(ids(together)) == [1, 2, 5]


def test_nine_hundred_filters_are_one_select(people: DataFrame) -> None:
    frame = people
    for number in range(900):
        frame = frame.where(col("id") != number + 2)
    assert str(frame.statement).count("SELECT") == 1
    assert ids(frame) == [1]


def test_where_after_limit_sees_what_limit_left(people: DataFrame) -> None:
    assert ids(people.order_by("id").limit(3).where(col("id") > 1)) == [2, 3]


def test_where_after_a_window_does_not_change_the_window(people: DataFrame) -> None:
    frame = people.with_columns(n=func.count().over()).where(col("id") < 3)
    assert {row["n"] for row in frame.collect()} == {6}


def test_a_subquery_as_value(people: DataFrame, db: Database) -> None:
    oldest = people.agg(age=func.max(col("age"))).statement.scalar_subquery()
    assert ids(people.where(col("age") == oldest)) == [2]
    visitors = db.table("visits").select("person_id").statement
    assert sorted(ids(people.where(col("id").in_(visitors)))) == [1, 3]


@pytest.mark.parametrize("mistake", [True, False, "age > 5", 1, None])
def test_what_is_no_condition_is_refused(people: DataFrame, mistake: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"where\(\) requires a"):
        people.where(mistake)


@pytest.mark.parametrize("form", ["", ":00", ":00.000000", ":00.0"])
def test_moments_of_sqlite_are_compared_whatever_form_they_are_stored_in(tmp_path: Path, form: str) -> None:
    with connect(f"sqlite:///{tmp_path / 'moments.db'}") as db:
        with db.transaction() as connection:
            connection.exec_driver_sql("CREATE TABLE t (id integer, ts datetime, tm time)")
            for number, day in enumerate(
                ("2024-02-01 10:00", "2024-02-01T10:00", "2024-02-01 10:00:00.5", "2024-02-01")
            ):
                moment = day if number > 1 else f"{day}{form}"
                connection.exec_driver_sql(f"INSERT INTO t VALUES ({number}, '{moment}', '{moment[11:]}')")
        frame, ten = db.table("t"), dt.datetime(2024, 2, 1, 10)  # noqa: DTZ001 - the column has no zone
        for value in (ten, "2024-02-01 10:00:00", lit(ten)):
            for condition, ids in {
                col("ts") == value: [0, 1],
                col("ts") >= value: [0, 1, 2],
                col("ts") > value: [2],
                col("ts") < value: [3],
                col("ts") != value: [2, 3],
                lit(ten) == col("ts"): [0, 1],
                col("ts").in_([value]): [0, 1],
                col("ts").between(value, value): [0, 1],
            }.items():
                assert sorted(frame.where(condition).collect().column("id")) == ids, str(condition)
        assert frame.where(col("ts") == dt.date(2024, 2, 1)).collect().column("id") == [3]
        assert sorted(frame.where(col("tm") == dt.time(10)).collect().column("id")) == [0, 1]
        assert db.update("t", {"id": 9}, where=col("tm") > "10:00") == 1
