"""Finding tables, whatever they are called."""

from __future__ import annotations

import itertools
import threading
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import Column, Integer, MetaData, String, Table, inspect, text

from moltres import Database, col, connect, func
from moltres.dialects import catalog
from moltres.errors import ColumnNotFoundError, ConfigurationError, TableNotFoundError
from support.database_facts import facts_of
from support.dialect_conformance.data import run

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import URL

    from moltres.frame.source import Mode

NAMES = [
    "select",
    "Mixed Case",
    'quo"te',
    "it's",
    "dot.ted",
    "per%cent",
    "co:lon",
    "back`tick",
    "日本語",
    "order by; DROP TABLE x --",
    "par(en)",
    "brace{x}",
]


def make(db: Database, table: Table, **values: object) -> None:
    with db.engine.begin() as connection:
        table.create(connection)
        connection.execute(table.insert(), values)


@pytest.mark.parametrize("name", NAMES)
def test_names_of_tables_and_columns(db: Database, name: str) -> None:
    table = Table(name, MetaData(), Column(name, Integer), Column("plain", String(5)))
    with db.engine.begin() as connection:
        table.create(connection)
    assert db.insert(name, {name: 7, "plain": "x"}) == 1
    frame = db.table(name)
    assert frame.columns == (name, "plain")
    assert frame.where(col(name) == 7).select(col(name), n=col(name) + 1).collect() == [{name: 7, "n": 8}]
    assert frame.limit(1).where(col(name) > 1).group_by(name).agg(n=func.count()).order_by(name).count() == 1
    assert frame.join(frame, on=name).columns == (name, "plain", "plain_right")
    assert frame.with_columns(col(name).label("another")).where(col("another") == 7).count() == 1
    assert name in db.tables()
    assert frame.rename({"plain": f"{name}2"}).drop(name).collect() == [{f"{name}2": "x"}]
    assert db.update(name, {name: col(name) + 1}, where=col(name) == 7) == 1
    assert db.delete(name, where=col(name) == 8) == 1


def test_views(db: Database) -> None:
    make(db, Table("t", MetaData(), Column("a", Integer)), a=1)
    with db.engine.begin() as connection:
        connection.execute(text("CREATE VIEW seen AS SELECT a, a + 1 AS b FROM t"))
    assert db.table("seen").where(col("b") == 2).collect() == [{"a": 1, "b": 2}]
    assert db.tables() == ["seen", "t"]


@pytest.mark.parametrize("mode", ["append", "overwrite"])
def test_materialized_views(postgresql_url: URL, mode: Mode) -> None:
    with connect(postgresql_url) as db:
        with db.transaction() as connection:
            connection.execute(text("CREATE MATERIALIZED VIEW kept AS SELECT 1 AS id"))
        assert db.tables() == ["kept"]
        assert db.table("kept").collect() == [{"id": 1}]
        with pytest.raises(ConfigurationError, match="'kept' is a view"):
            db.write([{"id": 1}]).save_as_table("kept", mode=mode)


def test_schemas(db: Database) -> None:
    facts = facts_of(db.engine)
    if not facts.schemas_last:
        pytest.skip("schemas are those of one connection only")
    with db.engine.begin() as connection:
        connection.exec_driver_sql(facts.new_schema.format(name='"My Sales"'))
    make(db, Table("orders", MetaData(), Column("a", Integer), schema="My Sales"), a=5)
    assert db.table("My Sales.orders").collect() == [{"a": 5}]
    assert db.tables("My Sales") == ["orders"]
    with connect(db.engine, schema="My Sales") as inside:
        assert inside.table("orders").collect() == [{"a": 5}]
    with pytest.raises(TableNotFoundError):
        db.table("orders")
    make(db, Table("My Sales.orders", MetaData(), Column("b", Integer)), b=6)
    db.forget()
    assert db.table("My Sales.orders").collect() == [{"b": 6}], "a table of exactly that name comes first"


def test_a_thousand_columns(db: Database) -> None:
    names = [f"c{number}" for number in range(1000)]
    table = Table("wide", MetaData(), *(Column(name, Integer) for name in names))
    make(db, table, **dict.fromkeys(names, 3))
    frame = db.table("wide")
    assert len(frame.columns) == 1000
    assert frame.where(col("c999") == 3).with_columns(c0=col("c1") + 1).limit(1).first() == {
        **dict.fromkeys(names, 3),
        "c0": 4,
    }
    with pytest.raises(ColumnNotFoundError, match="and 980 more"):
        frame.select("c1000x")


def test_an_unknown_table_names_those_that_there_are(db: Database) -> None:
    make(db, Table("customers", MetaData(), Column("a", Integer)), a=1)
    with pytest.raises(TableNotFoundError) as caught:
        db.table("custmers")
    assert "Existing: 'customers'" in str(caught.value)
    assert "Did you mean 'customers'" in str(caught.value)
    with pytest.raises(TableNotFoundError):
        db.table("nowhere.customers")
    with pytest.raises(ConfigurationError):
        db.table("")


def test_columns_are_looked_up_once_until_forgotten(db: Database) -> None:
    make(db, Table("t", MetaData(), Column("a", Integer)), a=1)
    first = db.table("t")
    with db.engine.begin() as connection:
        connection.execute(text("ALTER TABLE t ADD COLUMN b INTEGER"))
    assert db.table("t").columns == ("a",)
    db.forget("t")
    assert db.table("t").columns == ("a", "b")
    assert first.collect() == [{"a": 1}]


