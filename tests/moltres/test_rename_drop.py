"""Other names, and fewer columns."""

from __future__ import annotations

import pytest

from moltres import DataFrame, col
from moltres.errors import ColumnNotFoundError, ConfigurationError


def test_rename_keeps_the_place(people: DataFrame) -> None:
    frame = people.select("id", "name", "age").rename({"name": "who"}, age="years")
    assert frame.columns == ("id", "who", "years")
    assert frame.where(col("who") == "Ada").collect() == [{"id": 1, "who": "Ada", "years": 36}]


def test_rename_can_swap(people: DataFrame) -> None:
    frame = people.select("id", "age").rename(id="age", age="id").where(col("age") == 1)
    assert frame.collect() == [{"age": 1, "id": 36}]


def test_rename_refuses_unknown_and_double_names(people: DataFrame) -> None:
    with pytest.raises(ColumnNotFoundError, match="'nam'"):
        people.rename(nam="x")
    with pytest.raises(ConfigurationError, match="duplicate column name 'id'"):
        people.rename(name="id")


def test_drop(people: DataFrame) -> None:
    assert people.drop("born", "amount").columns == ("id", "name", "age", "active", "city")


def test_drop_refuses_unknown_names_and_the_last_column(people: DataFrame) -> None:
    with pytest.raises(ColumnNotFoundError, match="'amout'"):
        people.drop("amout")
    with pytest.raises(ConfigurationError, match="at least one column"):
        people.select("id").drop("id")
