"""Wrong arguments are refused while the DAG is parsed, all at once, with what was meant."""

import copy
import inspect
from dataclasses import fields

import pytest
from airflow.sdk import DAG
from sqlalchemy import create_engine
from sqlalchemy.orm import Session, sessionmaker

from moltres.errors import ConfigurationError
from moltres.task import WriteOptions
from moltres_airflow import (
    Dsn,
    MoltresCompareOperator,
    MoltresDataQualityOperator,
    MoltresQueryOperator,
    MoltresToTableOperator,
)

DSN = "sqlite:///x.db"
MODES = "'append', 'overwrite', 'ignore', 'error_if_exists', 'merge', 'overwrite_partitions', 'scd2'"
CHECKS = [{"type": "not_null", "column": "id"}]


def query(db):
    return db.table("users").select()


def refusal(operator, **arguments):
    with pytest.raises(ConfigurationError) as refused:
        operator(task_id="t", **arguments)
    return refused.value.context["problems"]


def test_the_operator_has_every_option_of_a_write():
    assert {option.name for option in fields(WriteOptions)} <= set(inspect.signature(MoltresToTableOperator).parameters)


def test_everything_that_is_wrong_is_said_at_once():
    problems = refusal(
        MoltresToTableOperator,
        table_name="",
        mode="overwrit",
        if_exists="append",
        keys=["id"],
        dsn=DSN,
        conn_id="db",
        query_timout=3,
        query_timeout=0,
    )
    assert problems == [
        "There is no argument 'query_timout'. Did you mean 'query_timeout'?",
        "Give exactly one of dsn, session, conn_id, not dsn and conn_id.",
        "query_timeout must be a number of seconds above 0, not 0.",
        "table_name must not be empty.",
        f"mode must be one of {MODES}, not 'overwrit'. Did you mean 'overwrite'?",
        "keys is for 'merge', 'scd2' and has no effect with mode='overwrit'.",
        "mode is 'overwrit' and if_exists, its other name, is 'append': give one of them.",
    ]


CHECK = {"query": query, "checks": CHECKS}
MERGE = {"table_name": "x", "mode": "merge", "keys": "id"}
COMPARED = {"table": "a", "right_table": "b"}


@pytest.mark.parametrize(
    ("operator", "arguments", "wrong", "problem"),
    [
        (MoltresDataQualityOperator, CHECK, {"fail_on_error": "false"}, "fail_on_error must be true or false"),
        (MoltresDataQualityOperator, CHECK, {"fail_fast": "{{ params.fast }}"}, "fail_fast must be true or false"),
        (MoltresDataQualityOperator, CHECK, {"samples": -1}, "samples must be a whole number"),
        (MoltresDataQualityOperator, CHECK, {"mask": "email"}, "mask must be a list of column names"),
        (MoltresDataQualityOperator, CHECK, {"semantics": "databse"}, "Did you mean 'database'?"),
        (MoltresToTableOperator, MERGE, {"cascade": "{{ params.all }}"}, "cascade must be true or false"),
        (MoltresToTableOperator, MERGE, {"verify": "{{ params.all }}"}, "verify must be true, false or 'columns'"),
        (
            MoltresToTableOperator,
            {**MERGE, "delete_missing": "hard"},
            {"delete_at_most": "{{ params.share }}"},
            "delete_at_most must be a number from 0 to 1",
        ),
        (MoltresCompareOperator, COMPARED, {"fail_on_difference": "no"}, "fail_on_difference must be true or false"),
        (MoltresCompareOperator, COMPARED, {"samples": "{{ params.n }}"}, "samples must be a whole number"),
        (MoltresCompareOperator, COMPARED, {"where": len}, "where must be a string"),
        (MoltresCompareOperator, COMPARED, {"keys": int}, "keys must be a string"),
        (MoltresCompareOperator, COMPARED, {"columns": ["id", 5]}, "columns must be a list of non-empty strings"),
        (MoltresQueryOperator, {}, {"query": lambda: None}, "query must be a function that can be called with the"),
        (MoltresQueryOperator, {}, {"query": lambda db, day: db.sql(day)}, "missing a required argument: 'day'"),
    ],
)
def test_what_is_never_rendered_is_judged_with_the_dag(operator, arguments, wrong, problem):
    (found,) = refusal(operator, dsn=DSN, **{**arguments, **wrong})
    assert problem in found
    assert next(iter(wrong)) in found


