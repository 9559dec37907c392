"""An operator runs by itself, with a mocked context: users test their DAGs like this."""

from types import SimpleNamespace
from unittest.mock import MagicMock

import pytest
from airflow.sdk import DAG
from airflow.sdk.exceptions import AirflowFailException

from moltres.errors import ConfigurationError
from moltres_airflow import MoltresDataQualityOperator, MoltresQueryOperator, MoltresToTableOperator
from support.adapter_conformance import rows_of


def context_of(instance):
    context = MagicMock()
    context.get = MagicMock(return_value=instance)
    return context


def test_a_query_with_a_mock(dsn):
    instance = MagicMock()
    query = MoltresQueryOperator(
        task_id="q", dsn=dsn, query=lambda db: db.table("users").select("id"), output_key="rows"
    )
    assert len(query.execute(context_of(instance))) == 4
    (pushed,) = instance.xcom_push.call_args_list
    assert pushed.kwargs["key"] == "rows"


def test_a_check_with_a_mock(dsn):
    check = MoltresDataQualityOperator(
        task_id="c",
        dsn=dsn,
        query=lambda db: db.table("users"),
        checks=[{"type": "not_null", "column": "id"}],
        fail_on_error=True,
    )
    instance = MagicMock()
    assert check.execute(context_of(instance))["overall_status"] == "passed"
    assert instance.xcom_push.call_args.kwargs["key"] == "c_quality_report"


@pytest.mark.parametrize("given", [[{"id": 1}], [[{"id": 1}]]], ids=["one value", "a list of values"])
@pytest.mark.parametrize("options", [{"input_key": "rows"}, {"input_task_id": "q"}])
def test_a_write_with_a_mock(dsn, options, given):
    instance = MagicMock()
    instance.xcom_pull.return_value = given
    write = MoltresToTableOperator(task_id="w", dsn=dsn, table_name="out", mode="overwrite", **options)
    assert write.execute(context_of(instance))["rows_written"] == 1
    assert rows_of(dsn, "out") == [{"id": 1}]


@pytest.mark.parametrize("given", [[{"id": 1}], [[{"id": 1}]]], ids=["one value", "a list of values"])
def test_operators_of_a_dag_with_a_mock(dsn, given):
    """The mock's map index is a mock as well, and no number."""
    with DAG("alone"):
        query = MoltresQueryOperator(task_id="q", dsn=dsn, query="SELECT 1 AS id")
        check = MoltresDataQualityOperator(task_id="c", dsn=dsn, checks=[{"type": "row_count", "min": 1}])
        write = MoltresToTableOperator(task_id="w", dsn=dsn, table_name="out", mode="overwrite")
        query >> check >> write
    instance = MagicMock()
    instance.xcom_pull.return_value = given
    assert query.execute(context_of(instance)) == [{"id": 1}]
    assert check.execute(context_of(instance)).passed
    assert write.execute(context_of(instance))["rows_written"] == 1


def test_an_instance_that_knows_only_how_to_pull_and_push(dsn):
    pushed = {}
    instance = SimpleNamespace(
        xcom_pull=lambda task_ids=None, key=None, **_: [{"id": 1}] if key == "rows" else None,
        xcom_push=lambda key, value: pushed.update({key: value}),
    )
    write = MoltresToTableOperator(task_id="w", dsn=dsn, table_name="out", input_key="rows", mode="overwrite")
    write.execute({"ti": instance})
    assert rows_of(dsn, "out") == [{"id": 1}]
    assert pushed["w"]["rows_written"] == 1


def test_a_key_under_which_there_is_nothing_is_named(dsn):
    instance = SimpleNamespace(xcom_pull=lambda **_: None, xcom_push=lambda **_: None)
    write = MoltresToTableOperator(task_id="w", dsn=dsn, table_name="out", input_key="rows")
    with pytest.raises(AirflowFailException, match="'rows'"):
        write.execute({"ti": instance})


def test_semantics_are_those_of_dq_core(dsn):
    options = {"dsn": dsn, "query": lambda db: db.table("users"), "checks": [{"type": "unique", "column": "id"}]}
    context = context_of(MagicMock())
    assert MoltresDataQualityOperator(task_id="c", semantics="database", **options).execute(context).passed
    with pytest.raises(ConfigurationError, match="semantics must be one of 'portable', 'database', not 'databse'"):
        MoltresDataQualityOperator(task_id="c", semantics="databse", **options)


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///file::memory:?uri=true", "duckdb:///:memory:"])
def test_nothing_is_left_in_a_database_that_ends_with_the_task(url):
    instance = MagicMock()
    instance.xcom_pull.return_value = [{"id": 1}]
    write = MoltresToTableOperator(task_id="w", dsn=url, table_name="out", input_key="rows")
    query = MoltresQueryOperator(task_id="q", dsn=url, query="SELECT 1 AS id", handoff="table")
    for task in (write, query):
        with pytest.raises(AirflowFailException, match=r"database in memory,? (which )?ends with this task"):
            task.execute(context_of(instance))
