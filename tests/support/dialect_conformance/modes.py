"""append, ignore and error_if_exists: what is added, what is made, what is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from moltres import col
from moltres.errors import ConfigurationError, SchemaMismatchError, TableExistsError, TableNotFoundError
from support.dialect_conformance.base import DialectSuite
from support.dialect_conformance.data import OLD, rows, run

if TYPE_CHECKING:
    from moltres import Database


class Modes(DialectSuite):
    """The modes that never take anything away."""

    def test_append_adds_to_a_table_and_makes_a_missing_one(self, db: Database) -> None:
        first = db.write([{"id": 1}]).save_as_table("t", mode="append")
        second = db.write([{"id": 2}, {"id": 3}]).save_as_table("t", mode="append")
        assert (first.created, first.rows_written, second.created, second.rows_written) == (True, 1, False, 2)
        assert [row["id"] for row in rows(db)] == [1, 2, 3]

    def test_append_from_the_same_database(self, people: Database) -> None:
        frame = people.table("people").select("name", id=col("id") + 10)
        assert frame.write.save_as_table("people", mode="append").rows_written == 3
        assert people.table("people").count() == 6
        assert people.table("people").where(col("id") == 11).first() == {"id": 11, "name": "Ada", "age": None}

    def test_append_a_table_to_itself(self, db: Database) -> None:
        db.write([{"id": 1}, {"id": 2}]).save_as_table("t")
        assert db.table("t").write.save_as_table("t", mode="append").rows_written == 2
        assert db.table("t").count() == 4

    def test_ignore_writes_only_where_there_is_no_table(self, db: Database) -> None:
        assert not db.write([{"id": 1}]).save_as_table("t", mode="ignore").skipped
        again = db.write([{"other": 2}]).save_as_table("t", mode="ignore")
        assert (again.skipped, again.rows_written, again.created) == (True, 0, False)
        assert rows(db) == [{"id": 1}]

    def test_the_default_refuses_a_table_that_exists(self, db: Database) -> None:
        assert db.write([{"id": 1}]).save_as_table("t").created
        with pytest.raises(TableExistsError, match="'t' already exists"):
            db.write([{"id": 2}]).save_as_table("t")
        assert rows(db) == [{"id": 1}]

    def test_an_empty_result_makes_a_table_with_the_right_types(self, people: Database) -> None:
        result = people.table("people").where(col("id") < 0).write.save_as_table("nobody")
        assert (result.rows_written, result.created) == (0, True)
        people.table("people").write.save_as_table("nobody", mode="append")
        assert rows(people, "nobody") == rows(people, "people")

    def test_every_column_that_does_not_fit_is_named_at_once(self, people: Database) -> None:
        with pytest.raises(SchemaMismatchError) as caught:
            people.write([{"id": "one", "nmae": "x", "age": 1.5}]).save_as_table("people", mode="append")
        assert len(caught.value.mismatches) == 3
        assert "'id' is text, the target holds integer" in str(caught.value)
        assert "did you mean 'name'?" in str(caught.value)
        assert "'age' is float of 64 bits" in str(caught.value)
        assert people.table("people").count() == 3

    def test_a_required_column_must_be_given(self, db: Database) -> None:
        if not db.dialect.capabilities.constraints:
            run(db, "CREATE TABLE t (id INTEGER NOT NULL, c INTEGER)")
            with pytest.raises(SchemaMismatchError, match="column 'id' is missing"):
                db.write([{"c": 1}]).save_as_table("t", mode="append")
            return
        run(db, "CREATE TABLE t (id INTEGER NOT NULL, b INTEGER NOT NULL DEFAULT 7, c INTEGER)")
        with pytest.raises(SchemaMismatchError, match="column 'id' is missing"):
            db.write([{"c": 1}]).save_as_table("t", mode="append")
        db.write([{"id": 1}]).save_as_table("t", mode="append")
        assert rows(db) == [{"id": 1, "b": 7, "c": None}]

    def test_a_table_in_a_schema(self, db: Database, schema: str) -> None:
        db.write([{"id": 1}]).save_as_table(f"{schema}.t")
        db.write([{"id": 2}]).save_as_table("t", mode="append", schema=schema, run_key="r")
        db.write([{"id": 3, "b": 1}]).save_as_table(f"{schema}.t", mode="overwrite")
        assert rows(db, f"{schema}.t") == [{"id": 3, "b": 1}]
        assert set(db.tables(schema)) >= {"t"} | self.logs(db)

    def test_a_dot_in_a_name_stays_in_it_when_the_schema_is_given(self, db: Database, schema: str) -> None:
        db.write(OLD).save_as_table("a.b", schema=schema)
        assert "a.b" in db.tables(schema)

    def test_an_unknown_schema_is_refused(self, db: Database) -> None:
        with pytest.raises(ConfigurationError, match="'nowhere'"):
            db.write([{"id": 1}]).save_as_table("nowhere.t")

    def test_an_unknown_source_table(self, db: Database) -> None:
        with pytest.raises(TableNotFoundError):
            db.table("nothing").write.save_as_table("t")
