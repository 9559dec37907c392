"""Whole DAGs with ``dag.test()``: query, check, publish."""

import datetime as dt
from decimal import Decimal

import pytest
import sqlalchemy as sa
from airflow.sdk import DAG, task

from dq_core import DataQualityCheck
from moltres import Receipt, col
from moltres.handoff import decode
from moltres_airflow import MoltresDataQualityOperator, MoltresQueryOperator, MoltresToTableOperator
from support.adapter_conformance import NAMES, USERS, rows_of, tables_of, text_of

SUCCESS, FAILED = "success", "failed"


def active(db):
    return db.table("users").select().where(col("active") == True)  # noqa: E712 - as the documentation writes it


def test_query_check_publish_on_every_database(run, users):
    url = text_of(users)
    with DAG("main") as dag:
        query = MoltresQueryOperator(task_id="query", dsn=url, query=active, output_key="active_users")
        check = MoltresDataQualityOperator(
            task_id="check", dsn=url, query=active, checks=[DataQualityCheck.column_not_null("email")]
        )
        write = MoltresToTableOperator(task_id="write", dsn=url, table_name="active", input_key="active_users")
        query >> check >> write
    done = run(dag)
    assert done.states == {"query": SUCCESS, "check": SUCCESS, "write": SUCCESS}
    assert [row["id"] for row in rows_of(users, "active")] == [1, 2, 4]
    assert set(done.xcoms("query")) == {"active_users"}  # once, under its key
    rows = decode(done.xcoms("query")["active_users"])
    assert rows[0]["balance"] == Decimal("10.10")
    assert rows[0]["born"] == dt.date(1815, 12, 10)
    assert done.xcoms("check")["check_quality_report"]["overall_status"] == "passed"
    written = done.xcoms("write")["write"]
    assert Receipt.from_dict(written.pop("receipt")).proved
    assert written == {"success": True, "table_name": "active", "mode": "append", "rows_written": 3, "skipped": False}


def test_a_failing_check_stops_the_dag_and_leaves_its_report(run, dsn):
    with DAG("gate") as dag:
        query = MoltresQueryOperator(task_id="query", dsn=dsn, query=lambda db: db.table("users").select())
        check = MoltresDataQualityOperator(
            task_id="check",
            dsn=dsn,
            retries=2,
            retry_delay=0,
            checks=[DataQualityCheck.column_not_null("email"), DataQualityCheck.column_unique("id")],
        )
        write = MoltresToTableOperator(task_id="write", dsn=dsn, table_name="target")
        query >> check >> write
    done = run(dag)
    assert done.states == {"query": SUCCESS, "check": FAILED, "write": "upstream_failed"}
    assert done.tries["check"] == 1  # the rows would be no better the next time
    report = done.xcoms("check")["check_quality_report"]
    assert (report["overall_status"], report["failed_checks"], report["passed_checks"]) == ("failed", 1, 1)
    assert report["results"][0]["failed_rows"] == 1
    assert "target" not in tables_of(dsn)


def test_fail_fast_skips_what_comes_after_the_first_failure(run, dsn):
    checks = [DataQualityCheck.column_not_null("email"), DataQualityCheck.column_unique("id")]
    with DAG("fast") as dag:
        for fail_fast in (True, False):
            MoltresDataQualityOperator(
                task_id=f"check_{fail_fast}",
                dsn=dsn,
                query=lambda db: db.table("users").select(),
                checks=checks,
                fail_fast=fail_fast,
                fail_on_error=False,
                output_key="report",
            )
    done = run(dag)
    assert done.states == {"check_True": SUCCESS, "check_False": SUCCESS}
    statuses = {name: [one["status"] for one in done.xcoms(name)["report"]["results"]] for name in done.states}
    assert statuses == {"check_True": ["failed", "skipped"], "check_False": ["failed", "passed"]}


