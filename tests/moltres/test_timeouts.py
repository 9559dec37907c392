"""Statements that take too long, and statements that somebody stops."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from moltres import Database, DataFrame, connect
from moltres.errors import ConfigurationError, QueryCancelledError, QueryTimeoutError
from support.waiting import repeating

if TYPE_CHECKING:
    from sqlalchemy import URL

ENDLESS = {
    "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) AS c FROM n WHERE i < 0",
    "duckdb": "SELECT count(*) AS c FROM range(100000000) a, range(100000000) b WHERE a.range + b.range = -1",
    "postgresql": "SELECT count(*) AS c FROM generate_series(1, 100000000) a, generate_series(1, 100000) b WHERE a < 0",
}


def endless(db: Database) -> DataFrame:
    return db.sql(ENDLESS[db.dialect.name])


def test_a_limit_for_one_reading(db: Database) -> None:
    with pytest.raises(QueryTimeoutError, match=r"longer than 0\.3 s") as caught:
        endless(db).collect(query_timeout=0.3)
    assert caught.value.retryable
    assert isinstance(caught.value, TimeoutError)
    assert db.sql("SELECT 1 AS a").collect() == [{"a": 1}], "the limit is gone"


def test_a_limit_for_all(database_url: URL) -> None:
    with connect(database_url, query_timeout=0.3) as db:
        frame = endless(db)
        for read in (frame.collect, frame.count, lambda: list(frame.iter_batches()), frame.to_arrow):
            with pytest.raises(QueryTimeoutError):
                read()
        assert db.sql("SELECT 1 AS a").collect(query_timeout=30) == [{"a": 1}]


@pytest.mark.parametrize("seconds", [0, -1])
def test_what_is_no_limit(db: Database, seconds: float) -> None:
    with pytest.raises(ConfigurationError, match="above 0"):
        db.sql("SELECT 1 AS a").collect(query_timeout=seconds)


def test_cancel_from_another_thread(db: Database) -> None:
    frame = endless(db)
    assert db.cancel() == 0, "nothing runs yet"
    with repeating(db.cancel), pytest.raises(QueryCancelledError, match=r"stopped by cancel\(\)"):
        frame.collect()
    assert db.sql("SELECT 1 AS a").collect() == [{"a": 1}]
