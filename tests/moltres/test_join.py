"""Two frames side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import create_engine

from moltres import DataFrame, col, connect, func, lit
from moltres.errors import ColumnNotFoundError, ConfigurationError
from support.people import ids

if TYPE_CHECKING:
    from pathlib import Path

    from moltres import Database


@pytest.fixture
def visits(people: DataFrame, db: Database) -> DataFrame:
    return db.table("visits")


def rows(frame: DataFrame) -> list[tuple[Any, ...]]:
    return sorted(frame.collect().rows, key=str)


def test_pairs_keep_both_keys_and_the_suffix_tells_names_apart(people: DataFrame, visits: DataFrame) -> None:
    joined = people.select("id", "name").join(visits, on=[("id", "person_id")])
    assert joined.columns == ("id", "name", "id_right", "person_id", "page")
    assert rows(joined) == [(1, "Ada", 1, 1, "home"), (1, "Ada", 2, 1, "shop"), (3, "Alan", 3, 3, "home")]


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ("inner", [(1, 1), (1, 2), (3, 3)]),
        ("left", [(1, 1), (1, 2), (2, None), (3, 3), (4, None), (5, None), (6, None)]),
        ("right", [(1, 1), (1, 2), (3, 3), (None, 4), (None, 5)]),
        ("full", [(1, 1), (1, 2), (2, None), (3, 3), (4, None), (5, None), (6, None), (None, 4), (None, 5)]),
    ],
)
def test_kinds(people: DataFrame, visits: DataFrame, how: Any, expected: list[Any]) -> None:
    joined = people.join(visits, on=[("id", "person_id")], how=how)
    assert rows(joined.select("id", "id_right")) == expected


def test_a_common_name_becomes_one_column(people: DataFrame, visits: DataFrame) -> None:
    right = visits.select("page", id=col("person_id"))
    joined = people.select("id", "name").join(right, on="id", how="full")
    assert joined.columns == ("id", "name", "page")
    assert (99, None, "shop") in joined.collect().rows
    assert joined.where(col("id") == 99).count() == 1
    assert people.select("id", "name").join(right, "id", "right").where(col("id") == 99).count() == 1


def test_semi_and_anti_keep_the_left_alone(people: DataFrame, visits: DataFrame) -> None:
    assert sorted(ids(people.join(visits, on=[("id", "person_id")], how="semi"))) == [1, 3]
    anti = people.join(visits, on=[("id", "person_id")], how="anti")
    assert anti.columns == people.columns
    assert sorted(ids(anti)) == [2, 4, 5, 6]


def test_cross(people: DataFrame, visits: DataFrame) -> None:
    assert people.join(visits, how="cross").count() == 30


def test_a_condition_finds_right_names_by_their_suffix(people: DataFrame, visits: DataFrame) -> None:
    joined = people.join(visits, on=(col("id") == col("person_id")) & (col("id_right") > 1))
    assert rows(joined.select("id", "id_right")) == [(1, 2), (3, 3)]


def test_a_table_with_itself(people: DataFrame) -> None:
    joined = people.select("id", "age").join(people, on="age", suffix="_other").where(col("id") < col("id_other"))
    assert rows(joined.select("id", "id_other")) == [(1, 6)]
    assert people.join(people, on="id", how="semi").count() == 6
    assert people.join(people.where(col("id") > 4), on="id", how="anti").count() == 4


def test_rows_without_partner_have_null_in_computed_columns_too(people: DataFrame, visits: DataFrame) -> None:
    marked = visits.select("person_id", seen=lit(1))
    joined = people.select("id").join(marked, on=[("id", "person_id")], how="left")
    assert joined.where(col("seen").is_(None)).count() == 4
    turned = people.select("id", known=lit(1)).join(visits.drop("id"), on=[("id", "person_id")], how="right")
    assert turned.where(col("known").is_(None)).count() == 2


def test_filters_on_either_side_come_before_the_join(people: DataFrame, visits: DataFrame) -> None:
    joined = people.where(col("id") < 3).join(visits.where(col("page") == "home"), on=[("id", "person_id")], how="left")
    assert rows(joined.select("id", "page")) == [(1, "home"), (2, None)]
    whole = people.where(col("id") < 3).join(visits.where(col("page") == "home"), on=[("id", "person_id")], how="full")
    assert rows(whole.select("id", "id_right")) == [(1, 1), (2, None), (None, 3), (None, 4)]


def test_chains_of_joins_and_groups(people: DataFrame, visits: DataFrame) -> None:
    counts = visits.group_by("person_id").agg(visits=func.count())
    joined = (
        people.select("id", "city")
        .join(counts, on=[("id", "person_id")], how="left")
        .join(visits.select("page", person_id=col("person_id")), on=[("id", "person_id")], suffix="_2")
        .where(col("visits") > 1)
    )
    assert rows(joined.select("id", "visits", "page")) == [(1, 2, "home"), (1, 2, "shop")]


def test_plain_tables_are_joined_without_subqueries(people: DataFrame, visits: DataFrame) -> None:
    statement = str(
        people.where(col("age") > 1).join(visits, on=[("id", "person_id")]).where(col("page") == "x").statement
    )
    assert statement.count("SELECT") == 1


def test_mistakes(people: DataFrame, visits: DataFrame) -> None:
    with pytest.raises(ColumnNotFoundError) as caught:
        people.join(visits, on=["naame", ("id", "person")])
    assert "'naame' in the left frame" in str(caught.value)
    assert "'naame', 'person' in the right frame" in str(caught.value)
    with pytest.raises(ColumnNotFoundError, match="'pge'"):
        people.join(visits, on=col("pge") == col("name"))
    for condition in (col("id") == col("id"), (col("age") > col("id")) & (col("id") == col("person_id"))):
        with pytest.raises(ConfigurationError, match=r"compares columns of the left frame only: .*'id'") as refused:
            people.join(visits.with_columns(id=col("person_id")), on=[condition])
        assert "use 'id_right'" in str(refused.value)
    with pytest.raises(ConfigurationError, match=r"how must be one of .*'outer'"):
        people.join(visits, on="id", how="outer")  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match="duplicate column names: id_right"):
        people.with_columns(id_right=col("id")).join(visits, on=[("id", "person_id")])
    with pytest.raises(ConfigurationError, match="on=…"):
        people.join(visits)
    with pytest.raises(ConfigurationError, match="leave on= out"):
        people.join(visits, on="id", how="cross")
    with pytest.raises(ConfigurationError, match="other must be a DataFrame"):
        people.join([{"id": 1}], on="id")  # type: ignore[arg-type]


def test_two_databases_are_refused_with_the_way_out(people: DataFrame) -> None:
    with connect() as other, pytest.raises(ConfigurationError, match="same database") as caught:
        people.join(other.sql("SELECT 1 AS id"), on="id")
    assert "save_as_table" in str(caught.value)


def test_a_full_join_within_a_union(people: DataFrame, visits: DataFrame) -> None:
    """SQLite's own FULL JOIN returns rows here that the filter excludes."""
    whole = people.select("id", "city").join(visits.drop("id"), on=[("id", "person_id")], how="full")
    twice = whole.union_all(whole.where(col("id") < 0))
    assert twice.count() == 9
    assert twice.where(col("id") < 0).collect() == []
    assert twice.join(visits.select(id=col("id")), on="id", how="semi").count() == 6


