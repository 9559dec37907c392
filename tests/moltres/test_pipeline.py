"""ETLPipeline: what is published is what was checked, or nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from dq_core import Suite
from dq_core.errors import RuleError
from moltres import Database, DataFrame, ETLPipeline, Records, col, connect
from moltres.errors import ConfigurationError, QualityGateError, TableExistsError
from moltres.integrations.data_quality import DataQualityCheck

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import URL

ROWS = [{"id": 1, "status": "active"}, {"id": 2, "status": "closed"}, {"id": 3, "status": "active"}]
OLD = [{"id": 100, "status": "old"}]


@pytest.fixture
def shop(db: Database) -> Iterator[Database]:
    """A table `source`, and a table `target` with an old row; nothing may be left over afterwards."""
    db.write(ROWS).save_as_table("source")
    db.write(OLD).save_as_table("target")
    yield db
    assert [table for table in db.tables() if table.startswith("moltres_stage_")] == []


def active(frame: DataFrame) -> DataFrame:
    return frame.where(col("status") == "active")


def overwrite(frame: DataFrame) -> Any:
    return frame.write.save_as_table("target", mode="overwrite")


def target(db: Database) -> list[dict[str, Any]]:
    return list(db.table("target").order_by("id").collect())


def test_the_example_of_the_guide(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with connect("sqlite:///source.db") as db:
        db.write(ROWS).save_as_table("source")

    pipeline = ETLPipeline(
        extract=lambda: connect("sqlite:///source.db").table("source").select(),
        transform=lambda df: df.where(col("status") == "active"),
        load=lambda df: df.write.save_as_table("target"),
    )
    result = pipeline.execute()

    assert result.rows == 2
    assert result.report is None
    with connect("sqlite:///source.db") as db:
        assert [row["id"] for row in target(db)] == [1, 3]


def test_what_passes_is_published(shop: Database) -> None:
    told: list[str] = []
    result = ETLPipeline(
        lambda: shop.table("source"),
        active,
        overwrite,
        checks=[DataQualityCheck.column_unique("id"), {"type": "row_count", "min": 1}],
        name="nightly",
        on_progress=told.append,
    ).execute()
    assert [row["id"] for row in target(shop)] == [1, 3]
    assert (result.name, result.rows) == ("nightly", 2)
    assert result.report["overall_status"] == "passed"
    assert result.loaded.mode == "overwrite"
    assert told == list(result.seconds) == ["extract", "transform", "stage", "check", "load"]
    assert all(seconds >= 0 for seconds in result.seconds.values())


def test_what_fails_is_not_published(shop: Database) -> None:
    loaded: list[Any] = []
    pipeline = ETLPipeline(
        lambda: shop.table("source"),
        load=loaded.append,
        checks=[{"type": "in_set", "column": "status", "values": ["active"], "name": "only_active"}],
    )
    with pytest.raises(QualityGateError, match=r"only_active.*Nothing was loaded") as failed:
        pipeline.execute()
    assert loaded == []
    assert target(shop) == OLD
    assert failed.value.report.results[0].failed_rows == 1
    assert failed.value.context == {"pipeline": "etl_pipeline", "failed_checks": ["only_active"]}


def test_a_warning_lets_the_rows_through(shop: Database) -> None:
    rule = {"type": "in_set", "column": "status", "values": ["active"], "severity": "warning"}
    result = ETLPipeline(lambda: shop.table("source"), load=overwrite, checks=[rule]).execute()
    assert result.report["warning_checks"] == 1
    assert len(target(shop)) == 3


def test_what_is_checked_is_what_is_loaded_although_the_source_changes(shop: Database) -> None:
    def change(frame: DataFrame) -> bool:
        assert frame.count() == 3
        shop.write([{"id": 4, "status": "late"}]).save_as_table("source", mode="append")
        return True

    ETLPipeline(lambda: shop.table("source"), load=overwrite, validate=change).execute()
    assert [row["id"] for row in target(shop)] == [1, 2, 3]


def test_the_target_may_be_the_source(shop: Database) -> None:
    ETLPipeline(
        lambda: shop.table("target").union(shop.table("source")),
        load=overwrite,
        checks=[{"type": "unique", "column": "id"}],
    ).execute()
    assert [row["id"] for row in target(shop)] == [1, 2, 3, 100]


@pytest.mark.parametrize("phase", ["extract", "transform", "check", "load"])
def test_a_failure_anywhere_leaves_the_target_as_it_was(shop: Database, phase: str) -> None:
    def fail(*_: Any) -> Any:
        raise ZeroDivisionError(phase)

    def load(frame: DataFrame) -> Any:
        def broken() -> Iterator[Any]:
            yield frame.limit(1).collect()
            fail()

        return shop.write(broken() if phase == "load" else frame).save_as_table("target", mode="overwrite")

    pipeline = ETLPipeline(
        fail if phase == "extract" else lambda: shop.table("source"),
        fail if phase == "transform" else active,
        load,
        validate=fail if phase == "check" else lambda _: True,
    )
    with pytest.raises(ZeroDivisionError, match=phase):
        pipeline.execute()
    assert target(shop) == OLD


def test_the_error_of_a_load_is_the_callers_to_see(shop: Database) -> None:
    pipeline = ETLPipeline(lambda: shop.table("source"), load=lambda df: df.write.save_as_table("target"))
    with pytest.raises(TableExistsError):
        pipeline.execute()
    assert target(shop) == OLD


def test_executing_again_comes_to_the_same(shop: Database) -> None:
    pipeline = ETLPipeline(
        lambda: shop.table("source"),
        active,
        lambda df: df.write.save_as_table("target", mode="append", run_key="2024-01-01"),
        checks=[{"type": "not_null", "column": "id"}],
    )
    first, second = pipeline.execute(run_key="2024-01-01"), pipeline.execute(run_key="2024-01-01")
    assert (first.rows, second.rows) == (2, 0)
    assert second.loaded.skipped
    assert [row["id"] for row in target(shop)] == [1, 3, 100]


@pytest.mark.parametrize("verdict", [False, type("Report", (), {"passed": False, "results": ()})()])
def test_validate_stops_the_load(shop: Database, verdict: Any) -> None:
    with pytest.raises(QualityGateError):
        ETLPipeline(lambda: shop.table("source"), load=overwrite, validate=lambda _: verdict).execute()
    assert target(shop) == OLD


def test_a_suite_is_as_good_as_a_list(shop: Database) -> None:
    suite = Suite([{"type": "row_count", "max": 2}])
    with pytest.raises(QualityGateError):
        ETLPipeline(lambda: shop.table("source"), load=overwrite, checks=suite).execute()
    assert ETLPipeline(lambda: shop.table("source"), active, overwrite, checks=suite).execute().rows == 2


def test_without_a_load_it_only_checks(shop: Database) -> None:
    result = ETLPipeline(lambda: shop.table("source"), checks=[{"type": "row_count", "min": 3}]).execute()
    assert result.report.passed
    assert (result.rows, result.loaded) == (3, None)


def _pandas() -> Any:
    return pytest.importorskip("pandas").DataFrame(ROWS)


def _polars() -> Any:
    return pytest.importorskip("polars").DataFrame(ROWS)


def _arrow() -> Any:
    return pytest.importorskip("pyarrow").Table.from_pylist(ROWS)


@pytest.mark.parametrize("made", [lambda: ROWS, lambda: Records.from_dicts(ROWS), _pandas, _polars, _arrow])
def test_rows_may_come_from_anywhere(shop: Database, made: Any) -> None:
    def load(data: Any) -> Any:
        return shop.write(data).save_as_table("target", mode="overwrite")

    for checks in (None, [{"type": "unique", "column": "id"}]):
        assert ETLPipeline(made, load=load, checks=checks).execute().rows == 3
        assert target(shop) == ROWS


def test_the_stage_may_lie_in_the_database_of_the_target(shop: Database, tmp_path: Path) -> None:
    with connect(f"sqlite:///{tmp_path / 'source.sqlite'}") as source:
        source.write(ROWS).save_as_table("source")
        writes: list[str] = []

        @sa.event.listens_for(source.engine, "before_cursor_execute")
        def note(_: Any, cursor: Any, statement: str, *__: Any) -> None:
            del cursor
            writes.extend([statement] if not statement.lstrip().startswith(("SELECT", "PRAGMA")) else [])

        pipeline = ETLPipeline(
            lambda: source.table("source"),
            active,
            overwrite,
            checks=[{"type": "unique", "column": "id"}],
            stage_in=shop,
        )
        assert pipeline.execute().rows == 2
    assert [statement for statement in writes if "CREATE" in statement] == []
    assert [row["id"] for row in target(shop)] == [1, 3]


def test_wrong_arguments_are_refused_before_anything_runs() -> None:
    with pytest.raises(ConfigurationError) as failed:
        ETLPipeline("source", load=3, name="")  # type: ignore[arg-type]
    assert "extract must be a function, not str" in str(failed.value)
    assert "load must be a function, not int" in str(failed.value)
    assert "name" in str(failed.value)
    with pytest.raises(RuleError, match="not_nul"):
        ETLPipeline(lambda: ROWS, checks=[{"type": "not_nul", "column": "id"}])


KILLED = """
    import os, signal, sys
    from moltres import ETLPipeline, connect

    db = connect(sys.argv[1])

    def load(frame):
        def batches():
            yield frame.limit(1).collect()
            os.kill(os.getpid(), signal.SIGKILL)
        return db.write(batches()).save_as_table("target", mode=sys.argv[2], run_key="run-1")

    ETLPipeline(
        lambda: db.table("source"), load=load, checks=[{"type": "unique", "column": "id"}]
    ).execute(run_key="run-1")
"""


@pytest.mark.parametrize("mode", ["overwrite", "append"])
def test_a_process_killed_in_the_middle_of_the_load_changes_nothing(database_url: URL, mode: Any) -> None:
    with connect(database_url) as db:
        db.write(ROWS).save_as_table("source")
        db.write(OLD).save_as_table("target")
    address = database_url.render_as_string(hide_password=False)
    killed = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(KILLED), address, mode],
        check=False,
        env=dict(os.environ),
        capture_output=True,
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    with connect(database_url) as db:
        assert target(db) == OLD
        left = [table for table in db.tables() if table.startswith("moltres_stage_")]
        assert len(left) == 1  # nobody was there to remove it
        pipeline = ETLPipeline(
            lambda: db.table("source"),
            load=lambda frame: frame.write.save_as_table("target", mode=mode, run_key="run-1"),
            checks=[{"type": "unique", "column": "id"}],
        )
        assert pipeline.execute(run_key="run-1").rows == 3
        assert pipeline.execute(run_key="run-1").rows == 0
        assert target(db) == ROWS + (OLD if mode == "append" else [])
        assert [table for table in db.tables() if table.startswith("moltres_stage_")] == []
