"""The Airflow blocks of the users' guide, word for word but for the addresses and what Airflow 3 has removed.

Airflow 3 has no ``days_ago`` and no ``schedule_interval``; ``airflow.DAG`` is ``airflow.sdk.DAG``.
"""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from airflow.sdk import DAG, task
from airflow.sdk.exceptions import AirflowFailException

import moltres.integrations.airflow
import moltres_airflow
from moltres import col, connect
from moltres.integrations.airflow import (
    ETLPipeline,
    MoltresDataQualityOperator,
    MoltresQueryOperator,
    MoltresToTableOperator,
)
from moltres.integrations.data_quality import DataQualityCheck
from support.adapter_conformance import rows_of, tables_of, text_of

YESTERDAY = datetime.now(UTC) - timedelta(days=1)
SUCCESS = "success"


def test_every_name_of_the_package_is_one_of_the_integration():
    assert moltres.integrations.airflow.__all__ == moltres_airflow.__all__
    for name in moltres_airflow.__all__:
        assert getattr(moltres.integrations.airflow, name) is getattr(moltres_airflow, name)


@pytest.mark.filterwarnings("default::DeprecationWarning")  # of Airflow, for the old place of DAG
def test_quick_start(run, users):
    from airflow import DAG

    address = text_of(users)
    with DAG(
        "moltres_example",
        default_args={"owner": "data_team"},
        schedule="@daily",
        start_date=YESTERDAY,
    ) as dag:
        query_task = MoltresQueryOperator(
            task_id="query_users",
            dsn=address,
            query=lambda db: db.table("users").select().where(col("active") == True),  # noqa: E712
            output_key="active_users",
        )

        write_task = MoltresToTableOperator(
            task_id="write_results",
            dsn=address,
            table_name="active_users_summary",
            input_key="active_users",
        )

        query_task >> write_task
    assert run(dag).states == {"query_users": SUCCESS, "write_results": SUCCESS}
    assert [row["id"] for row in rows_of(users, "active_users_summary")] == [1, 2, 4]


def test_operators(run, dsn):
    with DAG("operators") as dag:
        query_task = MoltresQueryOperator(
            task_id="query_users",
            dsn=dsn,
            query=lambda db: db.table("users").select().where(col("age") > 25),
            output_key="users_data",
        )
        write_task = MoltresToTableOperator(
            task_id="write_results",
            dsn=dsn,
            table_name="processed_users",
            input_key="users_data",
            mode="append",
        )
        quality_check = MoltresDataQualityOperator(
            task_id="check_quality",
            dsn=dsn,
            query=lambda db: db.table("users").select(),
            checks=[
                DataQualityCheck.column_not_null("email"),
                DataQualityCheck.column_range("age", min=0, max=150),
                DataQualityCheck.column_unique("email"),
            ],
            fail_on_error=True,
        )
        query_task >> write_task >> quality_check
    done = run(dag)
    assert done.states == {"query_users": SUCCESS, "write_results": SUCCESS, "check_quality": "failed"}
    assert [row["id"] for row in rows_of(dsn, "processed_users")] == [1, 2, 3]
    report = done.xcoms("check_quality")["check_quality_quality_report"]
    assert [one["passed"] for one in report["results"]] == [False, True, True]


def test_data_quality_checks(run, dsn):
    checks = [
        # Check for null values
        DataQualityCheck.column_not_null("email"),
        # Check value range
        DataQualityCheck.column_range("age", min=0, max=150),
        # Check uniqueness
        DataQualityCheck.column_unique("email"),
        # Check data type
        DataQualityCheck.column_type("age", int),
        # Check row count
        DataQualityCheck.row_count(min=1, max=1000),
        # Check completeness percentage
        DataQualityCheck.column_completeness("email", threshold=0.9),
        # Custom check
        DataQualityCheck.custom(lambda data: len(data) > 0, check_name="has_rows"),
    ]
    with DAG("checks") as dag:
        MoltresDataQualityOperator(
            task_id="check",
            dsn=dsn,
            query=lambda db: db.table("users").select(),
            checks=checks,
            fail_on_error=False,
        )
    report = run(dag).xcoms("check")["check_quality_report"]
    passed = {one["check_name"]: one["passed"] for one in report["results"]}
    assert list(passed.values()) == [False, True, True, True, True, False, True]
    assert "has_rows" in passed


def test_etl_pipeline(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    engine = sa.create_engine("sqlite:///source.db")
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE source (id INTEGER, status TEXT)"))
        connection.execute(sa.text("INSERT INTO source VALUES (1, 'active'), (2, 'gone')"))
    engine.dispose()

    pipeline = ETLPipeline(
        extract=lambda: connect("sqlite:///source.db").table("source").select(),
        transform=lambda df: df.where(col("status") == "active"),
        load=lambda df: df.write.save_as_table("target"),
    )

    pipeline.execute()
    assert rows_of("sqlite:///source.db", "target") == [{"id": 1, "status": "active"}]


def test_error_handling(dsn):
    operator = MoltresQueryOperator(
        task_id="query_users", dsn=dsn, query=lambda db: db.table("users").select().where(col("agee") > 25)
    )
    with pytest.raises(AirflowFailException, match=r"agee[\s\S]*Hint: Did you mean 'age'[\s\S]*missing: \['agee'\]"):
        operator.execute({})


def test_multi_step_pipeline(run, dsn):
    with DAG("steps") as dag:
        extract_task = MoltresQueryOperator(task_id="extract", dsn=dsn, query=lambda db: db.table("users").select())
        transform_task = MoltresQueryOperator(
            task_id="transform", dsn=dsn, query=lambda db, users: users.where(col("age") > 25), input_key="extract"
        )
        quality_task = MoltresDataQualityOperator(
            task_id="quality", dsn=dsn, checks=[DataQualityCheck.row_count(min=3)], input_key="transform"
        )
        load_task = MoltresToTableOperator(task_id="load", dsn=dsn, table_name="adults", input_key="transform")

        extract_task >> transform_task >> quality_task >> load_task
    assert set(run(dag).states.values()) == {SUCCESS}
    assert [row["id"] for row in rows_of(dsn, "adults")] == [1, 2, 3]


@pytest.mark.parametrize(("least", "published"), [(1, True), (5, False)])
def test_conditional_workflow(run, dsn, least, published):
    alerts = []

    def send_alert(report):
        alerts.append(report["overall_status"])

    with DAG("conditional") as dag:
        quality_report = MoltresDataQualityOperator(
            task_id="check",
            dsn=dsn,
            query=lambda db: db.table("users").select(),
            checks=[DataQualityCheck.row_count(min=least)],
            fail_on_error=False,
        )

        @task.short_circuit
        def passed(quality_report):
            if quality_report["overall_status"] == "passed":
                # Continue with pipeline
                return True
            # Handle failure
            send_alert(quality_report)
            return False

        publish = MoltresQueryOperator(task_id="rows", dsn=dsn, query=lambda db: db.table("users").select())
        write = MoltresToTableOperator(task_id="write", dsn=dsn, table_name="published")
        passed(quality_report.output) >> publish >> write
    run(dag)
    assert ("published" in tables_of(dsn)) is published
    assert alerts == ([] if published else ["failed"])
