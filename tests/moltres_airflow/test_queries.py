"""A query knows its run: SQL, files, parameters, the context, further arguments."""

import pytest
from airflow.sdk import DAG
from airflow.sdk.exceptions import AirflowException, AirflowFailException
from sqlalchemy import create_engine, event
from sqlalchemy.orm import Session

from moltres import col, connect
from moltres.errors import ConfigurationError
from moltres.handoff import decode
from moltres_airflow import MoltresDataQualityOperator, MoltresQueryOperator
from support.airflow import Instance

DAY = "2026-11-25"


@pytest.fixture
def days(dsn):
    rows = [{"id": number, "day": DAY if number % 2 else "2026-11-24"} for number in range(6)]
    with connect(dsn) as db:
        db.write(rows).save_as_table("days")
    return dsn


def context():
    return {"ti": Instance(), "ds": DAY, "params": {}}


def run_alone(operator):
    operator.render_template_fields(context())
    return operator.execute(context())


def of_context(db, context):
    return db.table("days").where(col("day") == context["ds"])


def of_day(db, day):
    return db.table("days").where(col("day") == day)


def of_both(db, *, day, context):
    return db.table("days").where(col("day") == day, col("id") < len(context["ds"]))


def plain(db):
    return db.table("days").where(col("day") == DAY)


QUERIES = {
    "SQL with parameters": {
        "query": "SELECT id, day FROM days WHERE day = :day ORDER BY id",
        "parameters": {"day": "{{ ds }}"},
    },
    "SQL with a template": {"query": "SELECT id, day FROM days WHERE day = '{{ ds }}' ORDER BY id"},
    "a function of the context": {"query": of_context},
    "a function with arguments": {"query": of_day, "op_kwargs": {"day": "{{ ds }}"}},
    "a function with both": {"query": of_both, "op_kwargs": {"day": "{{ ds }}"}},
    "a function as before": {"query": plain},
}


@pytest.mark.parametrize("arguments", QUERIES.values(), ids=QUERIES.keys())
def test_the_rows_of_the_day(days, arguments):
    rows = run_alone(MoltresQueryOperator(task_id="q", dsn=days, **arguments))
    assert [row["id"] for row in rows] == [1, 3, 5]


@pytest.mark.parametrize("arguments", QUERIES.values(), ids=QUERIES.keys())
def test_the_check_of_the_day(days, arguments):
    report = run_alone(
        MoltresDataQualityOperator(
            task_id="c", dsn=days, checks=[{"type": "row_count", "min": 3, "max": 3}], **arguments
        )
    )
    assert report["overall_status"] == "passed"


@pytest.mark.parametrize("day", ["'; DROP TABLE days; --", "2026-11-25' OR '1'='1"])
def test_parameters_are_values_and_never_sql(days, day):
    query = MoltresQueryOperator(
        task_id="q", dsn=days, query="SELECT id FROM days WHERE day = :day", parameters={"day": day}
    )
    assert run_alone(query) == []
    with connect(days) as db:
        assert db.table("days").count() == 6


def test_a_file_is_found_as_airflow_finds_templates(run, days, tmp_path):
    (tmp_path / "day.sql").write_text("SELECT id FROM days WHERE day = :day AND id < {{ params.below }}")
    with DAG("files", template_searchpath=[str(tmp_path)], params={"below": 4, "day": DAY}) as dag:
        MoltresQueryOperator(task_id="q", dsn=days, query="day.sql", parameters={"day": "{{ params.day }}"})
    done = run(dag)
    assert [row["id"] for row in decode(done.xcoms("q")["q"])] == [1, 3]


def test_a_file_that_is_not_there_is_named(run, days, tmp_path, capfd):
    with DAG("no_file", template_searchpath=[str(tmp_path)]) as dag:
        MoltresQueryOperator(task_id="q", dsn=days, query="nowhere.sql")
    assert run(dag).states == {"q": "failed"}
    assert "nowhere.sql" in capfd.readouterr().out
    with pytest.raises(AirflowException, match=r"'nowhere.sql' was not read"):
        MoltresQueryOperator(task_id="q", dsn=days, query="nowhere.sql").execute({})


def test_a_file_that_is_no_text_is_refused_with_the_dag(days, tmp_path):
    (tmp_path / "latin.sql").write_bytes("SELECT 'é' AS a".encode("latin-1"))
    with DAG("latin", template_searchpath=[str(tmp_path)]) as dag:
        MoltresQueryOperator(task_id="q", dsn=days, query="latin.sql")
    with pytest.raises(ConfigurationError, match=r"'latin\.sql' is not written in UTF-8"):
        dag.resolve_template_files()


def test_a_database_may_be_called_context(days):
    query = MoltresQueryOperator(task_id="q", dsn=days, query=lambda context: context.sql("SELECT 1 AS a"))
    assert query.execute({"ds": "2026-11-25"}) == [{"a": 1}]


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (
            {"query": of_day, "op_kwargs": {"dya": 1}},
            r"op_kwargs: the query has no parameter 'dya'. Did you mean 'day'\?",
        ),
        ({"query": of_day, "parameters": {"day": 1}}, "the arguments of a function are op_kwargs"),
        ({"query": "SELECT 1", "op_kwargs": {"day": 1}}, "the values of SQL are parameters"),
        ({"query": "SELECT 1", "parameters": [1]}, "parameters must be a mapping"),
        ({"query": "SELECT 1", "input_task_id": "x"}, "query as SQL gets no inputs"),
        ({"query": " "}, "query must not be empty"),
        ({"query": plain, "paramaters": {}}, "Did you mean 'parameters'"),
    ],
)
def test_what_does_not_go_together_is_refused_with_the_dag(days, arguments, problem):
    with pytest.raises(ConfigurationError, match=problem):
        MoltresQueryOperator(task_id="q", dsn=days, **arguments)


def test_a_parameter_without_a_value_is_named(days):
    with pytest.raises(AirflowFailException, match="day"):
        MoltresQueryOperator(task_id="q", dsn=days, query="SELECT id FROM days WHERE day = :day").execute({})


@pytest.mark.parametrize(
    "options", [{"max_inline_rows": 2}, {"max_inline_rows": 100}, {"handoff": "table"}], ids=["auto", "inline", "table"]
)
def test_a_query_runs_once(days, options):
    engine, calls = create_engine(days), []
    event.listen(engine, "connect", lambda raw, _: raw.create_function("tick", 0, lambda: calls.append(1) or 1))
    with Session(engine) as session:
        MoltresQueryOperator(
            task_id="q", session=session, query=lambda db: db.sql("SELECT id, tick() AS n FROM days"), **options
        ).execute({})
    engine.dispose()
    assert len(calls) == 6


def test_the_hint_names_the_arguments_of_the_operator(days):
    with pytest.raises(AirflowFailException, match=r"Hint: Use handoff='auto'"):
        MoltresQueryOperator(
            task_id="q", dsn=days, query=lambda db: db.table("days"), handoff="inline", max_inline_rows=5
        ).execute({})
