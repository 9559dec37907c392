"""Incremental loads from PostgreSQL, which says what a load could not see, and schedules of late commits."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import func, text

from moltres import col, connect, hand_over
from moltres.dialects.postgresql.horizon import unseen
from moltres.errors import ConfigurationError, WriteError
from moltres.handoff import pick_up
from support.late_commits import Schedule, Writers, incremental, plain, run_schedule

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import URL

    from moltres import Database
    from moltres.write import WriteResult


@pytest.fixture
def source(postgresql_url: URL) -> Iterator[Database]:
    with connect(postgresql_url, pool_size=25) as database:
        yield database


@pytest.fixture
def target() -> Iterator[Database]:
    with connect("sqlite://") as database:
        yield database


@pytest.fixture
def events(source: Database) -> Database:
    with source.engine.begin() as connection:
        connection.execute(text("CREATE TABLE events (id INTEGER, v TEXT, at INTEGER)"))
        connection.execute(text("INSERT INTO events VALUES (1, 'a', 10), (2, 'b', 20)"))
    return source


def load(source: Database, target: Database, **options: Any) -> WriteResult:
    frame = options.pop("frame", None) or source.table("events")
    return target.write(frame).save_as_table("events", **{"mode": "append", "cursor": "at", **options})


def same(source: Database, target: Database) -> bool:
    one, other = (Counter(map(tuple, db.table("events").collect().rows)) for db in (source, target))
    return one == other


@pytest.mark.parametrize("within", [False, True], ids=["transaction", "savepoint"])
def test_a_row_that_commits_late_is_found_however_old_it_is(events: Database, target: Database, within: bool) -> None:
    with events.engine.connect() as late:
        if within:
            late.execute(text("SAVEPOINT s"))
        late.execute(text("INSERT INTO events VALUES (3, 'late', -1000000)"))
        load(events, target)
        with events.engine.begin() as connection:
            connection.execute(text("INSERT INTO events VALUES (4, 'd', 40)"))
        assert load(events, target).rows_written == 1
        if within:
            late.execute(text("RELEASE SAVEPOINT s"))
        late.commit()
    result = load(events, target)
    assert result.incremental is not None
    assert (result.rows_written, result.incremental.exact) == (1, True)
    assert same(events, target)
    assert load(events, target).rows_written == 0


def test_equal_rows_of_which_one_commits_late_are_both_found(events: Database, target: Database) -> None:
    with events.engine.connect() as late:
        late.execute(text("INSERT INTO events VALUES (1, 'a', 10)"))
        load(events, target)
        late.commit()
    load(events, target)
    assert same(events, target)


def test_a_change_without_a_new_cursor_is_found_by_a_merge(events: Database, target: Database) -> None:
    load(events, target, mode="merge", keys=["id"])
    with events.engine.begin() as connection:
        connection.execute(text("UPDATE events SET v = 'changed' WHERE id = 1"))
    assert load(events, target, mode="merge", keys=["id"]).rows_updated == 2
    assert same(events, target)


def test_partitions_say_it_as_well(source: Database, target: Database) -> None:
    with source.engine.begin() as connection:
        connection.execute(text("CREATE TABLE events (id INTEGER, at INTEGER) PARTITION BY RANGE (at)"))
        connection.execute(text("CREATE TABLE old PARTITION OF events FOR VALUES FROM (0) TO (100)"))
        connection.execute(text("CREATE TABLE new PARTITION OF events FOR VALUES FROM (100) TO (200)"))
        connection.execute(text("INSERT INTO events VALUES (1, 150)"))
    with source.engine.connect() as late:
        late.execute(text("INSERT INTO events VALUES (2, 5)"))
        load(source, target)
        late.commit()
    assert load(source, target).rows_written == 1


def test_a_table_that_was_made_anew_is_read_from_the_beginning(events: Database, target: Database) -> None:
    load(events, target)
    with events.engine.begin() as connection:
        connection.execute(text("CREATE TABLE other AS SELECT 0 AS id, 'older' AS v, 1 AS at"))
        connection.execute(text("DROP TABLE events"))
        connection.execute(text("ALTER TABLE other RENAME TO events"))
    result = load(events, target)
    assert result.incremental is not None
    assert (result.rows_written, result.incremental.started) == (1, None)


def test_what_depends_on_more_than_the_row_requires_a_lag(events: Database, target: Database) -> None:
    with events.engine.begin() as connection:
        connection.execute(text("CREATE VIEW seen AS SELECT * FROM events"))
    table = events.table("events")
    frames = (
        events.table("seen"),
        events.sql("SELECT * FROM events"),
        table.where(col("at") < func.random() * 1000),
        table.where(col("id").in_(events.table("seen").select("id").statement)),
        table.join(events.table("seen").select("id"), on="id"),
        table.group_by("id", "v").agg(at=func.max(col("at"))),
    )
    for frame in frames:
        with pytest.raises(ConfigurationError, match="Give lag"):
            load(events, target, frame=frame)
    for frame in (table.order_by("at").limit(1), table.offset(1).where(col("id") > 0)):
        with pytest.raises(ConfigurationError, match="leaves rows out"):
            load(events, target, frame=frame, lag=0)
    assert target.tables() == []
    assert load(
        events, target, frame=table.where(col("at") >= 10, col("v") != "z").select("id", "v", "at")
    ).rows_written


@pytest.mark.parametrize(
    ("before", "known"),
    [
        ({"xmin": 2**32 - 5, "database": 1, "table": 2}, "4294967291"),  # the numbers begin anew after it
        ({"xmin": 2**32 + 1, "database": 1, "table": 2}, "'3'"),  # the first that rows can have
        ({"xmin": 2**33, "database": 1, "table": 2}, None),  # of another server: it has not come so far
        ({"xmin": 2**32, "database": 1, "table": 3}, None),
        ({"xmin": 2**32 - 2**31, "database": 1, "table": 2}, None),  # too long ago to tell
        ({"database": 1, "table": 2}, None),
    ],
)
def test_numbers_of_transactions_begin_anew(events: Database, before: Any, known: str | None) -> None:
    now = {"xmin": 2**32 + 10, "xmax": 2**32 + 20, "database": 1, "table": 2}
    found = unseen(events.reflect("events"), before, now)
    assert (found is None) is (known is None)
    assert known is None or known in str(found)


@pytest.mark.parametrize(("mode", "number"), [("append", 1), ("merge", 2)])
def test_writers_that_commit_late_lose_nothing(source: Database, target: Database, mode: str, number: int) -> None:
    writers = Writers(source, together=True)
    outcome = run_schedule(Schedule(number, mode), writers, source, target, incremental)
    writers.close()
    assert (outcome.lost, outcome.doubled) == (0, 0), outcome
    assert outcome.killed
    assert outcome.loads > 3


def test_the_plain_query_loses_rows_of_the_same_schedule(source: Database, target: Database) -> None:
    writers = Writers(source, together=True)
    outcome = run_schedule(Schedule(1), writers, source, target, plain)
    writers.close()
    assert outcome.lost > outcome.rows / 10


@pytest.mark.parametrize("mode", ["append", "merge"])
def test_a_lag_loses_nothing_where_transactions_are_no_longer(sqlite_url: URL, duckdb_url: URL, mode: str) -> None:
    with connect(sqlite_url) as source, connect(duckdb_url) as target:
        writers = Writers(source, together=False)
        outcome = run_schedule(Schedule(3, mode, late=120), writers, source, target, incremental)
        writers.close()
    assert (outcome.lost, outcome.doubled) == (0, 0), outcome
    assert outcome.loads > 3


@pytest.mark.parametrize("mode", ["table", "parquet"])
def test_rows_that_were_handed_over_are_taken_as_they_were_given(
    sqlite_url: URL, target: Database, tmp_path: Path, mode: Any
) -> None:
    folder = tmp_path if mode == "parquet" else None
    with connect(sqlite_url) as shop:
        shop.write([{"id": 1, "at": 10}, {"id": 2, "at": 20}]).save_as_table("events")
        for rows in (2, 0):  # what is older than the watermark is not left out, and not doubled either
            given = pick_up(shop, hand_over(shop.table("events"), name="r", mode=mode, stage_uri=folder))
            some = given.join(given.select("id"), on="id").where(col("id") > 0)
            result = target.write(some).save_as_table("events", mode="append", cursor="at")
            assert result.incremental is not None
            assert (result.rows_written, result.incremental.rows_read) == (rows, 2)
            assert "were given" in result.incremental.promise


def test_rows_that_a_trigger_changes_are_refused(events: Database, target: Database) -> None:
    load(events, target)
    with target.engine.begin() as connection:
        connection.execute(text("CREATE TRIGGER x AFTER INSERT ON events BEGIN UPDATE events SET v = upper(v); END"))
    with events.engine.begin() as connection:
        connection.execute(text("INSERT INTO events VALUES (3, 'c', 30)"))
    with pytest.raises(WriteError, match="with other values than were written"):
        load(events, target)
    assert target.table("events").count() == 2
