"""Changing rows of one table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import Column, Integer, MetaData, String, Table

from moltres import Database, col, lit, when
from moltres.errors import ColumnNotFoundError, ConfigurationError, QueryError, TableNotFoundError

if TYPE_CHECKING:
    from moltres import DataFrame


@pytest.fixture
def items(db: Database) -> DataFrame:
    table = Table(
        "items",
        MetaData(),
        Column("id", Integer, primary_key=True, autoincrement=False),
        Column("name", String(20), server_default="unknown"),
        Column("price", Integer),
    )
    with db.engine.begin() as connection:
        table.create(connection)
    db.insert("items", [{"id": n, "name": f"n{n}", "price": n * 10} for n in (1, 2, 3)])
    return db.table("items").order_by("id")


def test_insert_one_many_none(db: Database, items: DataFrame) -> None:
    assert db.insert("items", {"id": 4, "price": 1}) == 1
    assert db.insert("items", [{"id": 5, "name": None}, {"id": 6, "name": "six", "price": 6}]) == 2
    assert db.insert("items", []) == 0
    assert items.where(col("id") > 3).collect().rows == [(4, "unknown", 1), (5, None, None), (6, "six", 6)]


def test_insert_is_all_or_nothing(db: Database, items: DataFrame) -> None:
    with pytest.raises(QueryError):
        db.insert("items", [{"id": 7}, {"id": 8, "name": "x"}, {"id": 1}])
    assert items.count() == 3


def test_update(db: Database, items: DataFrame) -> None:
    assert db.update("items", {"price": col("price") + 1, "name": "new"}, where=col("id") >= 2) == 2
    assert items.collect().rows == [(1, "n1", 10), (2, "new", 21), (3, "new", 31)]
    changed = db.update("items", {"name": when(col("price") > 30, "dear").otherwise(col("name"))}, where=lit(True))
    assert changed == 3
    assert items.collect().column("name") == ["n1", "new", "dear"]
    assert db.update("items", {"price": None}, where=col("id") == 99) == 0


def test_delete(db: Database, items: DataFrame) -> None:
    assert db.delete("items", where=col("name").in_(["n1", "n3"])) == 2
    assert items.collect().column("id") == [2]
    assert db.delete("items", where=lit(True)) == 1
    assert items.count() == 0


def test_unknown_columns_and_tables_change_nothing(db: Database, items: DataFrame) -> None:
    with pytest.raises(ColumnNotFoundError) as caught:
        db.insert("items", [{"id": 9, "nmae": "x"}, {"id": 10, "prise": 1}])
    assert "'nmae', 'prise'" in str(caught.value)
    assert "'name' instead of 'nmae'" in str(caught.value)
    with pytest.raises(ColumnNotFoundError, match="'prise'"):
        db.update("items", {"prise": 1}, where=lit(True))
    with pytest.raises(ColumnNotFoundError, match="'prise'"):
        db.update("items", {"price": col("prise")}, where=lit(True))
    with pytest.raises(ColumnNotFoundError, match="'idd'"):
        db.delete("items", where=col("idd") == 1)
    with pytest.raises(TableNotFoundError, match="'items'"):
        db.insert("item", {"id": 1})
    assert items.count() == 3


@pytest.mark.parametrize("where", [True, None, "id = 1", 1])
def test_a_condition_must_be_one(db: Database, items: DataFrame, where: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"lit\(True\)"):
        db.delete("items", where=where)
    with pytest.raises(ConfigurationError, match=r"lit\(True\)"):
        db.update("items", {"price": 1}, where=where)
    assert items.count() == 3


def test_what_is_no_row(db: Database, items: DataFrame) -> None:
    with pytest.raises(ConfigurationError, match="save_as_table"):
        db.insert("items", [(1, "x", 2)])  # type: ignore[list-item]
    with pytest.raises(ConfigurationError, match="new values by column"):
        db.update("items", {}, where=lit(True))
