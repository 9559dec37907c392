"""A DuckDB of the caller is asked without the optimizers that give wrong answers, and is left as it was."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa

from dq_core import validate
from dq_core.errors import SourceError
from dq_core.sources import open_source

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BELOW_100 = {"type": "expression", "sql": "price < 100"}
LOSES_ROWS = "join_filter_pushdown"
INEXACT = {"filter_pushdown", "statistics_propagation"}


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[sa.Engine]:
    """An engine of the caller, with a view of a file that PyArrow has written, and a table of the same rows."""
    pq.write_table(pa.table({"id": [1, 2, 3], "price": [1.0, math.nan, 2.0]}), tmp_path / "prices.parquet")
    engine = sa.create_engine(f"duckdb:///{tmp_path / 'shop.duckdb'}")
    with engine.begin() as connection:
        connection.exec_driver_sql(f"CREATE VIEW prices AS SELECT * FROM '{tmp_path / 'prices.parquet'}'")
        connection.exec_driver_sql("CREATE TABLE stored AS SELECT * FROM prices")
        connection.exec_driver_sql("SET disabled_optimizers = 'top_n'")
    yield engine
    engine.dispose()


def disabled(given: sa.Engine | sa.Connection) -> set[str]:
    asked = "SELECT current_setting('disabled_optimizers')"
    if isinstance(given, sa.Connection):
        return set(given.exec_driver_sql(asked).scalar_one().split(","))
    with given.connect() as connection:
        return disabled(connection)


@pytest.mark.parametrize(
    "options", [{"table": "prices"}, {"table": "stored"}, {"query": "SELECT * FROM prices"}], ids=str
)
def test_nan_of_files_behind_a_view_is_compared_as_duckdb_compares(engine: sa.Engine, options: dict[str, Any]) -> None:
    assert validate(engine, [BELOW_100], **options).results[0].failed_rows == 1
    with engine.connect() as connection:
        assert validate(connection, [BELOW_100], **options).results[0].failed_rows == 1


def test_what_was_set_comes_back_with_the_end_of_the_last_run(engine: sa.Engine) -> None:
    with open_source(engine, table="stored") as outer:
        assert disabled(outer.connection) == {"top_n", LOSES_ROWS}
        with open_source(engine, query="SELECT * FROM prices") as inner:
            assert disabled(inner.connection) == {"top_n", LOSES_ROWS} | INEXACT
        assert LOSES_ROWS in disabled(outer.connection)
    assert disabled(engine) == {"top_n"}


def test_what_was_set_comes_back_after_an_error(engine: sa.Engine) -> None:
    report = validate(engine, [{"type": "expression", "sql": "CAST('x' AS INTEGER) = id"}], table="stored")
    assert [one.status for one in report.results] == ["error"]
    assert disabled(engine) == {"top_n"}
    with engine.connect() as connection, connection.begin():
        connection.exec_driver_sql("CREATE TEMP TABLE mine (id INTEGER PRIMARY KEY)")
        connection.exec_driver_sql("INSERT INTO mine VALUES (1)")
        with open_source(connection, table="mine") as opened, pytest.raises(sa.exc.DBAPIError):
            opened.connection.exec_driver_sql("INSERT INTO mine VALUES (1)")
    assert disabled(engine) == {"top_n"}


def test_a_locked_configuration_is_refused_unless_it_is_right(tmp_path: Path) -> None:
    locked = {"lock_configuration": "true"}
    for config in (locked, {**locked, "disabled_optimizers": LOSES_ROWS}):
        engine = sa.create_engine(f"duckdb:///{tmp_path / 'locked.duckdb'}", connect_args={"config": config})
        with engine.begin() as connection:
            connection.exec_driver_sql("CREATE TABLE IF NOT EXISTS t AS SELECT 1 AS a")
        if config == locked:
            with pytest.raises(SourceError, match=r"disabled_optimizers.*join_filter_pushdown"):
                validate(engine, [{"type": "row_count", "min": 1}], table="t")
        else:
            assert validate(engine, [{"type": "row_count", "min": 1}], table="t").passed
        engine.dispose()


def test_frames_with_floats_run_without_all_of_them() -> None:
    with open_source(pa.table({"price": [1.0]})) as opened:
        assert disabled(opened.connection) == {LOSES_ROWS} | INEXACT
