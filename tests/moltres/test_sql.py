"""Frames of queries in SQL."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from moltres import DataFrame, col, connect
from moltres.errors import ConfigurationError, MoltresError, QueryError
from support.database_facts import facts_of
from support.people import ids

if TYPE_CHECKING:
    from moltres import Database


def test_values_go_beside_the_text(people: DataFrame, db: Database) -> None:
    frame = db.sql("SELECT id, name FROM people WHERE age > :least AND name <> :name", least=40, name="x' OR 'x'='x")
    assert frame.columns == ("id", "name")
    assert sorted(ids(frame)) == [2, 3, 5]
    assert ids(frame.where(col("id") > 3)) == [5]


def test_types_of_columns_survive(people: DataFrame, db: Database) -> None:
    frame = db.sql("SELECT * FROM people WHERE id = :id", id=1)
    assert frame.collect() == [
        {
            "id": 1,
            "name": "Ada",
            "age": 36,
            "active": True,
            "city": "London",
            "amount": Decimal("10.50"),
            "born": dt.date(1815, 12, 10),
        }
    ]
    assert isinstance(frame.collect()[0]["active"], bool)


def test_colons_that_are_no_parameters(db: Database) -> None:
    frame = db.sql(
        """SELECT 'a :b' AS "c:d", ':e' AS f -- :g isn't one
        /* :h */, :i AS j""",
        i=1,
    )
    assert frame.collect() == [{"c:d": "a :b", "f": ":e", "j": 1}]


def test_casts_and_slices() -> None:
    with connect() as db:
        assert db.sql("SELECT :x::INTEGER AS a, [1, 2, 3][1:2] AS b", x="7").collect() == [{"a": 7, "b": [1, 2]}]


def test_a_trailing_semicolon_and_comment(db: Database) -> None:
    assert db.sql("SELECT 1 AS a;  ").collect() == [{"a": 1}]
    assert db.sql("SELECT 1 AS a -- done").where(col("a") == 1).count() == 1


def test_with_queries(people: DataFrame, db: Database) -> None:
    frame = db.sql("WITH old AS (SELECT * FROM people WHERE age > 80) SELECT id FROM old")
    assert sorted(ids(frame)) == [2, 5]


def test_percent_signs(people: DataFrame, db: Database) -> None:
    assert sorted(ids(db.sql("SELECT id FROM people WHERE name LIKE 'A%' AND id % 2 = 1"))) == [1, 3]


def test_joins_with_other_frames(people: DataFrame, db: Database) -> None:
    assert ids(people.join(db.sql("SELECT :x AS id", x=2), on="id", how="semi")) == [2]


def test_missing_and_unused_values_are_all_named(db: Database) -> None:
    with pytest.raises(ConfigurationError) as caught:
        db.sql("SELECT :first AS a, :second AS b", frist=1, third=2)
    message = str(caught.value)
    assert "no value for :first" in message
    assert "no value for :second" in message
    assert "frist= is not used (:first?)" in message
    assert "third= is not used" in message


def test_two_columns_of_one_name(people: DataFrame, db: Database) -> None:
    query = "SELECT a.id, b.id FROM people a JOIN people b ON a.id = b.id"
    if facts_of(db.engine).renames_columns:
        assert len(set(db.sql(query).columns)) == 2
        return
    with pytest.raises(MoltresError, match=r"'id'|ambiguous"):
        db.sql(query)


@pytest.mark.parametrize("query", ["", "  ", None, 5])
def test_what_is_no_query(db: Database, query: str) -> None:
    with pytest.raises(ConfigurationError, match="requires a query as a string"):
        db.sql(query)


def test_a_refused_query_says_what_the_driver_said_and_no_value(people: DataFrame, db: Database) -> None:
    with pytest.raises(QueryError) as caught:
        db.sql("SELECT nothing_like_it FROM people WHERE name = :name", name="hunter2")
    error = caught.value
    assert "nothing_like_it" in error.message
    assert error.driver_message is not None
    assert error.sql is not None
    assert "nothing_like_it" in error.sql
    chain: BaseException | None = error
    while chain is not None:
        assert "hunter2" not in f"{chain}{chain!r}"
        chain = chain.__cause__ or chain.__context__
    with pytest.raises(QueryError):
        db.sql("SELEKT 1")
    with pytest.raises(QueryError):
        db.sql("SELECT * FROM missing_table")


def test_an_error_while_rows_are_read(db: Database) -> None:
    db.write([{"x": "x"}]).save_as_table("t")
    frame = db.sql(f"SELECT CASE WHEN {facts_of(db.engine).broken} THEN 1 END AS a FROM t")
    with pytest.raises(QueryError):
        frame.collect()
    assert db.sql("SELECT 1 AS a").count() == 1
