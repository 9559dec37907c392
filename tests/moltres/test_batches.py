"""Rows piece by piece."""

from __future__ import annotations

import gc
import subprocess
import sys
import textwrap
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, text

from moltres import Database, DataFrame, col
from moltres.errors import ConfigurationError, MissingDependencyError
from support.database_facts import facts_of

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import URL


@pytest.fixture
def numbers(db: Database) -> DataFrame:
    table = Table("numbers", MetaData(), Column("n", Integer))
    with db.engine.begin() as connection:
        table.create(connection)
        connection.execute(table.insert(), [{"n": n} for n in range(25)])
    return db.table("numbers").order_by("n")


def test_sizes_and_contents(numbers: DataFrame) -> None:
    batches = list(numbers.iter_batches(10))
    assert [len(batch) for batch in batches] == [10, 10, 5]
    assert [row["n"] for batch in batches for row in batch] == list(range(25))
    assert all(batch.columns == ("n",) for batch in batches)


def test_no_rows_are_no_batches(numbers: DataFrame) -> None:
    assert list(numbers.where(col("n") < 0).iter_batches()) == []


def test_the_connection_is_given_back_when_the_reader_stops_early(numbers: DataFrame) -> None:
    pool: Any = numbers.database.engine.pool
    batches = numbers.iter_batches(5)
    next(batches)
    assert pool.checkedout() == 1
    batches.close()  # type: ignore[attr-defined]  # a generator
    assert pool.checkedout() == 0
    for _ in numbers.iter_batches(5):
        break
    gc.collect()
    assert pool.checkedout() == 0

    def fail() -> None:
        for _ in numbers.iter_batches(5):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    gc.collect()
    assert pool.checkedout() == 0


def test_arrow_batches(numbers: DataFrame) -> None:
    reader = numbers.to_arrow_batches(10)
    assert reader.schema.names == ["n"]
    batches = list(reader)
    assert sum(batch.num_rows for batch in batches) == 25
    assert all(batch.schema == reader.schema for batch in batches)
    assert max(batch.num_rows for batch in batches) <= max(10, facts_of(numbers.database.engine).batch_rows)
    empty = numbers.where(col("n") < 0).to_arrow_batches()
    assert empty.read_all().schema == reader.schema
    assert numbers.to_arrow_batches().read_all().column("n").to_pylist() == list(range(25))


@pytest.mark.parametrize("rows", [0, -1, 1.5, True, None])
def test_what_is_no_size_is_refused_at_once(numbers: DataFrame, rows: Any) -> None:
    with pytest.raises(ConfigurationError, match="rows must be a whole number from 1"):
        numbers.iter_batches(rows)
    with pytest.raises(ConfigurationError, match="rows must be a whole number from 1"):
        numbers.to_arrow_batches(rows)


MEMORY = """
import resource, sys
from moltres import connect

with connect(sys.argv[1]) as db:
    frame = db.table("big")
    for batch in frame.limit(1000).iter_batches(100):
        pass
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    rows = sum(len(batch) for batch in frame.iter_batches(1000))
    print(rows, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


def test_memory_does_not_grow_with_the_rows(db: Database, database_url: URL, tmp_path: Path) -> None:
    """400 000 rows of 200 bytes are 80 MB of text alone, and several times that as Python objects."""
    facts = facts_of(db.engine)
    series = f"SELECT i, '{'x' * 194}' || i AS t FROM ({facts.counting}) AS numbers"
    with db.engine.begin() as connection:
        connection.execute(text(f"CREATE TABLE big AS {series}"))
    db.engine.dispose()
    script = tmp_path / "memory.py"
    script.write_text(textwrap.dedent(MEMORY))
    address = database_url.render_as_string(hide_password=False)
    done = subprocess.run([sys.executable, str(script), address], check=True, capture_output=True, text=True)
    rows, megabytes = map(int, done.stdout.split())
    assert rows == 400_000
    assert megabytes < 10 + facts.cached_mb  # the rows themselves would be 130 MB more


def test_missing_dependency_names_the_pip_line(numbers: DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    for package in ("pyarrow", "polars", "pandas"):
        monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingDependencyError) as caught:
        numbers.to_arrow()
    assert 'pip install "moltres-core[arrow]>=2,<3"' in str(caught.value)


def test_arrow_batches_of_columns_whose_type_nobody_knows(db: Database) -> None:
    """SQLite does not say what an expression returns: the first batch does."""
    with db.engine.begin() as connection:
        connection.execute(text("CREATE TABLE t AS SELECT 1 + 1 AS n, 'a' || 'b' AS s UNION ALL SELECT 5, NULL"))
    batches = list(db.table("t").order_by("n").to_arrow_batches(1))
    assert [row for batch in batches for row in batch.to_pylist()] == [{"n": 2, "s": "ab"}, {"n": 5, "s": None}]
