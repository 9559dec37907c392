"""One snapshot, nothing written, and an end in time."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import duckdb
import pytest
import sqlalchemy as sa

from dq_core import RuleError, SourceConnectionError, ValidationTimeoutError, open_source, validate
from support.check_conformance import store
from support.database_facts import facts_of
from support.waiting import until

ROWS = [{"id": number, "x": 1} for number in range(10)]
TYPES = {"id": sa.Integer(), "x": sa.Integer()}


@pytest.fixture
def snapshots(database_url: sa.URL) -> Any:
    engine = sa.create_engine(database_url)
    together = facts_of(engine).readers_and_writer
    if together is not None:
        with engine.begin() as connection:
            connection.exec_driver_sql(together)
    yield engine
    engine.dispose()


def test_all_statements_see_the_same_rows(snapshots: sa.Engine) -> None:
    store(snapshots, "t", ROWS, TYPES)
    done: list[str] = []

    def meddle(progress: Any) -> None:
        """After the first statement, and before those that follow, everything changes."""
        if not done:
            with snapshots.begin() as connection:
                connection.execute(sa.text("DELETE FROM t WHERE id > 3"))
                connection.execute(sa.text("UPDATE t SET x = id"))
            done.append(progress.message)

    report = validate(
        snapshots,
        [
            {"type": "row_count", "min": 10},
            {"type": "unique", "column": "x"},
            {"type": "in_range", "column": "x", "max": 0},
        ],
        table="t",
        on_progress=meddle,
        samples=20,
    )
    assert done == ["scanned for 3 checks"]
    assert [result.failed_rows for result in report.results] == [None, 10, 10]
    assert len(report.results[2].samples) == 10
    # And the next validation sees the new rows: the change was real.
    assert validate(snapshots, [{"type": "unique", "column": "x"}], table="t").total_rows == 4


@pytest.mark.parametrize("ending", ["csv", "json", "parquet"])
@pytest.mark.parametrize("which", ["source", "other"])
def test_files_that_change_meanwhile_are_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str, which: str
) -> None:
    monkeypatch.chdir(tmp_path)

    def write(name: str, *ids: int) -> None:
        rows = " UNION ALL ".join(f"SELECT {one} AS id" for one in ids)
        duckdb.sql(f"COPY ({rows}) TO 'draft.{ending}'")
        Path(f"draft.{ending}").replace(f"{name}.{ending}")

    def meddle(_: Any) -> None:
        write(which, 1, 2, 2)

    write("source", 1, 2, 3)
    write("other", 1, 2, 3)
    rules = [
        {"type": "unique", "column": "id"},
        {"type": "foreign_key", "column": "id", "references": {"table": f"other.{ending}", "column": "id"}},
    ]
    assert validate(f"source.{ending}", rules).passed
    with pytest.raises(
        SourceConnectionError, match=f"files have changed while they were read.*{which}.{ending}"
    ) as told:
        validate(f"source.{ending}", rules, on_progress=meddle)
    assert told.value.retryable
    assert validate(f"source.{ending}", rules).passed is False


def test_the_source_cannot_be_written_to(postgresql_url: sa.URL) -> None:
    engine = sa.create_engine(postgresql_url)
    store(engine, "t", ROWS, TYPES)
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE SEQUENCE counter"))
    with pytest.raises(RuleError, match="it calls nextval, which does more than compute"):
        validate(engine, [{"type": "expression", "sql": "nextval('counter') > 0"}], table="t")
    # What no rule may call is refused by the transaction as well.
    with open_source(engine, table="t") as opened, pytest.raises(sa.exc.InternalError, match="read-only transaction"):
        opened.connection.exec_driver_sql("SELECT nextval('counter')")
    engine.dispose()


def test_timeout_stops_what_runs(engine: sa.Engine) -> None:
    store(engine, "t", ROWS, TYPES)
    facts = facts_of(engine)
    started = time.monotonic()
    with pytest.raises(ValidationTimeoutError, match=r"stopped after 0.3 seconds \(timeout_seconds\)") as caught:
        validate(engine, [{"type": "expression", "sql": facts.slow}], table="t", timeout_seconds=0.3)
    assert time.monotonic() - started < 15
    assert isinstance(caught.value, TimeoutError)
    assert caught.value.retryable
    # The connection went back to the pool in order, without any time limit.
    assert validate(engine, [{"type": "row_count", "min": 10}], table="t").passed
    if facts.limit_after is not None:
        shown, unlimited = facts.limit_after
        with engine.connect() as connection:
            assert connection.execute(sa.text(shown)).scalar_one() == unlimited


def test_timeout_leaves_no_timer_behind(engine: sa.Engine) -> None:
    store(engine, "t", ROWS, TYPES)
    before = threading.active_count()
    assert validate(engine, [{"type": "row_count", "min": 10}], table="t", timeout_seconds=60).passed
    until(lambda: threading.active_count() <= before, "the end of the timer's thread")


def test_a_caller_s_transaction_survives_a_failing_expression(postgresql_url: sa.URL) -> None:
    engine = sa.create_engine(postgresql_url)
    store(engine, "t", ROWS, TYPES)
    with engine.connect() as connection:
        connection.execute(sa.text("INSERT INTO t VALUES (99, 5)"))
        rules = [{"type": "expression", "sql": "1 / (x - 5) < 9"}, {"type": "row_count", "min": 11}]
        report = validate(connection, rules, table="t")
        assert [result.status for result in report.results] == ["error", "passed"]
        connection.commit()
    assert validate(engine, rules[1:], table="t").passed
    engine.dispose()