def test_the_error_names_the_task_and_every_problem():
    with pytest.raises(
        ConfigurationError, match=r"(?s)MoltresQueryOperator 'q' cannot work.*\n- Give exactly one.*\n- query must"
    ):
        MoltresQueryOperator(task_id="q", query=1)


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (
            {"handoff": "tabel"},
            "handoff must be one of 'auto', 'inline', 'table', 'parquet', not 'tabel'. Did you mean 'table'?",
        ),
        ({"handoff": "parquet"}, "handoff='parquet' requires stage_uri, the folder for the files."),
        (
            {"handoff": "table", "stage_uri": "/tmp/x"},
            "stage_uri is for Parquet and has no effect with handoff='table'.",
        ),
        ({"max_inline_rows": -1}, "max_inline_rows must be a whole number from 0, not -1."),
        ({"query_timeout": "5"}, "query_timeout must be a number of seconds above 0, not '5'."),
        ({"dsn": None}, "Give exactly one of dsn, session, conn_id, not none."),
    ],
)
def test_queries(arguments, problem):
    assert refusal(MoltresQueryOperator, **{"dsn": DSN, "query": query, **arguments}) == [problem]


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ({"mode": "merge"}, "mode='merge' requires keys."),
        ({"mode": "overwrite_partitions"}, "mode='overwrite_partitions' requires partition_by."),
        (
            {"mode": "append", "if_exists": "overwrite"},
            "mode is 'append' and if_exists, its other name, is 'overwrite': give one of them.",
        ),
        ({"if_exists": "replace"}, f"mode must be one of {MODES}, not 'replace'."),
        (
            {"input_dsn": DSN, "input_conn_id": "db"},
            "Give exactly one of input_dsn, input_conn_id, not input_dsn and input_conn_id.",
        ),
    ],
)
def test_writes(arguments, problem):
    assert refusal(MoltresToTableOperator, dsn=DSN, table_name="x", **arguments) == [problem]


def test_checks_are_parsed_with_the_dag():
    problems = refusal(
        MoltresDataQualityOperator,
        dsn=DSN,
        query=query,
        input_key="users",
        checks=[{"type": "not_nul", "column": "id"}, {"type": "in_range", "column": "age", "mim": 0}],
        thresholds={"nobody": 0.5},
    )
    text = "\n".join(problems)
    assert "not_nul'" in text
    assert "not_null" in text
    assert "mim" in text
    assert "query makes the rows itself: leave out input_key and input_task_id, or query." in problems


@pytest.mark.parametrize(
    ("thresholds", "problem"),
    [
        ({"not_null_it": 0.5}, "thresholds: no check is called 'not_null_it'. Did you mean 'not_null_id'?"),
        ({"not_null_id": 1.5}, "thresholds: not_null_id: threshold must be a number from 0 to 1, not 1.5."),
        ({"not_null_id": True}, "thresholds: The threshold of 'not_null_id' must be a number, not True."),
        ({"not_null_id": "0_1"}, "thresholds: The threshold of 'not_null_id' must be a number, not '0_1'."),
    ],
)
def test_thresholds(thresholds, problem):
    assert refusal(MoltresDataQualityOperator, dsn=DSN, query=query, checks=CHECKS, thresholds=thresholds) == [problem]


def test_mode_defaults_to_append_and_if_exists_is_another_name():
    assert MoltresToTableOperator(task_id="t", dsn=DSN, table_name="x").mode == "append"
    assert MoltresToTableOperator(task_id="t", dsn=DSN, table_name="x", if_exists="ignore").mode == "ignore"
    assert (
        MoltresToTableOperator(task_id="t", dsn=DSN, table_name="x", mode="ignore", if_exists="ignore").mode == "ignore"
    )


