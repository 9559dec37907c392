"""What stands within structures, lists and maps of DuckDB lands as it is in columns that have them, or is refused."""

from __future__ import annotations

import datetime as dt
from contextlib import suppress
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

from moltres import connect
from moltres.errors import MoltresError, SchemaMismatchError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from moltres import Database

VALUES = {
    "INTEGER": "1",
    "BIGINT": "9007199254740993",
    "VARCHAR": "'1'",
    "DOUBLE": "1.5::DOUBLE",
    "DECIMAL(5, 2)": "1.25::DECIMAL(5, 2)",
    "DATE": "DATE '2024-02-29'",
    "TIMESTAMP": "TIMESTAMP '2024-02-29 10:00:00'",
    "TIMESTAMP_NS": "TIMESTAMP_NS '2024-02-29 10:00:00.000000000'",
    "UUID": "'12345678-1234-5678-1234-567812345678'::UUID",
    "BLOB": "'x'::BLOB",
    "JSON": "'[1]'::JSON",
    "STRUCT(b INTEGER)": "{'b': 1}",
    "STRUCT(b INTEGER, c INTEGER)": "{'b': 1, 'c': 2}",
    "VARCHAR[]": "['1']",
}
WAYS = {
    "struct": ("{{'a': {}}}", "STRUCT(a {})"),
    "list of structs": ("[{{'a': {}}}]", "STRUCT(a {})[]"),
    "map": ("map {{'k': {}}}", "MAP(VARCHAR, {})"),
    "struct in a struct": ("{{'o': {{'a': {}}}}}", "STRUCT(o STRUCT(a {}))"),
}


@pytest.fixture
def duckdb() -> Iterator[Database]:
    with connect() as db:
        yield db


def create(db: Database, type_: str) -> None:
    with db.transaction() as connection:
        connection.execute(text("DROP TABLE IF EXISTS t"))
        connection.execute(text(f"CREATE TABLE t (x {type_})"))
    db.forget("t")


@pytest.mark.parametrize(
    ("way", "road"),
    [*((way, "query") for way in WAYS), ("struct", "rows"), ("map", "arrow"), ("struct", "other database")],
)
def test_what_stands_within_is_equal_or_refused(duckdb: Database, way: str, road: str) -> None:
    written, declared = WAYS[way]
    landed, turn = set(), [*WAYS].index(way)
    with connect() as other:
        for number, (own, value) in enumerate(VALUES.items()):
            source = other if road == "other database" else duckdb
            frame = source.sql(f"SELECT {written.format(value)} AS x")
            expected: Any = frame.collect()[0]["x"]
            given: Any = frame
            with suppress(MoltresError):  # Arrow has no form for some
                given = {"rows": frame.collect, "arrow": frame.to_arrow}.get(road, lambda frame=frame: frame)()
            for place, held in enumerate(VALUES):
                if held != own and (number + place + turn) % 2:
                    continue  # ways take turns: each pair is within half of them
                create(duckdb, declared.format(held))
                with suppress(MoltresError):
                    duckdb.write(given).save_as_table("t", mode="append")
                    found = duckdb.table("t").collect()[0]["x"]
                    assert found == expected, (own, held)
                    alike = repr(found) == repr(expected) or {own, held} & {"DOUBLE", "DECIMAL(5, 2)", "JSON"}
                    assert alike, (own, held, found)
                    landed.add((own, held))
    if road in {"query", "rows"}:
        assert {(own, own) for own in VALUES} <= landed


def test_the_column_and_the_field_are_named(duckdb: Database) -> None:
    create(duckdb, "STRUCT(a VARCHAR)[]")
    with pytest.raises(SchemaMismatchError, match=r"column 'x'[\s\S]*'a'"):
        duckdb.sql("SELECT [{'a': 1}] AS x").write.save_as_table("t", mode="append")
    with pytest.raises(SchemaMismatchError, match=r"column 'x'[\s\S]*is no text"):
        duckdb.write([{"x": [{"a": 1}]}]).save_as_table("t", mode="append")
    with pytest.raises(SchemaMismatchError, match=r"column 'x'[\s\S]*fields"):
        duckdb.sql("SELECT [{'a': 'x', 'b': 2}] AS x").write.save_as_table("t", mode="append")


