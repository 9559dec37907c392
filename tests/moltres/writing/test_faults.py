"""What goes wrong in real life: killed processes, lost connections, full disks, a batch that fails."""

from __future__ import annotations

import signal
import subprocess
import sys
import textwrap
import threading
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event, text

from moltres import Database, col, connect
from moltres.errors import (
    DatabaseConnectionError,
    MoltresError,
    QueryCancelledError,
    QueryTimeoutError,
    SchemaMismatchError,
)
from support.limits import outlast
from support.waiting import repeating

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import URL

KILLED = textwrap.dedent("""
    import os, signal, sys
    from moltres import connect

    url, mode, run_key = sys.argv[1:4]

    def batches():
        for number in range(100, 400, 100):
            yield [{"a": number + i} for i in range(100)]
        os.kill(os.getpid(), signal.SIGKILL)

    connect(url).write(batches()).save_as_table("t", mode=mode, run_key=run_key or None)
""")


def run_killed(url: URL, mode: str, run_key: str = "") -> None:
    command = [sys.executable, "-c", KILLED, url.render_as_string(hide_password=False), mode, run_key]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == -signal.SIGKILL, done.stderr


@pytest.mark.parametrize("mode", ["overwrite", "append"])
def test_killed_in_the_middle(database_url: URL, mode: str) -> None:
    with connect(database_url) as db:
        db.write([{"a": 1}, {"a": 2}]).save_as_table("t")
    run_killed(database_url, mode, "run 1")
    with connect(database_url) as db:
        assert [row["a"] for row in db.table("t").order_by("a").collect()] == [1, 2]
        again = db.write([{"a": 3}]).save_as_table("t", mode=mode, run_key="run 1")  # type: ignore[arg-type]
        assert not again.skipped
        assert [row["a"] for row in db.table("t").order_by("a").collect()] == (
            [3] if mode == "overwrite" else [1, 2, 3]
        )


def test_killed_while_the_table_is_being_made(database_url: URL) -> None:
    run_killed(database_url, "append", "run 1")
    with connect(database_url) as db:
        assert db.tables() == []


def test_killed_while_other_columns_replace_the_table(database_url: URL) -> None:
    with connect(database_url) as db:
        db.write([{"b": "x"}]).save_as_table("t")
    run_killed(database_url, "overwrite")
    with connect(database_url) as db:
        assert db.tables() == ["t"]
        assert list(db.table("t").collect()) == [{"b": "x"}]


@pytest.mark.parametrize("mode", ["append", "overwrite", "merge", "overwrite_partitions"])
def test_a_batch_that_fails_leaves_nothing(db: Database, mode: str) -> None:
    options: dict[str, Any] = {"merge": {"keys": ["a"]}, "overwrite_partitions": {"partition_by": ["a"]}}.get(mode, {})
    with db.transaction() as connection:
        connection.execute(text("CREATE TABLE t (a BIGINT, b BIGINT CHECK (b < 25))"))
        connection.execute(text("INSERT INTO t VALUES (1, 1)"))
    rows = [{"a": number, "b": number} for number in range(30)]
    with pytest.raises(MoltresError):
        db.write(rows).save_as_table("t", mode=mode, batch_rows=10, **options)  # type: ignore[arg-type]
    assert list(db.table("t").collect()) == [{"a": 1, "b": 1}]
    assert db.tables() == ["t"]


def test_a_later_batch_of_other_columns_or_types(db: Database) -> None:
    db.write([{"a": 1}]).save_as_table("t")
    for later in ([{"a": 1, "b": 2}], [{"b": 2}], [{"a": "x"}], [{"a": 1.5}]):
        with pytest.raises(SchemaMismatchError, match="Batch 2 does not fit"):
            db.write(iter([[{"a": 2}], later])).save_as_table("t", mode="append")
    assert db.table("t").count() == 1


def test_the_source_breaks_off(db: Database, tmp_path: Path) -> None:
    with connect(f"duckdb:///{tmp_path / 'source.duckdb'}") as source:
        broken = source.sql(
            "SELECT CASE WHEN range = 90000 THEN error('broken') ELSE range END AS a FROM range(100000)"
        )
        with pytest.raises(MoltresError, match="broken"):
            db.write(broken).save_as_table("t", batch_rows=1000)
    assert db.tables() == []


def _terminate_others(url: URL) -> None:
    with connect(url) as admin, admin.transaction() as connection:
        connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE pid <> pg_backend_pid() AND datname = current_database()"
            )
        )


