"""What a frame says of itself."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa
from sqlalchemy import text

from moltres import DataFrame, col, func, lit
from moltres.errors import ConfigurationError

if TYPE_CHECKING:
    from moltres import Database


def test_schema_of_a_table(people: DataFrame) -> None:
    schema = people.schema
    assert list(schema) == list(people.columns)
    assert isinstance(schema["id"], sa.Integer)
    assert isinstance(schema["name"], sa.String)
    assert isinstance(schema["amount"], sa.Numeric)
    assert (schema["amount"].precision, schema["amount"].scale) == (10, 2)
    assert isinstance(schema["born"], sa.Date)
    assert isinstance(schema["active"], sa.Boolean)


def test_schema_of_computed_columns(people: DataFrame) -> None:
    frame = people.select(
        "name",
        next=col("age") + 1,
        old=col("age") > 80,
        both=col("name") + col("city"),
        day=func.max(col("born")).over(),
    )
    kinds = {"name": sa.String, "next": sa.Integer, "old": sa.Boolean, "both": sa.String, "day": sa.Date}
    assert {name: isinstance(type_, kinds[name]) for name, type_ in frame.schema.items()} == dict.fromkeys(kinds, True)


def test_count(people: DataFrame) -> None:
    assert people.count() == 6
    assert people.where(col("age") > 80).order_by("id").count() == 2
    assert people.with_columns(n=func.row_number().over()).count() == 6
    assert people.select("city").distinct().limit(3).count() == 3


def test_first(people: DataFrame) -> None:
    first = people.order_by("id").first()
    assert first is not None
    assert first["name"] == "Ada"
    assert people.where(col("id") < 0).first() is None


def test_show(people: DataFrame, capsys: pytest.CaptureFixture[str]) -> None:
    people.select("id", "name", note=col("name") + "\n" + col("name")).order_by("id", descending=True).limit(3).show(2)
    assert capsys.readouterr().out == (
        "id  name     note\n"
        "──  ───────  ───────────────\n"
        " 6  NULL     NULL\n"
        " 5  Barbara  Barbara⏎Barbara\n"
        "… more than 2 rows\n"
    )
    people.select("id").where(col("id") < 0).show()
    assert capsys.readouterr().out == "id\n──\n"


def test_to_sql_can_be_run_as_it_is(people: DataFrame, db: Database) -> None:
    frame = people.where(col("name").like("A%"), col("age") > 36, col("city").in_(["London", "it's"])).select("id")
    sql = frame.to_sql()
    assert "'A%'" in sql
    with db.connection() as connection:
        doubled = sql.replace("%", "%%") if db.engine.dialect.paramstyle.endswith("format") else sql
        assert connection.exec_driver_sql(doubled).all() == [(3,)]
    places = frame.to_sql(literals=False)
    assert "'A%'" not in places
    assert [re.search(rf":{name}_\d", places) is not None for name in ("name", "age", "city")] == [True] * 3
    assert "POSTCOMPILE" not in places


def test_to_sql_keeps_a_name_that_looks_like_the_place_of_a_value(db: Database) -> None:
    frame = db.sql("SELECT 1 AS a").select(**{"__[POSTCOMPILE_a_1]": col("a")}).where(lit("__[POSTCOMPILE_b_1]") != "x")
    assert "__[POSTCOMPILE_a_1]" in frame.to_sql(literals=False)


def test_explain(people: DataFrame, db: Database) -> None:
    plan = people.where(col("id") == 1, col("name") == "Ada").explain()
    assert "people" in plan
    if not db.dialect.capabilities.explain_analyze:
        with pytest.raises(ConfigurationError, match="Leave analyze out"):
            people.explain(analyze=True)
    else:
        assert "ime" in people.where(col("id") == 1).explain(analyze=True)


def test_repr_needs_no_database(people: DataFrame, db: Database) -> None:
    with db.engine.begin() as connection:
        connection.execute(text("DROP TABLE people"))
    assert repr(people).startswith("DataFrame(id, name, age, active, city, amount, born) of Database(")