@pytest.mark.parametrize("mode", ["merge", "overwrite_partitions", "append"])
def test_nanoseconds_within_lists_are_not_cut(duckdb: Database, mode: Any) -> None:
    with duckdb.transaction() as connection:
        connection.execute(text("CREATE TABLE t (id INTEGER, x TIMESTAMP[])"))
        connection.execute(text("INSERT INTO t VALUES (1, NULL)"))
    given = duckdb.sql("SELECT 1 AS id, [TIMESTAMP_NS '2024-02-29 10:00:00.000000001'] AS x")
    options = {"merge": {"keys": ["id"]}, "overwrite_partitions": {"partition_by": ["id"]}}.get(mode, {})
    with pytest.raises(SchemaMismatchError, match="column 'x'"):
        given.write.save_as_table("t", mode=mode, **options)
    assert duckdb.table("t").collect().column("x") == [None]


def test_a_structure_becomes_a_document_of_what_json_has(duckdb: Database) -> None:
    create(duckdb, "JSON")
    with pytest.raises(SchemaMismatchError, match="column 'x'"):
        duckdb.sql("SELECT {'a': DATE '2024-02-29'} AS x").write.save_as_table("t", mode="append")
    duckdb.sql("SELECT {'a': 1, 'b': 'x', 'c': 0.1::DECIMAL(5, 2)} AS x").write.save_as_table("t", mode="append")
    assert duckdb.table("t").collect()[0]["x"] == {"a": 1, "b": "x", "c": float(Decimal("0.1"))}


ROWS: dict[str, tuple[Any, ...]] = {
    "STRUCT(a INTEGER, b VARCHAR)": ({"a": 1, "b": "x'{"}, {"a": None, "b": None}, None),
    "STRUCT(t TIMESTAMP[], d DECIMAL(20, 5))[]": ([{"t": [], "d": Decimal("1.50000")}, None], [], None),
    "MAP(VARCHAR, INTEGER)": ({"a": 1, "b": None}, {}, None),
    "VARCHAR[2]": (["a", None], None),
}


@pytest.mark.parametrize("type_", ROWS)
@pytest.mark.parametrize("copies", [1, 900])
def test_dicts_and_lists_go_into_columns_of_such_values_however_many_they_are(type_: str, copies: int) -> None:
    with connect() as db:
        with db.transaction() as connection:
            connection.execute(text(f"CREATE TABLE t (id INTEGER, x {type_})"))
        rows = [{"id": number, "x": value} for number, value in enumerate(ROWS[type_] * copies)]
        db.write(rows).save_as_table("t", mode="append")
        assert db.table("t").order_by("id").collect() == rows


@pytest.mark.parametrize("form", ["{}", "[{}]", "{{'m': {}}}"])
@pytest.mark.parametrize("key", ["{'a': 1}", "[1]"])
def test_a_map_whose_keys_no_dict_has_is_refused(duckdb: Database, key: str, form: str) -> None:
    """The driver makes two lists of it."""
    made = form.format(f"MAP([{key}], [2])")
    with pytest.raises(SchemaMismatchError, match="column 'x'"):
        duckdb.sql("SELECT " + made.replace(":", "\\:") + " AS x").collect()
    assert duckdb.sql(f"SELECT CAST({made} AS VARCHAR) AS x".replace(":", "\\:")).count() == 1


def test_arrays_of_one_length_in_set_operations(duckdb: Database) -> None:
    create(duckdb, "INTEGER[2]")
    duckdb.write([{"x": [1, 2]}]).save_as_table("t", mode="append")
    frame = duckdb.table("t")
    assert frame.union_all(frame).collect() == [{"x": [1, 2]}] * 2
    assert frame.intersect(frame).collect() == [{"x": [1, 2]}]


def test_instants_of_nanoseconds_are_equal_or_refused(duckdb: Database) -> None:
    if not duckdb.sql("SELECT 1 AS x FROM duckdb_types() WHERE lower(type_name) = 'timestamptz_ns'").count():
        pytest.skip("a type of DuckDB 2")
    exact, cut = (f"'2024-02-29 10:00:00.123456{more}+00'::TIMESTAMPTZ_NS" for more in ("", "789"))
    instant = dt.datetime(2024, 2, 29, 10, 0, 0, 123456, tzinfo=dt.UTC)
    for form, held in (("{}", instant), ("[{}]", [instant])):
        frame = duckdb.sql(f"SELECT {form.format(exact)} AS x")
        assert frame.collect().column("x") == frame.to_arrow().column("x").to_pylist() == [held]
        refused = duckdb.sql(f"SELECT {form.format(cut)} AS x")
        for road in (refused.collect, refused.to_arrow):
            with pytest.raises(SchemaMismatchError, match="column 'x'"):
                road()
