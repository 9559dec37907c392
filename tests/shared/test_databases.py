"""What both cores ask of a database in the same way: time, locks, tables, files."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pytest
import sqlalchemy as sa

from support.database_facts import facts_of
from support.shared import shared

if TYPE_CHECKING:
    from sqlalchemy import Engine

statements = shared("statements")
sqlite = shared("databases.sqlite")
tables = shared("databases.tables")
files = shared("files.readers")
filesystems = shared("files.filesystems")
problems = shared("problems")


# Time


def test_a_statement_is_interrupted_and_the_next_one_is_not(duckdb_url: sa.URL) -> None:
    engine = sa.create_engine(duckdb_url)
    with engine.connect() as connection:
        with pytest.raises(sa.exc.DBAPIError) as caught, statements.interrupted_after(connection, 0.1):
            connection.exec_driver_sql("SELECT count(*) FROM range(100000000000) t, range(1000000)")
        assert isinstance(caught.value.orig, duckdb.InterruptException)
        connection.rollback()
        with statements.interrupted_after(connection, 60):
            assert connection.exec_driver_sql("SELECT 1").scalar_one() == 1
    engine.dispose()


def test_an_alarm_that_is_closed_never_rings() -> None:
    first, second = threading.Event(), threading.Event()
    closed = statements.Alarm(0.01, first.set)
    closed.close()
    other = statements.Alarm(0.1, second.set)
    assert second.wait(10)
    assert not first.is_set()
    other.close()


def test_an_alarm_rings_once_the_limit_is_reached() -> None:
    rung = threading.Event()
    alarm = statements.Alarm(0.01, rung.set)
    assert rung.wait(10)
    alarm.close()


def test_a_paused_clock_stands_still() -> None:
    clock = statements.Clock()
    clock.pause()
    spent = clock.elapsed()
    assert clock.elapsed() == spent
    clock.resume()
    assert clock.elapsed() >= spent
    clock.restart()
    assert clock.elapsed() < 10


def test_a_deadline_without_seconds_never_comes() -> None:
    assert statements.Deadline(None).remaining is None
    assert not statements.Deadline(None).passed
    assert statements.Deadline(1e-9).passed
    assert statements.Deadline(1e-9).remaining == 0
    assert 50 < statements.Deadline(60).remaining <= 60


# SQLite


def test_a_transaction_is_the_only_writer_and_covers_ddl(sqlite_url: sa.URL) -> None:
    engine = sa.create_engine(sqlite_url)
    with engine.connect() as connection:
        sqlite.begin_immediate(connection)
        sqlite.begin_immediate(connection)  # a second call changes nothing
        connection.exec_driver_sql("CREATE TABLE t (a int)")
        connection.rollback()
        assert tables.table_names(sa.inspect(connection)) == []
    engine.dispose()


def test_a_wait_for_a_lock_ends_with_its_limit(sqlite_url: sa.URL) -> None:
    lock = sqlite3.connect(str(sqlite_url.database), isolation_level=None)
    lock.execute("BEGIN EXCLUSIVE")
    engine = sa.create_engine(sqlite_url, connect_args={"timeout": 60})
    with engine.connect() as connection:
        started = time.monotonic()
        with pytest.raises(sa.exc.OperationalError, match="locked"):
            sqlite.begin_immediate(connection, 0.3)
        with sqlite.busy_timeout(connection, 0.2), pytest.raises(sa.exc.OperationalError, match="locked"):
            connection.exec_driver_sql("SELECT * FROM sqlite_master")
        assert time.monotonic() - started < 30
        assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar_one() == 60_000
        with sqlite.busy_timeout(connection, 90):
            assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar_one() == 60_000
    lock.close()
    engine.dispose()


@pytest.mark.parametrize("stopped_by", [TimeoutError, KeyboardInterrupt])
def test_a_wait_for_a_lock_can_be_stopped(sqlite_url: sa.URL, stopped_by: type[BaseException]) -> None:
    lock = sqlite3.connect(str(sqlite_url.database), isolation_level=None)
    lock.execute("BEGIN EXCLUSIVE")
    engine = sa.create_engine(sqlite_url, connect_args={"timeout": 60})
    turns: list[str] = []

    def stop(*_: object) -> None:
        turns.append("turn")
        if len(turns) == 3:
            raise stopped_by

    with engine.connect() as connection:
        sa.event.listen(connection, "before_cursor_execute", stop)
        with pytest.raises(stopped_by):
            sqlite.begin_immediate(connection)
    lock.close()
    engine.dispose()


def test_a_wait_for_a_lock_ends_when_the_lock_does(sqlite_url: sa.URL) -> None:
    lock = sqlite3.connect(str(sqlite_url.database), isolation_level=None, check_same_thread=False)
    lock.execute("BEGIN EXCLUSIVE")
    engine = sa.create_engine(sqlite_url, connect_args={"timeout": 60})
    turns: list[str] = []

    def let_go(*_: object) -> None:
        turns.append("turn")
        if len(turns) == 2:
            lock.rollback()

    with engine.connect() as connection:
        sa.event.listen(connection, "before_cursor_execute", let_go)
        sqlite.begin_immediate(connection)
        assert len(turns) == 2
        assert connection.connection.driver_connection.in_transaction
    lock.close()
    engine.dispose()


# Tables


def test_a_table_is_found_by_name_and_schema(engine: Engine) -> None:
    with engine.connect() as connection:
        connection.exec_driver_sql('CREATE TABLE "a.b" (x int)')
        connection.exec_driver_sql("CREATE TABLE plain (x int)")
        assert tables.locate(connection, "plain") == (None, "plain")
        assert tables.locate(connection, "a.b") == (None, "a.b")
        assert tables.locate(connection, "nowhere") is None
        assert tables.table_names(sa.inspect(connection)) == ["a.b", "plain"]
        connection.exec_driver_sql(facts_of(engine).new_schema.format(name="s"))
        connection.exec_driver_sql("CREATE TABLE s.inner_one (x int)")
        assert tables.locate(connection, "s.inner_one") == ("s", "inner_one")
        assert tables.locate(connection, "inner_one", "s") == ("s", "inner_one")
    assert list(tables.candidates("a.b.c", "s")) == [("s", "a.b.c"), ("a", "b.c"), ("a.b", "c")]
    assert list(tables.candidates(".a.")) == [(None, ".a.")]


# Files


@pytest.mark.parametrize(
    ("path", "function"),
    [("a.parquet", "read_parquet"), ("A.PQ", "read_parquet"), ("a.csv.gz", "read_csv"), ("a.tsv", "read_csv"),
     ("s3://b/a.json.zst?versionId=1", "read_json"), ("a.ndjson", "read_json"), (["a.csv", "b.csv.gz"], "read_csv")],
)  # fmt: skip
def test_the_name_of_a_file_tells_its_reader(path: str, function: str) -> None:
    assert files.function_for(path)[0] == function


def test_a_file_of_no_known_format_is_refused() -> None:
    with pytest.raises(problems.UnknownFormatError, match=r"'a\.cvs' has none of the endings.*Did you mean '\.csv'"):
        files.function_for("a.cvs")
    with pytest.raises(problems.UnknownFormatError, match="several formats"):
        files.function_for(["a.csv", "b.parquet"])
    with pytest.raises(problems.UnknownFormatError) as caught:
        files.function_for("https://u:S3cr3t@h/a.cvs?sig=S3cr3t")
    assert "S3cr3t" not in f"{caught.value} {caught.value.context}"


def test_a_reader_is_called_with_literals_only(tmp_path: Path) -> None:
    odd = tmp_path / "it's.csv"
    odd.write_text("a;b\n1;x\n")
    call = files.reader_call("read_csv", odd, {"delim": ";", "header": True, "types": {"a": "VARCHAR"}, "skip": 0})
    assert duckdb.sql(f"SELECT * FROM {call}").fetchall() == [("1", "x")]
    several = files.reader_call("read_csv", [odd, str(odd)], {"nullstr": ["x", "y"]})
    assert duckdb.sql(f"SELECT * FROM {several}").fetchall() == [(1, None), (1, None)]
    with pytest.raises(problems.InvalidOptionError, match="not an option"):
        files.reader_call("read_csv", odd, {"delim = ';', x": 1})
    with pytest.raises(problems.InvalidOptionError, match="cannot be an option"):
        files.reader_call("read_csv", odd, {"delim": object()})


def test_the_whole_file_decides_about_types(tmp_path: Path) -> None:
    late = tmp_path / "late.csv"
    late.write_text("a\n" + "1\n" * 30_000 + "x\n")
    call = files.reader_call("read_csv", late, {})
    assert duckdb.sql(f"SELECT typeof(a), count(*) FROM {call} GROUP BY 1").fetchall() == [("VARCHAR", 30_001)]


def test_a_folder_is_its_parquet_files_and_a_file_uri_a_path(tmp_path: Path) -> None:
    assert files.function_for(tmp_path)[0] == "read_parquet"
    assert files.reader_call("read_parquet", tmp_path, {}) == f"read_parquet('{tmp_path}/**/*.parquet')"
    assert str(tmp_path / "a b.csv") in files.reader_call("read_csv", f"file://{tmp_path}/a%20b.csv", {})
    assert files.local_path("s3://b/k%20") == "s3://b/k%20"


# File systems


def test_a_file_system_is_registered_once() -> None:
    pytest.importorskip("fsspec")
    raw = duckdb.connect()
    for _ in range(2):
        filesystems.register_filesystem(raw, "memory://x/y.csv", core="x", extras={})
    assert raw.filesystem_is_registered("memory")
    filesystems.register_filesystem(raw, "memory://x/y.csv", {"skip_instance_cache": True}, core="x", extras={})
    for left in ("a.csv", "C:\\a.csv", "file:///a.csv"):
        filesystems.register_filesystem(raw, left, core="x", extras={})
    filesystems.register_filesystem(raw, "https://h/a.csv", core="x", extras={}, native=frozenset({"https"}))
    assert not raw.filesystem_is_registered("https")
    raw.close()


def test_an_unknown_scheme_is_named_with_the_closest() -> None:
    pytest.importorskip("fsspec")
    with pytest.raises(problems.UnknownFileSystemError, match=r"memry://.*Did you mean 'memory'"):
        filesystems.register_filesystem(duckdb.connect(), "memry://x", core="x", extras={})


MISSING = """
import sys
sys.modules[sys.argv[2]] = None
import duckdb
from importlib import import_module
filesystems, problems = (import_module(name) for name in sys.argv[3:])
try:
    filesystems.register_filesystem(duckdb.connect(), sys.argv[1], core="x", extras={})
except problems.MissingPackageError as error:
    print(error.message, error.suggestion)
"""


@pytest.mark.parametrize(
    ("uri", "module", "package"),
    [("s3://b/k", "s3fs", "s3fs"), ("https://h/k", "aiohttp", "aiohttp"), ("gs://b", "gcsfs", "gcsfs"),
     ("s3://b/k", "fsspec", "s3fs"), ("memory://b", "fsspec", "fsspec")],
)  # fmt: skip
def test_a_missing_file_system_names_its_package(uri: str, module: str, package: str) -> None:
    # In a process of its own: fsspec remembers what it has loaded.
    command = [sys.executable, "-c", MISSING, uri, module, filesystems.__name__, problems.__name__]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert f"the package {package!r}" in said
    assert said.rstrip().endswith(f"pip install {package}")