def test_the_connection_to_the_target_is_lost(postgresql_url: URL) -> None:
    with connect(postgresql_url) as db:
        db.write([{"a": 1}]).save_as_table("t")

        def batches() -> Iterator[list[dict[str, int]]]:
            yield [{"a": 2}]
            _terminate_others(postgresql_url)
            yield [{"a": 3}]

        with pytest.raises(DatabaseConnectionError) as caught:
            db.write(batches()).save_as_table("t", mode="append", run_key="r")
        assert caught.value.retryable
        assert list(db.table("t").collect()) == [{"a": 1}]
        db.write([{"a": 2}]).save_as_table("t", mode="append", run_key="r")
        assert db.table("t").count() == 2


def test_the_connection_to_the_source_is_lost(postgresql_url: URL, tmp_path: Path) -> None:
    with connect(postgresql_url) as source, connect(f"duckdb:///{tmp_path / 'target.duckdb'}") as db:
        frame = source.sql("SELECT g AS a FROM generate_series(1, 200000) AS g")
        with pytest.raises(DatabaseConnectionError):
            db.write(frame).save_as_table("t", batch_rows=1000, on_progress=lambda _: _terminate_others(postgresql_url))
        assert db.tables() == []


def test_the_disk_is_full(sqlite_url: URL) -> None:
    with connect(sqlite_url) as db:
        db.write([{"a": "x"}]).save_as_table("t")

        @event.listens_for(db.engine, "connect")
        def small(raw: Any, _: Any) -> None:
            raw.execute("PRAGMA max_page_count = 30")

        db.engine.dispose()
        for mode in ("append", "overwrite"):
            with pytest.raises(MoltresError, match="full"):
                db.write([{"a": "y" * 1000}] * 1000).save_as_table("t", mode=mode, batch_rows=10)  # type: ignore[arg-type]
        assert list(db.table("t").collect()) == [{"a": "x"}]


def test_a_file_that_cannot_grow(tmp_path: Path) -> None:
    program = textwrap.dedent("""
        import resource, signal, sys
        from moltres import connect
        from moltres.errors import MoltresError

        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        db = connect(sys.argv[1])
        db.write([{"a": "x"}]).save_as_table("t")
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
        try:
            db.write([{"a": "y" * 1000}] * 5000).save_as_table("t", mode="overwrite", batch_rows=100)
        except MoltresError as error:
            print(type(error).__name__)
    """)
    url = f"sqlite:///{tmp_path / 'small.sqlite'}"
    done = subprocess.run([sys.executable, "-c", program, url], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "QueryError"
    with connect(url) as db:
        assert list(db.table("t").collect()) == [{"a": "x"}]


SLOW = (
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000000)"
    " SELECT CAST(sum(i % 7) AS BIGINT) AS a FROM n"
)


def test_a_write_that_takes_too_long_is_stopped(database_url: URL) -> None:
    with connect(database_url, query_timeout=0.5) as db:
        db.write([{"a": 1}]).save_as_table("t")
        with pytest.raises(QueryTimeoutError):
            db.sql(SLOW).write.save_as_table("t", mode="overwrite")
        assert list(db.table("t").collect()) == [{"a": 1}]
        if db.dialect.name == "postgresql":
            with db.engine.connect() as connection:
                assert connection.execute(text("SHOW statement_timeout")).scalar() == "0"


def test_a_slow_source_does_not_count_against_the_target(database_url: URL) -> None:
    def batches() -> Iterator[list[dict[str, int]]]:
        for number in range(3):
            outlast(0.5)
            yield [{"a": number}]

    with connect(database_url, query_timeout=0.5) as db:
        assert db.write(batches()).save_as_table("t").rows_written == 3


def test_a_running_write_can_be_cancelled(db: Database) -> None:
    db.write([{"a": 1}]).save_as_table("t")
    frame = db.sql(SLOW)
    with repeating(db.cancel), pytest.raises(QueryCancelledError):
        frame.write.save_as_table("t", mode="overwrite")
    assert list(db.table("t").collect()) == [{"a": 1}]


def test_two_overwrites_at_the_same_time_leave_the_rows_of_one(database_url: URL) -> None:
    with connect(database_url) as db:
        db.write([{"a": 0}]).save_as_table("t")
    start = threading.Barrier(2)
    failures: list[MoltresError] = []

    def run(number: int) -> None:
        with connect(database_url) as db:
            start.wait()
            try:
                db.write([{"a": number}] * 3).save_as_table("t", mode="overwrite")
            except MoltresError as error:
                failures.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with connect(database_url) as db:
        found = [row["a"] for row in db.table("t").collect()]
    assert found in ([1, 1, 1], [2, 2, 2])
    assert all(error.retryable for error in failures)
    assert len(failures) < 2


def test_a_writer_does_not_keep_readers_waiting(people: Database, database_url: URL) -> None:
    with connect(database_url) as reader, people.transaction() as connection:
        people.dialect.lock(connection, people.reflect("people"))
        connection.execute(text("DELETE FROM people"))
        assert reader.table("people").where(col("id") == 1).count() == 1