def test_a_full_join_by_a_condition_and_with_itself(people: DataFrame, visits: DataFrame) -> None:
    joined = people.join(visits, on=(col("id") == col("id_right")) & (col("page") == "home"), how="full")
    assert rows(joined.select("id", "id_right")) == [
        (1, 1), (2, None), (3, 3), (4, 4), (5, None), (6, None), (None, 2), (None, 5)
    ]  # fmt: skip
    mirror = people.select("id").join(people.select("id", older=col("id") + 1), on=[("id", "older")], how="full")
    assert rows(mirror.select("id", "older")) == [(1, None), (2, 2), (3, 3), (4, 4), (5, 5), (6, 6), (None, 7)]


def test_a_page_joined_with_itself_is_whole_every_time(people: DataFrame) -> None:
    # An optimizer of DuckDB loses such rows about every second time.
    page = people.order_by("id", descending=True).offset(1).limit(1)
    assert {page.join(page.select("id").distinct(), on="id").count() for _ in range(50)} == {1}


def test_engines_of_the_caller_give_whole_pages_as_well(tmp_path: Path) -> None:
    engine = create_engine(f"duckdb:///{tmp_path / 'rows.duckdb'}")
    with connect(engine) as db:
        db.write([{"id": number} for number in range(5)]).save_as_table("t")
        page = db.table("t").order_by("id", descending=True).offset(1).limit(1)
        assert {page.join(page.select("id").distinct(), on="id").count() for _ in range(50)} == {1}
    engine.dispose()


def test_a_locked_configuration_with_the_fault_is_refused() -> None:
    engine = create_engine("duckdb://", connect_args={"config": {"lock_configuration": "true"}})
    with connect(engine) as db, pytest.raises(ConfigurationError, match="join_filter_pushdown"):
        db.sql("SELECT 1 AS a")
    engine.dispose()
    config = {"lock_configuration": "true", "disabled_optimizers": "join_filter_pushdown"}
    engine = create_engine("duckdb://", connect_args={"config": config})
    with connect(engine) as db:
        assert db.sql("SELECT 1 AS a").collect() == [{"a": 1}]
    engine.dispose()
