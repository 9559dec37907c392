"""The DuckDB that reads files, frames and rows is a good neighbour."""

from __future__ import annotations

import tempfile
from pathlib import Path

import duckdb
import pytest

from dq_core import open_source
from dq_core.sources import memory


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
        memory.limit_memory(connection)
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