def test_a_table_of_a_transaction_that_may_be_rolled_back_is_not_remembered(database_url: URL) -> None:
    with connect(database_url) as db, db.engine.connect() as connection:
        inside = connect(connection)
        db.dialect.begin(connection)
        connection.execute(text("CREATE TABLE fresh (a INTEGER)"))
        assert inside.table("fresh").columns == ("a",)
        connection.rollback()
        with pytest.raises(TableNotFoundError):
            inside.table("fresh")


def test_a_schema_of_more_parts_than_a_name_can_have(duckdb_url: URL) -> None:
    with connect(duckdb_url) as db:
        assert db.tables("a.b.c") == []
        with pytest.raises(ConfigurationError, match=r"'a\.b\.c'"):
            db.write([{"id": 1}]).save_as_table("t", schema="a.b.c")


def test_what_was_looked_up_before_a_write_is_not_remembered_behind_it(monkeypatch: pytest.MonkeyPatch) -> None:
    look_up = catalog.reflect

    def overtaken(*given: Any) -> Table:
        table = look_up(*given)
        monkeypatch.undo()
        writer = threading.Thread(target=lambda: db.write([{"b": 1}]).save_as_table("t", mode="overwrite"))
        writer.start()
        writer.join()
        return table

    with connect() as db:
        db.write([{"a": 1}]).save_as_table("t")
        monkeypatch.setattr(catalog, "reflect", overtaken)
        assert db.table("t").columns == ("a",)
        assert db.table("t").collect() == [{"b": 1}]


_SIMPLE = """
    id BIGINT PRIMARY KEY, "Na me" VARCHAR(20) NOT NULL DEFAULT 'it''s', b BOOLEAN, t TINYINT, s SMALLINT, i INT,
    h HUGEINT, ut UTINYINT, us USMALLINT, ui UINTEGER, ub UBIGINT, f FLOAT, d DOUBLE, x BLOB, da DATE, ti TIME,
    ts TIMESTAMP, tn TIMESTAMP_NS, tz TIMESTAMPTZ, u UUID UNIQUE, j JSON, n DECIMAL, n2 DECIMAL(38,0),
    g INT GENERATED ALWAYS AS (i + 1), c INT DEFAULT (1 + 2)
"""
_TABLES = {
    "TABLE Simple": _SIMPLE,
    "TABLE rare": f"{_SIMPLE}, e ENUM('a', 'b'), st STRUCT(a INT, b VARCHAR[]), m MAP(VARCHAR, INT), iv INTERVAL",
    'TABLE here."Odd.T""x"': "a INT NOT NULL",
    'TABLE here."select"': "a INT",
    'TABLE here."sel""ect"': "b INT",  # DuckDB's pragma reads this name as the one before
    "TABLE pg_class": "a INT",
    "TABLE hidden": "a INT",
    "TABLE t": "in_main INT",
    "TEMP TABLE t": "in_temp INT",
    "TABLE here.t": "here INT",
    "TABLE other.main.t": "other INT",
    "TABLE other.here.t": "there INT",
    "TABLE other.there.t": "only_there INT",
}


def test_duckdb_tells_what_sqlalchemy_reflects() -> None:
    db = connect("duckdb:///:memory:")
    with db.engine.connect() as connection:
        for statement in (
            "ATTACH ':memory:' AS other",
            *(f"CREATE SCHEMA {place}" for place in ("here", "other.here", "other.there")),
            *(f"CREATE {name} ({columns})" for name, columns in _TABLES.items()),
            "CREATE VIEW v AS SELECT 1 AS in_main",
            "CREATE TEMP VIEW hidden AS SELECT 1 AS hides_a_table",
        ):
            connection.exec_driver_sql(statement)
            connection.commit()
        names = ["simple", "RARE", 'Odd.T"x', "select", 'sel"ect', "pg_class", "pg_type", "hidden", "T", "v", "no"]
        places = [None, "main", "here", "HERE", "other", "other.main", "other.here", '"other"."here"', "there"]
        for search_path in ("main", "here", "other.here", "here,main"):
            connection.exec_driver_sql(f"SET search_path = '{search_path}'")
            for name, place in itertools.product(names, places):
                inspector = inspect(connection)
                there = inspector.has_table(name, place)
                assert db.dialect.has(connection, name, place) == there, (name, place, search_path)
                if not there:
                    continue
                found, expected = (
                    [(one["name"], repr(one["type"]), one["nullable"], one["default"]) for one in columns]
                    for columns in (db.dialect.columns_of(connection, name, place), inspector.get_columns(name, place))
                )
                assert found == expected, (name, place, search_path)
    db.close()


def test_duckdb_leaves_a_transaction_in_which_a_view_has_lost_its_file(tmp_path: Path) -> None:
    with connect("duckdb:///:memory:") as db:
        file = tmp_path / "gone.parquet"
        run(db, f"COPY (SELECT 1 AS a) TO '{file}'", f"CREATE VIEW v AS FROM '{file}'", "CREATE TABLE t (a INT)")
        file.unlink()
        with db.engine.begin() as connection, connect(connection) as joined:
            joined.write([{"a": 1}]).save_as_table("t", mode="append")
            with pytest.raises(ConfigurationError, match="is a view"):
                joined.write([{"a": 2}]).save_as_table("v", mode="append")
        assert db.table("t").collect() == [{"a": 1}]
