"""run_key: a retry of a load never doubles a row, whatever happened to the first try."""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from moltres import col, connect, receipts
from moltres.errors import ConfigurationError, MoltresError, QueryError, TransientQueryError
from support.dialect_conformance.base import DialectSuite
from support.dialect_conformance.data import EVERY_MODE, NEW, OLD, rows, run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import URL

    from moltres import Database


class RunKeys(DialectSuite):
    """The database keeps a record of what was loaded, in the transaction that loaded it."""

    @pytest.mark.parametrize(("mode", "options"), EVERY_MODE)
    def test_the_same_key_does_nothing_a_second_time(self, db: Database, mode: Any, options: Any) -> None:
        first = db.write([{"id": 1}]).save_as_table("t", mode=mode, run_key="run 1", **options)
        again = db.write([{"id": 2}]).save_as_table("t", mode=mode, run_key="run 1", **options)
        assert (first.rows_written, first.skipped) == (1, False)
        assert (again.rows_written, again.skipped) == (0, True)
        assert rows(db) == [{"id": 1}]

    @pytest.mark.parametrize("mode", ["append", "overwrite"])
    def test_a_key_loads_once_into_a_table_that_exists(self, db: Database, mode: Any) -> None:
        db.write(OLD).save_as_table("t")
        for skipped in (False, True):
            result = db.write(NEW).save_as_table("t", mode=mode, run_key="r")
            assert (result.skipped, result.rows_written) == (skipped, 0 if skipped else 2)
        assert len(rows(db)) == (5 if mode == "append" else 2)

    def test_another_key_or_another_table_is_another_load(self, db: Database) -> None:
        for key in ("run 1", "run 2"):
            for table in ("t", "u"):
                db.write([{"id": 1}]).save_as_table(table, mode="append", run_key=key)
        assert (db.table("t").count(), db.table("u").count()) == (2, 2)

    @pytest.mark.parametrize("again", ["users", "USERS"])
    def test_a_name_in_another_case_is_the_same_table_or_another(self, db: Database, again: str) -> None:
        written = []
        for name in ("Users", again):
            with suppress(ConfigurationError):  # it has no names in capitals, or not both of them
                db.write([{"id": 1}]).save_as_table(name, mode="append", run_key="r")
                written.append(name)
        for name in written:
            assert db.table(name).count() == 1
            assert sum(receipt.landed.rows for receipt in receipts(db, name)) == 1

    def test_what_was_loaded_is_on_record(self, db: Database) -> None:
        db.write(NEW).save_as_table("t", mode="append", run_key='it\'s a "key"')
        row = db.table("moltres_loads").where(col("rows_written").is_not(None)).first()
        assert row is not None
        assert (row["run_key"], row["table_name"], row["mode"]) == ('it\'s a "key"', "t", "append")
        assert row["rows_written"] == 2

    def test_a_table_of_loads_of_an_earlier_version_grows(self, db: Database) -> None:
        if not self.logs(db):
            pytest.skip("this database records loads in a way of its own")
        db.write(OLD).save_as_table("t", run_key="before")
        columns = db.table("moltres_loads").columns
        run(db, *(f"ALTER TABLE moltres_loads DROP COLUMN {name}" for name in ("receipt", "watermark")))
        assert db.write(OLD).save_as_table("t", mode="append", run_key="before").skipped
        db.write(NEW).save_as_table("t", mode="append", run_key="r")
        db.forget()
        assert db.table("moltres_loads").columns == columns
        assert db.table("moltres_loads").where(col("run_key") == "r").first() is not None

    def test_a_failed_load_can_be_repeated(self, db: Database) -> None:
        db.write([{"id": 1}]).save_as_table("t")

        def broken() -> Iterator[list[dict[str, int]]]:
            yield [{"id": 2}]
            raise OSError("the source is gone")

        with pytest.raises(OSError, match="the source is gone"):
            db.write(broken()).save_as_table("t", mode="append", run_key="r")
        assert rows(db) == [{"id": 1}]
        assert not db.write([{"id": 2}]).save_as_table("t", mode="append", run_key="r").skipped
        assert rows(db) == [{"id": 1}, {"id": 2}]

    def test_a_table_that_was_dropped_is_loaded_again(self, db: Database) -> None:
        db.write([{"id": 1}]).save_as_table("t", mode="append", run_key="r")
        run(db, "DROP TABLE t")
        assert db.write([{"id": 1}]).save_as_table("t", mode="append", run_key="r").created
        assert rows(db) == [{"id": 1}]

    def test_the_source_of_a_repeated_load_is_not_read(self, db: Database) -> None:
        db.write([{"id": 1}]).save_as_table("t", mode="append", run_key="r")

        def never() -> Iterator[list[dict[str, int]]]:
            raise AssertionError("read")
            yield []

        assert db.write(never()).save_as_table("t", mode="append", run_key="r").skipped

    def test_the_database_itself_refuses_a_key_twice(self, db: Database) -> None:
        if not db.dialect.capabilities.constraints:
            pytest.skip("this database has no keys: a load is recorded before it is published")
        db.write([{"id": 1}]).save_as_table("t", mode="append", run_key="r")
        row = db.table("moltres_loads").first()
        assert row is not None
        with pytest.raises((QueryError, TransientQueryError)):
            db.insert("moltres_loads", dict(row))

    @pytest.mark.parametrize("exists", [True, False])
    def test_two_loads_with_one_key_at_the_same_time(self, url: URL, exists: bool) -> None:
        if exists:
            with connect(url) as db:
                db.write(OLD).save_as_table("t", run_key="before")
        start = threading.Barrier(2)
        outcomes: list[object] = []

        def run() -> None:
            with connect(url) as mine:
                start.wait()
                for _ in range(20):
                    try:
                        outcomes.append(mine.write(NEW).save_as_table("t", mode="append", run_key="r").skipped)
                    except MoltresError as error:
                        if not error.retryable:
                            outcomes.append(error)
                            return
                    else:
                        return

        threads = [threading.Thread(target=run) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(map(repr, outcomes)) == ["False", "True"], outcomes
        with connect(url) as db:
            assert db.table("t").count() == (5 if exists else 2)