@pytest.mark.parametrize(("share", "state"), [("0.7", SUCCESS), ("0.8", FAILED), ("most", FAILED)])
def test_thresholds_are_templates(run, dsn, share, state, capfd):
    with DAG("thresholds", params={"share": share}) as dag:
        MoltresDataQualityOperator(
            task_id="check",
            dsn=dsn,
            query=lambda db: db.table("users").select(),
            checks=[DataQualityCheck.column_not_null("email")],
            thresholds={"not_null_email": "{{ params.share }}"},
        )
    assert run(dag).states == {"check": state}
    refused = "The threshold of 'not_null_email' must be a number, not 'most'" in capfd.readouterr().out
    assert refused is (share == "most")


def test_rows_handed_over_are_checked_where_they_are_staged(run, dsn):
    with DAG("staged") as dag:
        query = MoltresQueryOperator(
            task_id="query", dsn=dsn, query=lambda db: db.table("numbers").select(), max_inline_rows=10
        )
        check = MoltresDataQualityOperator(
            task_id="check", dsn=dsn, checks=[DataQualityCheck.column_range("id", min=0, max=499)]
        )
        write = MoltresToTableOperator(task_id="write", dsn=dsn, table_name="copies", drop_staged=True)
        query >> check >> write
    done = run(dag)
    assert done.states == {"query": SUCCESS, "check": SUCCESS, "write": SUCCESS}
    assert done.xcoms("check")["check_quality_report"]["total_rows"] == 500
    assert tables_of(dsn) == {"users", "numbers", "copies", "moltres_loads"}  # the staged table is gone
    assert len(rows_of(dsn, "copies")) == 500


def test_a_query_reads_what_other_queries_handed_over(run, dsn):
    with DAG("steps") as dag:
        extract = MoltresQueryOperator(task_id="extract", dsn=dsn, query=lambda db: db.table("users").select())
        numbers = MoltresQueryOperator(
            task_id="numbers", dsn=dsn, query=lambda db: db.table("numbers").select(), handoff="table"
        )
        join = MoltresQueryOperator(
            task_id="join",
            dsn=dsn,
            query=lambda db, users, numbers: users.join(numbers, on="id").where(col("age") > 50).select("id", "name"),
            input_task_id=["extract", "numbers"],
        )
        load = MoltresToTableOperator(task_id="load", dsn=dsn, table_name="elders", input_task_id="join")
        [extract, numbers] >> join >> load
    done = run(dag)
    assert set(done.states.values()) == {SUCCESS}
    assert rows_of(dsn, "elders") == [{"id": 2, "name": "Grace"}, {"id": 3, "name": "Edsger"}]


def test_rows_move_from_one_database_to_another(run, dsn, duckdb_url):
    target = text_of(duckdb_url)
    with DAG("move") as dag:
        query = MoltresQueryOperator(
            task_id="query", dsn=dsn, query=lambda db: db.table("users").select(), handoff="table"
        )
        write = MoltresToTableOperator(task_id="write", dsn=target, table_name="users", input_dsn=dsn)
        query >> write
    assert run(dag).states == {"query": SUCCESS, "write": SUCCESS}
    assert [tuple(row[name] for name in NAMES) for row in rows_of(duckdb_url, "users")] == USERS


def test_staged_rows_of_another_database_are_refused_with_what_to_do(run, dsn, duckdb_url, capfd):
    with DAG("elsewhere") as dag:
        query = MoltresQueryOperator(
            task_id="query", dsn=dsn, query=lambda db: db.table("users").select(), handoff="table"
        )
        write = MoltresToTableOperator(task_id="write", dsn=text_of(duckdb_url), table_name="users", retries=3)
        query >> write
    done = run(dag)
    assert done.states == {"query": SUCCESS, "write": FAILED}
    assert done.tries["write"] == 1
    assert "Hint: Open the database in which they were staged" in capfd.readouterr().out


def test_a_branch_on_the_report(run, dsn):
    with DAG("branch") as dag:
        check = MoltresDataQualityOperator(
            task_id="check",
            dsn=dsn,
            query=lambda db: db.table("users").select(),
            checks=[DataQualityCheck.column_not_null("email")],
            fail_on_error=False,
        )

        @task.branch
        def decide(report):
            return "publish" if report["overall_status"] == "passed" else "alert"

        @task
        def alert(report):
            return report["failed_checks"]

        query = MoltresQueryOperator(task_id="publish", dsn=dsn, query=lambda db: db.table("users").select())
        decide(check.output) >> [query, alert(check.output)]
    done = run(dag)
    assert done.states == {"check": SUCCESS, "decide": SUCCESS, "alert": SUCCESS, "publish": "skipped"}
    assert done.xcoms("alert")["return_value"] == 1


