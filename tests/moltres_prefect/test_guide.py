"""The Prefect code of the user's guide, with addresses of this machine in place of its own and values for its `...`."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from prefect import flow

import moltres.integrations.prefect
import moltres_prefect
from moltres import col
from moltres.integrations.data_quality import DataQualityCheck
from moltres.integrations.prefect import ETLPipeline, moltres_data_quality, moltres_query, moltres_to_table
from support.adapter_conformance import rows_of

GUIDE = (Path(__file__).resolve().parents[2] / "docs" / "guides" / "prefect.md").read_text()
EXAMPLE = Path(__file__).resolve().parents[2] / "docs" / "examples" / "28_prefect_integration.py"


def test_every_name_of_the_package_is_one_of_the_integration() -> None:
    assert moltres.integrations.prefect.__all__ == moltres_prefect.__all__
    for name in moltres_prefect.__all__:
        assert getattr(moltres.integrations.prefect, name) is getattr(moltres_prefect, name)


@pytest.mark.parametrize("name", [name for name in moltres_prefect.__all__ if name.startswith("moltres_")])
def test_every_argument_is_documented(name: str) -> None:
    arguments = inspect.signature(getattr(moltres_prefect, name).fn).parameters
    assert [one for one in arguments if not re.search(rf"`{one}`|\b{one}=", GUIDE)] == []


def test_quick_start(postgresql_dsn: str) -> None:
    @flow(name="moltres_example")
    def example_pipeline() -> Any:
        users = moltres_query(
            dsn=postgresql_dsn,
            query=lambda db: db.table("users").select().where(col("active") == True),  # noqa: E712
        )

        result = moltres_to_table(
            dsn=postgresql_dsn,
            table_name="active_users_summary",
            data=users,
            mode="append",
        )

        return result  # noqa: RET504

    assert example_pipeline()["rows_written"] == 3
    assert [row["name"] for row in rows_of(postgresql_dsn, "active_users_summary")][:2] == ["Ada", "Grace"]


def test_moltres_query(postgresql_dsn: str) -> None:
    @flow
    def my_pipeline() -> Any:
        users = moltres_query(
            dsn=postgresql_dsn,
            query=lambda db: db.table("users").select().where(col("age") > 25),
        )
        return users  # noqa: RET504

    assert [row["id"] for row in my_pipeline()] == [1, 2, 3]


def test_moltres_to_table(dsn: str) -> None:
    @flow
    def write_pipeline() -> Any:
        data = [{"id": 1, "name": "Alice"}]
        result = moltres_to_table(
            dsn=dsn,
            table_name="people",
            data=data,
            mode="append",
        )
        return result  # noqa: RET504

    result = write_pipeline()
    assert (result["success"], result["rows_written"], result["table_name"]) == (True, 1, "people")
    assert rows_of(dsn, "people") == [{"id": 1, "name": "Alice"}]


def test_moltres_data_quality(postgresql_dsn: str) -> None:
    @flow
    def quality_pipeline() -> Any:
        report = moltres_data_quality(
            dsn=postgresql_dsn,
            query=lambda db: db.table("users").select(),
            checks=[
                DataQualityCheck.column_not_null("email"),
                DataQualityCheck.column_range("age", min=0, max=150),
            ],
        )
        return report  # noqa: RET504

    report = quality_pipeline()
    assert (report["overall_status"], report["failed_checks"], report["passed_checks"]) == ("failed", 1, 1)


@pytest.mark.parametrize(("column", "status"), [("name", "success"), ("email", "failed")])
def test_conditional_pipeline(dsn: str, monkeypatch: pytest.MonkeyPatch, column: str, status: str) -> None:
    monkeypatch.setenv("MOLTRES_DSN", dsn)  # the guide's check names no database

    @flow
    def conditional_pipeline() -> Any:
        users = moltres_query(dsn=dsn, query=lambda db: db.table("users").select())

        quality_report = moltres_data_quality(
            query=lambda db: db.table("users").select(),
            checks=[DataQualityCheck.column_not_null(column)],
        )

        if quality_report["overall_status"] == "passed":
            return moltres_to_table(dsn=dsn, table_name="copies", data=users)
        else:  # noqa: RET505 - as in the guide
            # Send alert or handle failure
            return {"status": "failed", "report": quality_report}

    result = conditional_pipeline()
    assert result.get("success") is (True if status == "success" else None)
    assert result.get("status") == ("failed" if status == "failed" else None)


def test_robust_pipeline(dsn: str) -> None:
    attempts: list[int] = []

    @flow(
        name="robust_pipeline",
        retries=3,
        retry_delay_seconds=0,
    )
    def robust_pipeline() -> Any:
        # Tasks will automatically retry on failure
        users = moltres_query(dsn=dsn, query=lambda db: db.table("users").select(), retries=2, timeout=60)
        written = moltres_to_table(dsn=dsn, table_name="copies", data=users)
        attempts.append(1)
        if len(attempts) < 3:
            raise ConnectionError("lost")
        return written

    assert robust_pipeline()["skipped"] is True
    assert len(rows_of(dsn, "copies")) == 4


def test_etl_pipeline_of_several_steps(dsn: str) -> None:
    def transform(data: Any) -> Any:
        return [{**row, "name": row["name"].upper()} for row in data]

    @flow
    def etl_pipeline() -> Any:
        data = moltres_query(dsn=dsn, query=lambda db: db.table("users").select("id", "name"))
        transformed = transform(data)
        report = moltres_data_quality(data=transformed, checks=[DataQualityCheck.column_unique("id")])
        if report["overall_status"] == "passed":
            return moltres_to_table(dsn=dsn, table_name="copies", data=transformed)
        return None

    assert etl_pipeline()["rows_written"] == 4
    assert rows_of(dsn, "copies")[0] == {"id": 1, "name": "ADA"}


def test_parallel_pipeline(dsn: str) -> None:
    def merge(first: Any, second: Any) -> Any:
        return [*first, *second]

    @flow
    def parallel_pipeline() -> Any:
        data1 = moltres_query(dsn=dsn, query=lambda db: db.table("users").select("id").where(col("id") < 3))
        data2 = moltres_query(dsn=dsn, query=lambda db: db.table("users").select("id").where(col("id") >= 3))
        merged = merge(data1, data2)
        return moltres_to_table(dsn=dsn, table_name="copies", data=merged)

    assert parallel_pipeline()["rows_written"] == 4


def test_the_pipeline_helper_is_at_hand(dsn: str) -> None:
    @flow
    def pipeline() -> Any:
        from moltres import connect

        return ETLPipeline(
            extract=lambda: connect(dsn).table("users").select(),
            transform=lambda df: df.where(col("active") == True),  # noqa: E712
            load=lambda df: df.write.save_as_table("target"),
        ).execute()

    assert pipeline().rows == 3


def test_the_example_runs_as_it_is(tmp_path: Path) -> None:
    environment = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(tmp_path),
        "DO_NOT_TRACK": "1",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    }
    done = subprocess.run(
        [sys.executable, str(EXAMPLE)], cwd=tmp_path, env=environment, check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert "quality gate: 26 rows" in lines
    assert "conditional: not published as they are: {'not_null_customer': 1}" in lines
    assert "large hand-off: passed 20000" in lines
    assert "idempotent, lost and retried: True" in lines
    assert "idempotent, run again: True" in lines
    assert lines[-1].startswith("history: 26 rows; tables: event_copies, ")
    assert "moltres_stage" not in lines[-1]
    assert list(tmp_path.iterdir()) == []
