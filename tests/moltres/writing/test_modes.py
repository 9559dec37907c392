"""append, ignore, error_if_exists, and what is refused before anything is done."""

from __future__ import annotations

import pytest

from moltres import Database, col
from moltres.errors import ConfigurationError, SchemaMismatchError, TableExistsError, TableNotFoundError


def test_append_adds_to_a_table_and_makes_a_missing_one(db: Database) -> None:
    first = db.write([{"a": 1}]).save_as_table("t", mode="append")
    second = db.write([{"a": 2}, {"a": 3}]).save_as_table("t", mode="append")
    assert (first.created, first.rows_written, second.created, second.rows_written) == (True, 1, False, 2)
    assert [row["a"] for row in db.table("t").order_by("a").collect()] == [1, 2, 3]


def test_append_from_the_same_database_is_one_statement(people: Database) -> None:
    frame = people.table("people").select("name", id=col("id") + 10)
    assert frame.write.save_as_table("people", mode="append").rows_written == 3
    assert people.table("people").count() == 6
    assert people.table("people").where(col("id") == 11).first() == {"id": 11, "name": "Ada", "age": None}


def test_append_a_table_to_itself(db: Database) -> None:
    db.write([{"a": 1}, {"a": 2}]).save_as_table("t")
    assert db.table("t").write.save_as_table("t", mode="append").rows_written == 2
    assert db.table("t").count() == 4


def test_ignore_writes_only_where_there_is_no_table(db: Database) -> None:
    assert not db.write([{"a": 1}]).save_as_table("t", mode="ignore").skipped
    again = db.write([{"b": 2}]).save_as_table("t", mode="ignore")
    assert (again.skipped, again.rows_written, again.created) == (True, 0, False)
    assert list(db.table("t").collect()) == [{"a": 1}]


def test_the_default_refuses_a_table_that_exists(db: Database) -> None:
    assert db.write([{"a": 1}]).save_as_table("t").created
    with pytest.raises(TableExistsError, match="'t' exists already"):
        db.write([{"a": 2}]).save_as_table("t")
    assert db.table("t").count() == 1


def test_an_empty_result_makes_a_table_with_the_right_types(people: Database) -> None:
    nobody = people.table("people").where(col("id") < 0)
    result = nobody.write.save_as_table("nobody")
    assert (result.rows_written, result.created) == (0, True)
    people.table("people").write.save_as_table("nobody", mode="append")
    copied, original = (people.table(name).order_by("id").collect() for name in ("nobody", "people"))
    assert list(copied) == list(original)


def test_nothing_at_all_tells_no_columns(db: Database) -> None:
    with pytest.raises(ConfigurationError, match="nothing tells the columns"):
        db.write([]).save_as_table("t")
    assert db.tables() == []


def test_every_column_that_does_not_fit_is_named_at_once(people: Database) -> None:
    with pytest.raises(SchemaMismatchError) as caught:
        people.write([{"id": "one", "nmae": "x", "age": 1.5}]).save_as_table("people", mode="append")
    assert len(caught.value.mismatches) == 3
    assert "'id' is text, the target holds integer" in str(caught.value)
    assert "did you mean 'name'?" in str(caught.value)
    assert "'age' is float of 64 bits" in str(caught.value)
    assert people.table("people").count() == 3


def test_a_required_column_must_be_given(db: Database) -> None:
    with db.transaction() as connection:
        connection.exec_driver_sql("CREATE TABLE t (a INTEGER NOT NULL, b INTEGER NOT NULL DEFAULT 7, c INTEGER)")
    with pytest.raises(SchemaMismatchError, match="column 'a' is missing"):
        db.write([{"c": 1}]).save_as_table("t", mode="append")
    db.write([{"a": 1}]).save_as_table("t", mode="append")
    assert list(db.table("t").collect()) == [{"a": 1, "b": 7, "c": None}]


def test_a_mistyped_mode_gets_the_closest_one(db: Database) -> None:
    with pytest.raises(ConfigurationError, match="Did you mean 'overwrite'"):
        db.write([{"a": 1}]).save_as_table("t", mode="overwite")  # type: ignore[arg-type]


def test_contradicting_options_are_refused_all_at_once(db: Database) -> None:
    with pytest.raises(ConfigurationError) as caught:
        db.write([{"a": 1}]).save_as_table("", mode="append", keys=["a"], partition_by="a", batch_rows=0, run_key="")
    parts = ("name is ''", "keys is for mode='merge'", "partition_by is a text", "batch_rows is 0", "run_key is ''")
    assert [part for part in parts if part not in str(caught.value)] == []
    for mode, need in (("merge", "keys"), ("overwrite_partitions", "partition_by")):
        with pytest.raises(ConfigurationError, match=f"needs {need}"):
            db.write([{"a": 1}]).save_as_table("t", mode=mode)  # type: ignore[arg-type]


def test_an_unknown_schema_is_refused(db: Database) -> None:
    with pytest.raises(ConfigurationError, match="'nowhere'"):
        db.write([{"a": 1}]).save_as_table("nowhere.t")


def test_a_table_in_a_schema(db: Database) -> None:
    if db.dialect.name == "sqlite":
        schema = "main"
    else:
        schema = "mart"
        with db.transaction() as connection:
            connection.exec_driver_sql("CREATE SCHEMA mart")
    db.write([{"a": 1}]).save_as_table(f"{schema}.t")
    db.write([{"a": 2}]).save_as_table("t", mode="append", schema=schema, run_key="r")
    db.write([{"a": 3, "b": 1}]).save_as_table(f"{schema}.t", mode="overwrite")
    assert list(db.table(f"{schema}.t").collect()) == [{"a": 3, "b": 1}]
    assert "moltres_loads" in db.tables(schema)


def test_a_dot_in_a_name_stays_in_it_when_the_schema_is_given(db: Database) -> None:
    schema = {"sqlite": "main", "duckdb": "main", "postgresql": "public"}[db.dialect.name]
    db.write([{"a": 1}]).save_as_table("a.b", schema=schema)
    assert list(db.table("a.b").collect()) == [{"a": 1}]


def test_an_unknown_source_table(db: Database) -> None:
    with pytest.raises(TableNotFoundError):
        db.table("nothing").write.save_as_table("t")


@pytest.mark.parametrize("data", [{"a": 1}, 7, "text", object()])
def test_data_of_no_known_form(db: Database, data: object) -> None:
    with pytest.raises(ConfigurationError, match=r"write\(\) got"):
        db.write(data).save_as_table("t")


def test_progress_is_told_after_each_batch(db: Database) -> None:
    told: list[int] = []
    rows = [{"a": number} for number in range(10)]
    db.write(rows).save_as_table("t", batch_rows=4, on_progress=told.append)
    assert told == [4, 8, 10, 10]
