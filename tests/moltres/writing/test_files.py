"""Rows into Parquet and CSV files: whole, or not at all."""

from __future__ import annotations

import signal
import subprocess
import sys
from decimal import Decimal
from typing import TYPE_CHECKING

import pyarrow.parquet as pq
import pytest

from moltres import Database, col, connect
from moltres.errors import ConfigurationError, MoltresError, TableExistsError

if TYPE_CHECKING:
    from pathlib import Path

ROWS = [{"id": 1, "d": Decimal("1.50"), "t": "x, 'y' \"z\""}, {"id": 2, "d": None, "t": None}]


def test_parquet_from_every_database(db: Database, tmp_path: Path) -> None:
    db.write(ROWS).save_as_table("t")
    path = tmp_path / "it's a file.parquet"
    result = db.table("t").where(col("id") > 0).order_by("id").write.parquet(path)
    assert (result.rows_written, result.table_name) == (2, str(path))
    assert pq.read_table(path).to_pylist() == ROWS
    assert list(tmp_path.glob(".*")) == []


def test_csv_from_every_database(db: Database, tmp_path: Path) -> None:
    db.write(ROWS).save_as_table("t")
    db.table("t").order_by("id").write.csv(tmp_path / "t.csv")
    assert (tmp_path / "t.csv").read_text().splitlines()[0] == "id,d,t"
    with connect() as duck:
        assert [row["t"] for row in duck.read_csv(str(tmp_path / "t.csv")).collect()] == [ROWS[0]["t"], None]


def test_csv_of_decimals_with_all_digits_behind_the_point(db: Database, tmp_path: Path) -> None:
    db.sql("SELECT CAST(-0.25 AS DECIMAL(2, 2)) AS d").write.csv(tmp_path / "t.csv")
    with connect() as duck:
        assert duck.read_csv(tmp_path / "t.csv").collect() == [{"d": -0.25}]


def test_rows_in_memory(db: Database, tmp_path: Path) -> None:
    assert db.write(ROWS).parquet(tmp_path / "t.parquet").rows_written == 2
    assert pq.read_table(tmp_path / "t.parquet").to_pylist() == ROWS


def test_a_failure_leaves_the_old_file(db: Database, tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    db.write(ROWS).parquet(path)

    def broken() -> object:
        yield [{"a": 1}]
        raise OSError("the source is gone")

    with pytest.raises(OSError, match="gone"):
        db.write(broken()).parquet(path)
    db.write(ROWS).save_as_table("t")
    frame = db.table("t")
    with db.transaction() as connection:
        connection.exec_driver_sql("DROP TABLE t")
    with pytest.raises(MoltresError):
        frame.write.parquet(path)
    assert pq.read_table(path).to_pylist() == ROWS
    assert list(tmp_path.glob(".*")) == []


KILLED = """
import os, signal, sys
from moltres import connect

def rows():
    for number in range(20):
        yield [{"id": number, "s": "x" * 100}] * 5_000
    os.kill(os.getpid(), signal.SIGKILL)

connect().write(rows()).parquet(sys.argv[1])
"""


def test_the_next_write_removes_what_a_killed_one_has_left(db: Database, tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    done = subprocess.run([sys.executable, "-c", KILLED, str(path)], check=False, timeout=120)
    assert done.returncode == -signal.SIGKILL
    (left,) = tmp_path.glob(".*")
    (tmp_path / f"{left.name}.tmp").mkdir()  # where DuckDB puts aside what does not fit into memory
    db.write(ROWS).parquet(tmp_path / "other.parquet")
    assert left.exists()
    db.write(ROWS).parquet(path)
    assert list(tmp_path.glob(".*")) == []
    assert pq.read_table(path).to_pylist() == ROWS


def test_what_is_refused(db: Database, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("mine")
    with pytest.raises(TableExistsError, match="already exists"):
        db.write(ROWS).csv(tmp_path / "t.csv", overwrite=False)
    with pytest.raises(ConfigurationError, match="not a local path"):
        db.write(ROWS).parquet("s3://bucket/t.parquet")
    with pytest.raises(ConfigurationError, match="does not exist"):
        db.write(ROWS).parquet(tmp_path / "nowhere" / "t.parquet")
    assert (tmp_path / "t.csv").read_text() == "mine"
