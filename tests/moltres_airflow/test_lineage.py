"""What the operators tell OpenLineage; the events themselves are in the test of a live Airflow."""

import pytest
from airflow.providers.openlineage.extractors.base import DefaultExtractor, OperatorLineage
from airflow.sdk.exceptions import AirflowFailException

from moltres import connect
from moltres_airflow import MoltresDataQualityOperator, MoltresQueryOperator, MoltresToTableOperator
from support.adapter_conformance import text_of
from support.airflow import Instance


def lineage(operator):
    """As OpenLineage's own extractor gets it."""
    return DefaultExtractor(operator).extract_on_complete(None)


def users(db):
    return db.table("users").select("id")


@pytest.fixture
def where(users):
    """The namespace of the database and the prefix of its tables."""
    if users.host:
        return f"postgres://127.0.0.1:{users.port}", f"{users.database}.public."
    return f"{users.get_backend_name()}://{users.database}", ""


def test_a_query_read_its_tables_and_staged_its_rows(users, where):
    namespace, prefix = where
    operator = MoltresQueryOperator(
        task_id="query",
        dsn=text_of(users),
        query=lambda db: db.table("users").join(db.table("numbers"), on="id", how="semi"),
        handoff="table",
    )
    result = operator.execute({})
    found = lineage(operator)
    assert [(one.namespace, one.name) for one in found.inputs] == [
        (namespace, f"{prefix}numbers"),
        (namespace, f"{prefix}users"),
    ]
    assert [(one.namespace, one.name) for one in found.outputs] == [(namespace, f"{prefix}{result.location}")]


def test_a_write_says_what_it_read_and_how_many_rows_it_wrote(users, where):
    namespace, prefix = where
    instance = Instance(task_id="query")
    MoltresQueryOperator(
        task_id="query", dsn=text_of(users), query=lambda db: db.table("users").select(), handoff="table"
    ).execute({"ti": instance})
    instance.task_id = "write"
    write = MoltresToTableOperator(task_id="write", dsn=text_of(users), table_name="copies", input_task_id="query")
    write.execute({"ti": instance})
    found = lineage(write)
    assert [one.name.startswith(f"{prefix}moltres_stage_") for one in found.inputs] == [True]
    (output,) = found.outputs
    assert (output.namespace, output.name) == (namespace, f"{prefix}copies")
    assert output.outputFacets["outputStatistics"].rowCount == 4


def test_checks_become_assertions_on_their_input_also_when_they_fail(users, where):
    namespace, prefix = where
    operator = MoltresDataQualityOperator(
        task_id="check",
        dsn=text_of(users),
        query=lambda db: db.table("users").select(),
        checks=[
            {"type": "unique", "column": "id"},
            {"type": "not_null", "column": "email"},
            {"type": "row_count", "min": 1},
        ],
    )
    with pytest.raises(AirflowFailException):
        operator.execute({})
    (read,) = lineage(operator).inputs
    assert (read.namespace, read.name) == (namespace, f"{prefix}users")
    assertions = read.inputFacets["dataQualityAssertions"].assertions
    assert [(one.assertion, one.column, one.success) for one in assertions] == [
        ("unique_id", "id", True),
        ("not_null_email", "email", False),
        ("row_count", None, True),
    ]


def test_a_task_that_has_not_run_touched_nothing():
    operator = MoltresQueryOperator(task_id="query", dsn="sqlite:///x.db", query=users)
    assert operator.get_openlineage_facets_on_complete(None) == OperatorLineage()


@pytest.mark.parametrize("handoff", ["inline", "table"])
def test_a_chain_of_tasks_knows_what_its_rows_were_read_from(users, where, handoff):
    namespace, prefix = where
    instance = Instance(task_id="query")
    query = MoltresQueryOperator(
        task_id="query", dsn=text_of(users), query=lambda db: db.table("users"), handoff=handoff
    )
    query.execute({"ti": instance})
    check = MoltresDataQualityOperator(
        task_id="check",
        dsn=text_of(users),
        input_task_id="query",
        checks=[{"type": "not_null", "column": "id"}, {"type": "not_null", "column": "email"}],
    )
    with pytest.raises(AirflowFailException):
        check.execute({"ti": instance})
    write = MoltresToTableOperator(task_id="write", dsn=text_of(users), table_name="out", input_task_id="query")
    instance.task_id = "write"
    write.execute({"ti": instance})
    (found,) = lineage(query).inputs
    assert found.name == f"{prefix}users"
    read = found.name if handoff == "inline" else lineage(query).outputs[0].name
    for task in (check, write):
        (of_task,) = lineage(task).inputs
        assert (of_task.namespace, of_task.name) == (namespace, read)
    assertions = lineage(check).inputs[0].inputFacets["dataQualityAssertions"].assertions
    assert [one.success for one in assertions] == [True, False]


def test_a_query_of_inline_rows_names_their_origin_and_no_table_of_its_own(users, where):
    _, prefix = where
    instance = Instance(task_id="query")
    MoltresQueryOperator(task_id="query", dsn=text_of(users), query=lambda db: db.table("users")).execute(
        {"ti": instance}
    )
    instance.task_id = "next"
    following = MoltresQueryOperator(
        task_id="next",
        dsn=text_of(users),
        query=lambda db, rows: rows.join(db.table("numbers"), on="id"),
        input_task_id="query",
    )
    following.execute({"ti": instance})
    assert sorted(one.name for one in lineage(following).inputs) == [f"{prefix}numbers", f"{prefix}users"]


def test_a_query_that_fails_says_nothing_rather_than_none(users):
    operator = MoltresQueryOperator(task_id="query", dsn=text_of(users), query=lambda db: db.table("nothing"))
    with pytest.raises(AirflowFailException):
        operator.execute({})
    assert operator.get_openlineage_facets_on_complete(None) == OperatorLineage()


def test_a_query_names_the_files_that_it_reads(tmp_path):
    path = tmp_path / "users.csv"
    path.write_text("id\n1\n")
    operator = MoltresQueryOperator(task_id="query", dsn="duckdb://", query=lambda db: db.read_csv(path))
    operator.execute({})
    assert [(one.namespace, one.name) for one in lineage(operator).inputs] == [("file", str(path))]


@pytest.mark.parametrize("database_url", ["sqlite", "duckdb", "postgresql"], indirect=True)  # Iceberg rejects none
def test_rejected_rows_are_written_too_and_the_statistics_are_those_of_the_table(users, where):
    namespace, prefix = where
    with connect(users) as db, db.engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE grown (id INTEGER NOT NULL, age INTEGER CHECK (age > 18))")
    instance = Instance(task_id="query")
    MoltresQueryOperator(
        task_id="query", dsn=text_of(users), query=lambda db: db.table("users").select("id", "age")
    ).execute({"ti": instance})
    instance.task_id = "write"
    write = MoltresToTableOperator(
        task_id="write",
        dsn=text_of(users),
        table_name="grown",
        input_task_id="query",
        rejects="table",
        rejects_at_most=1,
    )
    result = write.execute({"ti": instance})
    table, rejects = lineage(write).outputs
    assert (table.namespace, table.name) == (namespace, f"{prefix}grown")
    assert rejects.name == f"{prefix}{result['rejects']['table']}"
    assert (table.outputFacets["outputStatistics"].rowCount, rejects.outputFacets) == (3, {})
