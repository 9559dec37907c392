"""What breaks off leaves nothing: a source that fails, a row that is refused, a process that is killed."""

from __future__ import annotations

import signal
import subprocess
import sys
import textwrap
from typing import TYPE_CHECKING, Any

import pytest

from moltres import connect
from moltres.errors import DatabaseConnectionError, MoltresError, SchemaMismatchError, TableExistsError
from support.dialect_conformance.base import DialectSuite
from support.dialect_conformance.data import CHANGING_MODES, NEW, OLD, rows, run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import URL

    from moltres import Database

KILLED = textwrap.dedent("""
    import os, signal, sys
    from moltres import connect

    url, mode, column, *keys = sys.argv[1:]

    def batches():
        for number in range(100, 400, 100):
            yield [{"id": number + i, column: "x", "n": 1} for i in range(100)]
        os.kill(os.getpid(), signal.SIGKILL)

    connect(url).write(batches()).save_as_table("t", mode=mode, run_key=keys[0] if keys else None)
""")


def write_and_be_killed(url: URL, mode: str, column: str) -> None:
    """Let a process die in the middle of a write, of a load with a key where there are such loads."""
    with connect(url) as db, db.connection():
        keys = ["r"] if db.dialect.capabilities.run_keys else []
    command = [sys.executable, "-c", KILLED, url.render_as_string(hide_password=False), mode, column, *keys]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == -signal.SIGKILL, done.stderr


class AllOrNothing(DialectSuite):
    """A write is one thing."""

    @pytest.mark.parametrize("mode", ["error_if_exists", "append", "overwrite"])
    @pytest.mark.parametrize("exists", [True, False])
    def test_what_breaks_off_leaves_nothing(self, db: Database, mode: Any, exists: bool) -> None:
        if exists:
            db.write(OLD).save_as_table("t")

        def broken() -> Iterator[list[dict[str, Any]]]:
            yield NEW
            raise OSError("the source is gone")

        error = TableExistsError if exists and mode == "error_if_exists" else OSError
        with pytest.raises(error):
            db.write(broken()).save_as_table("t", mode=mode)
        with pytest.raises(error):
            db.write(broken()).save_as_table("t", mode=mode, run_key="r")
        assert sorted(set(db.tables()) - self.logs(db)) == (["t"] if exists else [])
        if exists:
            assert rows(db) == OLD

    def test_other_columns_that_break_off(self, db: Database) -> None:
        db.write(OLD).save_as_table("t")
        with pytest.raises(SchemaMismatchError):
            db.write(iter([[{"id": 1, "other": 1}], [{"id": "x", "other": 2}]])).save_as_table("t", mode="overwrite")
        assert rows(db) == OLD
        assert db.tables() == ["t"]

    @pytest.mark.parametrize(("mode", "options"), CHANGING_MODES)
    def test_a_batch_that_the_database_refuses_leaves_nothing(self, db: Database, mode: Any, options: Any) -> None:
        if not db.dialect.capabilities.constraints:
            pytest.skip("this database has no checks to fail on")
        run(db, "CREATE TABLE t (id BIGINT, b BIGINT CHECK (b < 25))", "INSERT INTO t VALUES (1, 1)")
        data = [{"id": number, "b": number} for number in range(30)]
        with pytest.raises(MoltresError):
            db.write(data).save_as_table("t", mode=mode, batch_rows=10, **options)
        assert rows(db) == [{"id": 1, "b": 1}]
        assert db.tables() == ["t"]

    def test_a_later_batch_of_other_columns_or_types(self, db: Database) -> None:
        db.write([{"id": 1}]).save_as_table("t")
        for later in ([{"id": 1, "b": 2}], [{"b": 2}], [{"id": "x"}], [{"id": 1.5}]):
            with pytest.raises(SchemaMismatchError, match="Batch 2 does not fit"):
                db.write(iter([[{"id": 2}], later])).save_as_table("t", mode="append")
        assert rows(db) == [{"id": 1}]

    @pytest.mark.parametrize(("mode", "column"), [("append", "name"), ("overwrite", "name"), ("overwrite", "other")])
    def test_a_process_killed_in_the_middle(self, url: URL, mode: Any, column: str) -> None:
        with connect(url) as db:
            db.write(OLD).save_as_table("t")
        write_and_be_killed(url, mode, column)
        with connect(url) as db:
            assert rows(db) == OLD
            assert not db.write(NEW).save_as_table("t", mode=mode, run_key="r").skipped
            assert len(rows(db)) == (5 if mode == "append" else 2)
            if db.dialect.capabilities.transactional_ddl:
                assert set(db.tables()) == {"t"} | self.logs(db)

    def test_a_process_killed_while_it_makes_the_table(self, url: URL) -> None:
        write_and_be_killed(url, "append", "name")
        with connect(url) as db:
            if db.dialect.capabilities.transactional_ddl:
                assert db.tables() == []
            elif "t" in db.tables():
                assert rows(db) == [], "the table may be there, but nothing in it"
            assert not db.write(NEW[:1]).save_as_table("t", mode="append", run_key="r").skipped
            assert len(rows(db)) == 1


class LostConnections(DialectSuite):
    """For databases behind a server: it goes away in the middle."""

    def disconnect(self, url: URL) -> None:
        """Let the server end every other connection to this database."""
        raise NotImplementedError

    def test_the_connection_to_the_target_is_lost(self, url: URL, db: Database) -> None:
        db.write(OLD).save_as_table("t")

        def batches() -> Iterator[list[dict[str, object]]]:
            yield NEW[:1]
            self.disconnect(url)
            yield NEW[1:]

        with pytest.raises(DatabaseConnectionError) as caught:
            db.write(batches()).save_as_table("t", mode="append", run_key="r")
        assert caught.value.retryable
        assert url.password is None or url.password not in str(caught.value)
        assert rows(db) == OLD
        assert not db.write(NEW).save_as_table("t", mode="append", run_key="r").skipped
        assert len(rows(db)) == 5