def test_output_keys_default_to_the_task():
    with DAG("keys"):
        first = MoltresQueryOperator(task_id="first", dsn=DSN, query=query)
        check = MoltresDataQualityOperator(task_id="check", dsn=DSN, query=query, checks=CHECKS)
        named = MoltresQueryOperator(task_id="named", dsn=DSN, query=query, output_key="rows")
        each = MoltresQueryOperator.partial(task_id="each", dsn=DSN).expand_kwargs([{"query": query}])
        checked = MoltresDataQualityOperator.partial(task_id="checked", dsn=DSN, query=query).expand(checks=[CHECKS])
        rows = MoltresQueryOperator.partial(task_id="every", dsn=DSN, output_key="rows").expand(query=[query])
    outputs = [task.output.key for task in (first, check, named, each, checked, rows)]
    assert outputs == ["first", "check_quality_report", "rows", "each", "checked_quality_report", "rows"]


def test_the_instances_of_a_mapped_task_have_one_key():
    with DAG("keys_of_instances"), pytest.raises(ConfigurationError, match="output_key is one for all instances"):
        MoltresQueryOperator.partial(task_id="t", dsn=DSN, query=query).expand(output_key=["a", "b"])


def test_a_task_has_an_id():
    with pytest.raises(ConfigurationError, match="task_id is required"):
        MoltresQueryOperator(dsn=DSN, query=query)


def test_arguments_of_the_base_operator_and_default_args_are_taken():
    with DAG("defaults", default_args={"dsn": DSN, "retries": 3, "output_key": "rows", "owner": "data_team"}):
        task = MoltresQueryOperator(task_id="t", query=query, doc_md="why", pool="small")
    assert (task.retries, task.owner, task.output_key, task.pool) == (3, "data_team", "rows", "small")
    assert task.dsn == Dsn(DSN)


def test_a_mapped_task_is_judged_with_the_dag_as_well():
    with DAG("mapped"), pytest.raises(ConfigurationError, match="Did you mean 'append'"):
        MoltresToTableOperator.partial(task_id="t", dsn=DSN, mode="appnd").expand(table_name=["a", "b"])


@pytest.mark.parametrize(
    "make",
    [
        lambda: MoltresToTableOperator.partial(task_id="t", dsn=DSN, modee="merge").expand(table_name=["a", "b"]),
        lambda: MoltresToTableOperator.partial(task_id="t", dsn=DSN, table_name="x").expand(modee=["merge"]),
        lambda: MoltresToTableOperator.partial(task_id="t", dsn=DSN, table_name="x").expand_kwargs([{"modee": "a"}]),
    ],
)
def test_an_unknown_argument_of_a_mapped_task_gets_the_closest_one(make):
    with (
        DAG("mapped_unknown"),
        pytest.raises(ConfigurationError, match=r"no argument 'modee'. Did you mean 'mode'\?"),
    ):
        make()


@pytest.mark.parametrize("key", [None, "return_value", "rows"])
@pytest.mark.parametrize("mapped", [False, True])
@pytest.mark.parametrize("kwargs", [False, True])
def test_rows_that_are_handed_over_are_nothing_to_map_over(key, mapped, kwargs):
    with DAG("mapped_rows"):
        common = {"task_id": "rows", "dsn": DSN, "output_key": key}
        if mapped:
            rows = MoltresQueryOperator.partial(**common).expand(query=[query])
        else:
            rows = MoltresQueryOperator(query=query, **common)
        each = MoltresQueryOperator.partial(task_id="each", dsn=DSN, query="SELECT :id AS id")
        with pytest.raises(ConfigurationError, match=r"Airflow maps only over what a task returns[\s\S]*rows_of"):
            each.expand_kwargs(rows.output) if kwargs else each.expand(parameters=rows.output)


@pytest.mark.parametrize("make", [Session, sessionmaker])
def test_a_task_with_a_session_survives_the_copies_that_airflow_makes(make):
    session = make(create_engine("sqlite://"))
    with DAG("copies") as dag:
        MoltresQueryOperator(task_id="t", session=session, query=query)
    copied = copy.deepcopy(dag).task_dict["t"]
    assert copied.session is session
    assert copied.query is query