def test_rows_of_a_function_are_written(run, dsn):
    with DAG("taskflow") as dag:

        @task
        def people():
            return [{"id": 1, "name": "Ada"}, {"id": 2, "name": None}]

        people() >> MoltresToTableOperator(task_id="write", dsn=dsn, table_name="people")
    assert run(dag).states == {"people": SUCCESS, "write": SUCCESS}
    assert rows_of(dsn, "people") == [{"id": 1, "name": "Ada"}, {"id": 2, "name": None}]


def test_table_name_keys_and_inputs_are_templates(run, dsn):
    with DAG("templates", params={"table": "people", "key": "id", "input": "rows"}) as dag:
        query = MoltresQueryOperator(
            task_id="query", dsn=dsn, query=lambda db: db.table("users").select("id", "name"), output_key="rows"
        )
        write = MoltresToTableOperator(
            task_id="write",
            dsn=dsn,
            table_name="{{ params.table }}_{{ dag.dag_id }}",
            input_key="{{ params.input }}",
            input_task_id="query",
            mode="merge",
            keys=["{{ params.key }}"],
        )
        query >> write
    assert run(dag).states == {"query": SUCCESS, "write": SUCCESS}
    assert len(rows_of(dsn, "people_templates")) == 4


def test_masked_columns_do_not_reach_the_report(run, dsn):
    with DAG("masked") as dag:
        for samples in (0, 5):
            MoltresDataQualityOperator(
                task_id=f"check_{samples}",
                dsn=dsn,
                query=lambda db: db.table("users").select("id", "name", "email"),
                checks=[DataQualityCheck.column_not_null("email")],
                fail_on_error=False,
                samples=samples,
                mask=["name"],
                output_key="report",
            )
    done = run(dag)
    shown = {task: done.xcoms(task)["report"]["results"][0]["samples"] for task in done.states}
    assert shown == {"check_0": [], "check_5": [{"id": 3, "name": "***", "email": None}]}


def test_do_xcom_push_off_pushes_nothing(run, dsn):
    with DAG("quiet") as dag:
        MoltresQueryOperator(task_id="query", dsn=dsn, query=lambda db: db.table("users").select(), do_xcom_push=False)
        MoltresDataQualityOperator(
            task_id="check", dsn=dsn, query=active, do_xcom_push=False, checks=[DataQualityCheck.row_count(min=1)]
        )
    done = run(dag)
    assert done.states == {"query": SUCCESS, "check": SUCCESS}
    assert done.xcoms("query") == done.xcoms("check") == {}


def test_every_type_comes_through(run, postgresql_url):
    engine = sa.create_engine(postgresql_url)
    with engine.begin() as connection:
        connection.execute(
            sa.text(
                "CREATE TABLE kinds AS SELECT 1 AS id, 12345678901234567890.123456789::numeric(40, 9) AS exact,"
                " 'NaN'::float8 AS nan, '-Infinity'::float8 AS low, 9007199254740993 AS big, '\\x00ff'::bytea AS raw,"
                " TIMESTAMPTZ '2026-03-29 01:30:00.123456+02' AS moment, TIME '23:59:59.999999' AS late,"
                " '9b2d1e9c-6a53-4d0e-8f6e-1f1b4c9b7a10'::uuid AS uid, true AS yes, NULL::date AS never"
            )
        )
    engine.dispose()
    url = text_of(postgresql_url)
    with DAG("types") as dag:
        query = MoltresQueryOperator(task_id="query", dsn=url, query=lambda db: db.table("kinds").select())
        query >> MoltresToTableOperator(task_id="write", dsn=url, table_name="copies")
    assert run(dag).states == {"query": SUCCESS, "write": SUCCESS}
    (before,), (after,) = rows_of(postgresql_url, "kinds"), rows_of(postgresql_url, "copies")
    assert str(after) == str(before)  # as text, in which NaN equals itself
    assert before["exact"] == Decimal("12345678901234567890.123456789")
