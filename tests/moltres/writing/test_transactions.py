"""Writing as a part of a transaction of the caller."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy.orm import Session

from moltres import connect
from moltres.errors import MoltresError

if TYPE_CHECKING:
    from sqlalchemy import Engine

MODES = [
    ("append", {}),
    ("overwrite", {}),
    ("merge", {"keys": ["a"]}),
    ("overwrite_partitions", {"partition_by": ["a"]}),
]


@pytest.mark.parametrize(("mode", "options"), MODES)
def test_nothing_is_written_when_the_caller_rolls_back(
    engine: Engine, mode: str, options: dict[str, list[str]]
) -> None:
    with connect(engine) as db:
        db.write([{"a": 1}]).save_as_table("t")
        with engine.connect() as connection:
            mine = connect(connection)
            mine.write([{"a": 1}, {"a": 2}]).save_as_table("t", mode=mode, run_key="r", **options)  # type: ignore[arg-type]
            mine.write([{"b": 1}]).save_as_table("u")
            assert mine.table("u").count() == 1
            connection.rollback()
        assert db.tables() == ["t"]
        assert list(db.table("t").collect()) == [{"a": 1}]


def test_the_caller_commits(engine: Engine) -> None:
    with Session(engine) as session:
        mine = connect(session)
        mine.write([{"a": 1}]).save_as_table("t", run_key="r")
        mine.write([{"a": 2, "b": 1}]).save_as_table("t", mode="overwrite")
        session.commit()
    with connect(engine) as db:
        assert list(db.table("t").collect()) == [{"a": 2, "b": 1}]


def test_rows_that_only_the_caller_sees_are_written(engine: Engine) -> None:
    with engine.connect() as connection:
        mine = connect(connection)
        mine.write([{"a": 1}]).save_as_table("t")
        assert mine.table("t").write.save_as_table("u").rows_written == 1
        connection.commit()
    with connect(engine) as db:
        assert list(db.table("u").collect()) == [{"a": 1}]


def test_a_failed_write_leaves_the_callers_transaction_usable(engine: Engine) -> None:
    if engine.dialect.name == "duckdb":
        pytest.skip("DuckDB has no savepoints: an error ends the transaction")
    with engine.connect() as connection:
        mine = connect(connection)
        mine.write([{"a": 1}]).save_as_table("t")
        with pytest.raises(MoltresError):
            mine.write([{"a": None}, {"a": 1}]).save_as_table("t", mode="merge", keys=["a"])
        connection.exec_driver_sql("CREATE TABLE positive (a BIGINT CHECK (a > 0))")
        with pytest.raises(MoltresError):
            mine.write([{"a": 1}, {"a": -1}]).save_as_table("positive", mode="append", run_key="r")
        mine.write([{"a": 2}]).save_as_table("t", mode="append")
        connection.commit()
    with connect(engine) as db:
        assert db.tables() == ["positive", "t"]
        assert (db.table("t").count(), db.table("positive").count()) == (2, 0)
