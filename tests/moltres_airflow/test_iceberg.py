"""The operators on tables of Iceberg without a server: a load from another database, and what must not be shown."""

import json

import pytest
from airflow.sdk import DAG
from airflow.sdk.exceptions import AirflowException, AirflowFailException

from dq_core import DataQualityCheck
from moltres.errors import ConfigurationError
from moltres_airflow import (
    MoltresCompareOperator,
    MoltresDataQualityOperator,
    MoltresQueryOperator,
    MoltresToTableOperator,
)
from support.adapter_conformance import SECRET, make_users, text_of
from support.airflow import Instance
from support.iceberg import load


@pytest.mark.parametrize("source", ["sqlite", "duckdb"])
def test_a_load_from_another_database_is_checked_and_never_doubled(run, request, pyiceberg_url, source):
    url = request.getfixturevalue(f"{source}_url")
    make_users(url)
    here, there = text_of(url), text_of(pyiceberg_url)
    numbers = {"query": lambda db: db.table("numbers"), "max_inline_rows": 10}
    same = {"table": "numbers", "right_table": "numbers", "keys": ["id"]}
    with DAG("nightly") as dag:
        query = MoltresQueryOperator(task_id="query", dsn=here, **numbers)
        write = MoltresToTableOperator(
            task_id="write", dsn=there, table_name="numbers", input_dsn=here, run_key="2026-11-26"
        )
        check = MoltresDataQualityOperator(
            task_id="check",
            dsn=there,
            query=lambda db: db.table("numbers"),
            checks=[DataQualityCheck.column_unique("id")],
        )
        compare = MoltresCompareOperator(task_id="compare", dsn=there, right_dsn=here, **same)
        query >> write >> check >> compare
    for again in range(2):
        done = run(dag)
        assert set(done.states.values()) == {"success"}
        written = done.xcoms("write")["write"]
        assert (written["rows_written"], written["skipped"]) == ((0, True) if again else (500, False))
        assert done.xcoms("check")["check_quality_report"]["total_rows"] == 500
        assert done.xcoms("compare")["compare_comparison"]["left_rows"] == 500
        found = load(pyiceberg_url, "numbers").scan().to_arrow()["id"].to_pylist()
        assert sorted(found) == list(range(500))


@pytest.mark.parametrize("kind", [AirflowException, AirflowFailException])
def test_what_cannot_be_reached_is_told_without_a_secret(tmp_path, kind, caplog, capfd):
    # A store that does not answer may do so later; a catalog that is none never will.
    where = "s3://lake/warehouse" if kind is AirflowException else "nothing://lake"
    query = {"warehouse": where, "s3.endpoint": "http://127.0.0.1:9", "s3.region": "x", "s3.access-key-id": "me"}
    url = f"iceberg+sqlite:///{tmp_path}/catalog.db?" + "&".join(f"{name}={value}" for name, value in query.items())
    instance = Instance()
    instance.xcom_push("rows", [{"id": 1}])
    write = MoltresToTableOperator(
        task_id="write",
        dsn=f"{url}&s3.secret-access-key={SECRET}",
        table_name="t",
        input_task_id="task",
        input_key="rows",
    )
    with pytest.raises(AirflowException) as caught:
        write.execute({"ti": instance})
    assert type(caught.value) is kind
    shown = f"{caught.value!r} {caught.value.__cause__!r} {caught.value.__context__!r} {caplog.text} {write!r}"
    assert SECRET not in shown + "".join(capfd.readouterr()) + json.dumps([*instance.store.values()])


def test_a_secret_of_a_warehouse_is_refused_where_airflow_stores_it(tmp_path):
    url = f"iceberg+sqlite:///{tmp_path}/c.db?warehouse=s3://b/w&s3.secret-access-key={SECRET}"
    with pytest.raises(ConfigurationError, match=r"Dsn\(") as caught, DAG("d", default_args={"dsn": url}):
        MoltresQueryOperator(task_id="q", query=lambda db: db.table("t"))
    assert SECRET not in str(caught.value)
