"""The DuckDB that reads files, frames and rows is a good neighbour."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import duckdb
import pytest
import sqlalchemy as sa

from dq_core import compare, open_source
from dq_core.relation.dialects.duckdb import DuckDB
from dq_core.relation.dialects.memory import ScanMemory, limit_memory


def test_it_takes_half_a_gigabyte_for_each_thread_at_most() -> None:
    with open_source([{"x": 1}]) as opened:
        threads, limit = opened.connection.exec_driver_sql(
            "SELECT current_setting('threads'), current_setting('memory_limit')"
        ).one()
    with duckdb.connect() as untouched:
        allowed = untouched.execute("SELECT current_setting('memory_limit')").fetchone()[0]
    assert limit in (f"{threads / 2:.1f} GiB", f"{threads * 512:.1f} MiB", allowed)


def test_a_smaller_machine_keeps_its_smaller_limit() -> None:
    with duckdb.connect(config={"memory_limit": "100MiB"}) as connection:
        limit_memory(connection)
        assert connection.execute("SELECT current_setting('memory_limit')").fetchone() == ("100.0 MiB",)


def test_its_folder_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with open_source([{"x": 1}]) as opened:
        folder = opened.connection.exec_driver_sql("SELECT current_setting('temp_directory')").scalar_one()
        assert Path(folder).parent == tmp_path
    assert list(tmp_path.iterdir()) == []


def test_no_duckdb_of_ours_runs_the_optimizer_that_loses_rows(tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    file.write_text("a\n1\n")
    stored = tmp_path / "rows.duckdb"
    with duckdb.connect(str(stored)) as connection:
        connection.execute("CREATE TABLE t (a INTEGER)")
    for source, options in ((file, {}), (f"duckdb:///{stored}", {"table": "t"})):
        with open_source(source, **options) as opened:
            asked = opened.connection.exec_driver_sql("SELECT current_setting('disabled_optimizers')")
            assert "join_filter_pushdown" in asked.scalar_one()


@pytest.fixture
def stored(tmp_path: Path) -> str:
    """A file of DuckDB with a table, and an equal one whose last row differs."""
    file = tmp_path / "numbers.duckdb"
    with duckdb.connect(str(file)) as raw:
        raw.execute("CREATE TABLE t AS SELECT i AS id, md5(i::VARCHAR) AS code FROM range(200000) AS r(i)")
        raw.execute("CREATE TABLE u AS SELECT id, CASE WHEN id < 199999 THEN code ELSE '' END AS code FROM t")
    return str(file)


def _limit(connection: Any) -> str:
    return str(connection.exec_driver_sql("SELECT current_setting('memory_limit')").scalar_one())


def test_a_file_that_is_only_scanned_is_kept_in_little_memory(stored: str) -> None:
    with open_source(f"duckdb:///{stored}", table="t") as opened:
        untouched = _limit(opened.connection)
    with open_source(f"duckdb:///{stored}", table="t", scans=True) as opened:
        assert _limit(opened.connection) == "32.0 MiB"
        # A statement that needs more has all of it again.
        assert opened.more_memory is not None
        opened.more_memory()
        assert _limit(opened.connection) == untouched
    with open_source(f"duckdb:///{stored}", query="SELECT * FROM t", scans=True) as opened:
        assert _limit(opened.connection) == untouched


def test_a_database_of_others_in_this_process_keeps_its_memory(stored: str) -> None:
    engine = sa.create_engine(f"duckdb:///{stored}")
    with engine.connect() as other, open_source(f"duckdb:///{stored}", table="t", scans=True) as opened:
        before = _limit(other)
        assert opened.more_memory is None
        assert _limit(opened.connection) == before != "32.0 MiB"
    engine.dispose()
    # One that came later, and stays longer.
    with open_source(f"duckdb:///{stored}", table="t", scans=True) as opened:
        other = engine.connect()
        assert _limit(other) == "32.0 MiB"
    assert _limit(other) == before
    other.close()
    engine.dispose()


def test_a_comparison_that_needs_more_memory_gets_it(stored: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(DuckDB, "scan_memory", ScanMemory(least=2**20, for_a_column=1))
    with (
        open_source(f"duckdb:///{stored}", table="t", scans=True) as opened,
        pytest.raises(sa.exc.DBAPIError, match="Out of Memory"),
    ):
        opened.connection.exec_driver_sql("SELECT len(list(code)) FROM t")
    found = compare((f"duckdb:///{stored}", "t"), (f"duckdb:///{stored}", "u"), ["id"])
    assert (found.changed, found.changed_columns) == (1, {"code": 1})
