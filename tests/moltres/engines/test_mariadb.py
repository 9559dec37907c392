"""MariaDB, on a server that the tests start: the suite for all dialects, and what is peculiar to it."""

from __future__ import annotations

import itertools
import signal
import subprocess
import sys
import textwrap
import threading
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from moltres import connect
from moltres.errors import DatabaseConnectionError
from support.dialect_conformance import OLD, DialectConformance, rows
from support.mariadb import MariaDBServer, mariadb_server
from support.stop_conformance import StopConformance

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import URL

pytestmark = pytest.mark.engines

_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def server() -> Iterator[MariaDBServer]:
    with mariadb_server() as running:
        yield running


@pytest.fixture
def mariadb_url(server: MariaDBServer) -> Iterator[URL]:
    with server.database(f"test_{next(_numbers)}") as url:
        yield url


class TestMariaDB(DialectConformance):
    slow = "SELECT count(*) AS a FROM seq_1_to_100000000000 WHERE seq % 7 > 3"

    @pytest.fixture
    def url(self, mariadb_url: URL) -> URL:
        return mariadb_url


class TestStopped(StopConformance):
    slow = TestMariaDB.slow

    @pytest.fixture
    def url(self, mariadb_url: URL) -> URL:
        return mariadb_url


KILLED = textwrap.dedent("""
    import os, signal, sys
    from moltres import connect

    url, mode, column = sys.argv[1:4]

    def batches():
        yield [{"id": 1, column: "x"}] * 100
        os.kill(os.getpid(), signal.SIGKILL)

    connect(url).write(batches()).save_as_table("t", mode=mode, run_key="r")
""")


@pytest.mark.parametrize(("mode", "column"), [("append", "name"), ("overwrite", "name"), ("overwrite", "other")])
def test_killed_in_the_middle(mariadb_url: URL, mode: str, column: str) -> None:
    with connect(mariadb_url) as db:
        db.write(OLD).save_as_table("t")
    address = mariadb_url.render_as_string(hide_password=False)
    done = subprocess.run([sys.executable, "-c", KILLED, address, mode, column], check=False, capture_output=True)
    assert done.returncode == -signal.SIGKILL, done.stderr
    with connect(mariadb_url) as db:
        assert rows(db) == OLD
        assert not db.write(OLD).save_as_table("t", mode=mode, run_key="r").skipped  # type: ignore[arg-type]


def test_readers_find_the_table_at_any_moment_of_a_swap(mariadb_url: URL) -> None:
    seen: set[int] = set()
    stop = threading.Event()

    def read() -> None:
        with connect(mariadb_url) as reader, reader.engine.connect() as connection:
            while not stop.is_set():
                seen.add(connection.execute(text("SELECT count(*) FROM t")).scalar_one())
                connection.rollback()

    with connect(mariadb_url) as db:
        db.write([{"a": 1}] * 3).save_as_table("t")
        thread = threading.Thread(target=read)
        thread.start()
        for number in range(10):
            db.write([{f"c{number}": 1}] * (4 + number % 2)).save_as_table("t", mode="overwrite")
        stop.set()
        thread.join()
    assert seen <= {3, 4, 5}
    assert len(seen) > 1


def test_the_connection_is_lost(mariadb_url: URL) -> None:
    with connect(mariadb_url) as db, connect(mariadb_url) as admin:
        db.write(OLD).save_as_table("t")

        def batches() -> Iterator[list[dict[str, object]]]:
            yield OLD
            with admin.engine.connect() as connection:
                mine = connection.execute(text("SELECT connection_id()")).scalar_one()
                listed = connection.execute(text("SHOW PROCESSLIST")).all()
                for process in listed:
                    if process[0] != mine and process[3] == mariadb_url.database:
                        connection.execute(text(f"KILL CONNECTION {process[0]}"))
            yield OLD

        with pytest.raises(DatabaseConnectionError) as caught:
            db.write(batches()).save_as_table("t", mode="append")
        assert caught.value.retryable
        assert "secret" not in str(caught.value)
    with connect(mariadb_url) as db:
        assert rows(db) == OLD


def test_rows_move_from_and_to_the_others(mariadb_url: URL, database_url: URL) -> None:
    with connect(mariadb_url) as db, connect(database_url) as other:
        other.write(OLD).save_as_table("t")
        assert db.write(other.table("t")).save_as_table("t", batch_rows=2).rows_written == 3
        assert rows(db) == OLD
        other.write(db.table("t")).save_as_table("back")
        assert rows(other, "back") == OLD
