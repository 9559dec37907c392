"""on_schema_change: columns that the table does not have are added or left out, and types widened, never in silence."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import Column, Integer, MetaData, Numeric, String, Table
from sqlalchemy.exc import DBAPIError

from moltres import col, connect
from moltres.errors import ConfigurationError, QueryError, SchemaMismatchError
from support.dialect_conformance.base import DialectSuite
from support.dialect_conformance.data import rows, run

if TYPE_CHECKING:
    from sqlalchemy import URL

    from moltres import Database

OLD = [{"id": 1, "n": 10}, {"id": 2, "n": 20}]
NEW = [{"id": 2, "n": 21, "name": "ä"}, {"id": 3, "n": 30, "name": None}]

MODES: list[tuple[Any, dict[str, Any], list[tuple[Any, ...]]]] = [
    ("append", {}, [(1, 10, None), (2, 20, None), (2, 21, "ä"), (3, 30, None)]),
    ("merge", {"keys": ["id"]}, [(1, 10, None), (2, 21, "ä"), (3, 30, None)]),
    ("overwrite_partitions", {"partition_by": ["id"]}, [(1, 10, None), (2, 21, "ä"), (3, 30, None)]),
]


def values(db: Database, *names: str) -> list[tuple[Any, ...]]:
    return sorted((tuple(row[name] for name in names) for row in rows(db)), key=lambda row: row[:2])


class SchemaChanges(DialectSuite):
    """A source gets columns, and the table with it, or not."""

    def changes(self, db: Database) -> bool:
        return db.dialect.capabilities.transactions

    @pytest.mark.parametrize(("mode", "options", "expected"), MODES, ids=[mode for mode, _, _ in MODES])
    def test_a_new_column_is_added(self, db: Database, mode: Any, options: Any, expected: Any) -> None:
        db.write(OLD).save_as_table("t")
        if not (self.changes(db) and db.dialect.adds_columns):
            with pytest.raises(ConfigurationError, match="not supported"):
                db.write(NEW).save_as_table("t", mode=mode, on_schema_change="append_new_columns", **options)
            return
        result = db.write(NEW).save_as_table("t", mode=mode, on_schema_change="append_new_columns", **options)
        assert result.schema_changes == ("column 'name' was added (text)",)
        assert values(db, "id", "n", "name") == expected
        again = db.write(NEW).save_as_table("t", mode=mode, on_schema_change="append_new_columns", **options)
        assert again.schema_changes == ()

    @pytest.mark.parametrize("staged", [False, True], ids=["from elsewhere", "same database"])
    @pytest.mark.parametrize(("mode", "options", "expected"), MODES, ids=[mode for mode, _, _ in MODES])
    def test_a_new_column_is_left_out(self, db: Database, mode: Any, options: Any, expected: Any, staged: bool) -> None:
        if not self.changes(db):
            pytest.skip("a write is one statement, and changes no table")
        db.write(OLD).save_as_table("t")
        given: Any = NEW
        if staged:
            db.write(NEW).save_as_table("news")
            given = db.table("news")
        result = db.write(given).save_as_table("t", mode=mode, on_schema_change="ignore", **options)
        assert result.schema_changes == ("column 'name' of the rows was left out",)
        assert values(db, "id", "n") == [row[:2] for row in expected]
        assert db.table("t").columns == ("id", "n")

    def test_columns_from_another_database_are_added(self, db: Database) -> None:
        if not (self.changes(db) and db.dialect.adds_columns):
            pytest.skip("this database adds no columns here")
        db.write(OLD).save_as_table("t")
        with connect() as shop:
            shop.write([{"name": "x", "id": 3, "amount": Decimal("1.50"), "n": 5}]).save_as_table("t")
            result = db.write(shop.table("t")).save_as_table("t", mode="append", on_schema_change="append_new_columns")
        assert len(result.schema_changes) == 2
        assert values(db, "id", "n", "name", "amount")[-1] == (3, 5, "x", Decimal("1.50"))

    def test_types_are_widened_where_nothing_is_lost(self, url: URL, db: Database) -> None:
        if not (self.changes(db) and db.dialect.widens_types):
            pytest.skip("this database does not widen types")
        columns = [Column("id", Integer), Column("s %s", String(3), server_default="%%"), Column("d", Numeric(5, 2))]
        Table("t", MetaData(), *columns, Column("f", Integer, nullable=False)).create(db.engine)
        run(db, "INSERT INTO t VALUES (1, 'abc', 123.45, 7)")
        long = [{"id": 2**40, "s %s": "longer", "d": Decimal("123456789.1234"), "f": 1}]
        with pytest.raises((QueryError, SchemaMismatchError)):
            db.write(long).save_as_table("t", mode="append")
        with connect(url) as fresh:  # a connection that has written nothing yet
            result = fresh.write(long).save_as_table("t", mode="append", on_schema_change="append_new_columns")
        db.forget()
        said = " ".join(result.schema_changes)
        assert "'id' was widened (integer of 32 bits to integer of 64 bits)" in said
        assert "'d' was widened (decimal(5, 2) to " in said
        assert values(db, "id", "s %s", "d")[-1] == (2**40, "longer", Decimal("123456789.1234"))
        assert values(db, "id", "s %s", "d")[0] == (1, "abc", Decimal("123.45"))
        with pytest.raises(DBAPIError, match=r"(?i)null"):
            run(db, "INSERT INTO t (id, f) VALUES (5, NULL)")  # still NOT NULL
        run(db, "INSERT INTO t (id, f) VALUES (6, 1)")
        assert [row["s %s"] for row in rows(db)][-2:] == ["%%", "longer"], "the default stays"

    @pytest.mark.parametrize(
        "ddl",
        [
            ["CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER)"],
            ["CREATE TABLE t (id INTEGER, n INTEGER)", "CREATE VIEW w AS SELECT id FROM t"],
            ["CREATE TABLE t (id INTEGER, n INTEGER)", "CREATE INDEX i ON t (id)"],
            ["CREATE TABLE t (id INTEGER CHECK (id > 0), n INTEGER)"],
            ["CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER)", "CREATE TABLE u (id INTEGER REFERENCES t (id))"],
        ],
        ids=["key", "view", "index", "check", "referred to"],
    )
    def test_a_column_that_cannot_be_widened_takes_what_fits(self, db: Database, ddl: list[str]) -> None:
        if not (self.changes(db) and db.dialect.widens_types):
            pytest.skip("this database does not widen types")
        run(db, *ddl)
        for value in (5, 2**40):
            new = [{"id": value, "n": 1, "name": "x"}]
            try:
                db.write(new).save_as_table("t", mode="append", on_schema_change="append_new_columns")
            except SchemaMismatchError as error:
                assert value > 5
                assert "column 'id': 1099511627776 (int) needs more than 32 bits" in str(error)  # noqa: PT017
            except ConfigurationError as error:  # the database ends the transaction
                assert re.search(r"column '\w+' cannot be widened: .*depend", str(error))  # noqa: PT017
            else:
                assert values(db, "id", "n", "name")[-1] == (value, 1, "x")

    def test_what_fails_changes_no_column(self, db: Database) -> None:
        if not (self.changes(db) and db.dialect.adds_columns and db.dialect.capabilities.transactional_ddl):
            pytest.skip("ALTER TABLE commits here")
        db.write(OLD).save_as_table("t")

        def dies(_: int) -> None:
            raise OSError("killed")

        with pytest.raises(OSError, match="killed"):
            db.write(NEW).save_as_table("t", mode="append", on_schema_change="append_new_columns", on_progress=dies)
        db.forget()
        assert db.table("t").columns == ("id", "n")

    def test_other_faults_are_still_faults(self, db: Database) -> None:
        if not self.changes(db):
            pytest.skip("a write is one statement, and changes no table")
        db.write(OLD).save_as_table("t")
        for how in ("ignore", "append_new_columns"):
            with pytest.raises(SchemaMismatchError, match="'n' is text, the target holds integer"):
                db.write([{"id": 1, "n": "x"}]).save_as_table("t", mode="append", on_schema_change=how)  # type: ignore[arg-type]
        with pytest.raises(SchemaMismatchError, match="'name' is not in the target"):
            db.write(NEW).save_as_table("t", mode="append")
        with pytest.raises(ConfigurationError, match="no effect with mode='overwrite'"):
            db.write(NEW).save_as_table("t", mode="overwrite", on_schema_change="ignore")
        with pytest.raises(ConfigurationError, match="'ignore'"):
            db.write(NEW).save_as_table("t", mode="append", on_schema_change="ignored")  # type: ignore[arg-type]
        assert db.table("t").where(col("id") == 1).count() == 1
