"""What goes wrong outside of the target: a source that breaks off, a full disk. For the rest: the conformance suite."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import NullPool, create_engine, event, text

from moltres import Database, connect
from moltres.errors import (
    DatabaseConnectionError,
    MoltresError,
)

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import URL


def test_the_source_breaks_off(db: Database, tmp_path: Path) -> None:
    with connect(f"duckdb:///{tmp_path / 'source.duckdb'}") as source:
        broken = source.sql(
            "SELECT CASE WHEN range = 90000 THEN error('broken') ELSE range END AS a FROM range(100000)"
        )
        with pytest.raises(MoltresError, match="broken"):
            db.write(broken).save_as_table("t", batch_rows=1000)
    assert db.tables() == []


def _terminate_others(url: URL) -> None:
    # On an engine of its own: a Database sets the reads of its thread aside before it writes where they read.
    admin = create_engine(url, poolclass=NullPool)
    with admin.connect() as connection:
        connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE pid <> pg_backend_pid() AND datname = current_database()"
            )
        )


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


@pytest.mark.parametrize("backend", ["sqlite", "duckdb"])
@pytest.mark.parametrize("data", ["list(rows)", "rows"])
def test_a_file_that_cannot_grow(tmp_path: Path, backend: str, data: str) -> None:
    """That of the database, or the temporary one where rows wait that come while they are written."""
    program = textwrap.dedent("""
        import os, resource, signal, sys
        from moltres import connect
        from moltres.errors import MoltresError

        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        db = connect(sys.argv[1])
        db.write([{"a": "x"}]).save_as_table("t")
        most = os.path.getsize(sys.argv[3]) + 200_000
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
        try:
            rows = ({"a": os.urandom(500).hex()} for _ in range(5000))
            db.write(eval(sys.argv[2])).save_as_table("t", mode="overwrite", batch_rows=100)
        except MoltresError as error:
            print(type(error).__name__, error.retryable)
    """)
    path = tmp_path / "small.db"
    url = f"{backend}:///{path}"
    command = [sys.executable, "-c", program, url, data, str(path)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "QueryError False"
    with connect(url) as db:
        assert list(db.table("t").collect()) == [{"a": "x"}]
