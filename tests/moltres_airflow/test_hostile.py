"""No foreign exception: the operators refuse what is wrong, while the DAG is parsed or by failing for good.

``HOSTILE=all pytest tests/moltres_airflow/test_hostile.py`` tries every value on every parameter.
"""

import inspect
import itertools

import pytest
from airflow.sdk.exceptions import AirflowException, AirflowFailException
from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker

from dq_core import DataQualityError
from moltres import Records
from moltres.errors import MoltresError
from moltres.handoff import encode
from moltres_airflow import (
    Dsn,
    MoltresCompareOperator,
    MoltresDataQualityOperator,
    MoltresQueryOperator,
    MoltresToTableOperator,
)
from moltres_airflow.arguments import arguments_of
from support.airflow import Instance
from support.hostile import Call, assert_refused, untried

#: Names that take nothing from users.
NOTHING = {
    "of moltres, whose test tries it": ("ETLPipeline",),
    "called by Airflow": (
        f"{name}.{method}"
        for name in (
            "MoltresQueryOperator",
            "MoltresDataQualityOperator",
            "MoltresCompareOperator",
            "MoltresToTableOperator",
        )
        for method in ("execute", "on_kill", "partial", "default_output_key", "prepare_template")
    ),
}
#: Parsing a DAG fails with errors of the cores, a task with those that Airflow knows.
OURS = (MoltresError, DataQualityError, AirflowException)
SAYS = {
    "*": ("statement",),
    "table_name": ("name of a table",),
    "query": ("parameters", "input"),  # SQL with placeholders, and no query where there is no run
    "right_table": ("table=", "table or view"),
    "right_query": ("query=",),
    "schema": ("schema=", "table or view"),
    "right_schema": ("schema=", "table or view"),
    "checks": ("Rule", "rule", "Rules", "rules"),
    "dsn": ("URL",),
    "input_dsn": ("URL",),
    "input_conn_id": ("conn_id",),
}
CHECKS = [{"type": "not_null", "column": "id"}]


def ran(kind, **given):
    """The operator is made, rendered and executed, as in a run."""
    instance = Instance()
    instance.store["query", "query"] = Instance.stored(encode(Records([(9, "Eve")], ["id", "name"])))
    context = {"ti": instance, "ds": "2026-11-25", "params": {}}
    operator = kind(task_id="t", **given)
    operator.render_template_fields(context)
    return operator.execute(context)


def unrendered(kind, **given):
    """The operator is executed without being rendered, as by a test of a user."""
    return kind(task_id="t", **given).execute({})


def call(kind, run=ran, **right):
    """An operator with every argument that it takes."""
    defaults = {
        name: parameter.default
        for one in reversed(kind.__mro__)
        if "__init__" in vars(one)
        for name, parameter in inspect.signature(one).parameters.items()
    }
    every = {
        name: defaults[name] for name in sorted(arguments_of(kind)) if defaults[name] is not inspect.Parameter.empty
    }
    return Call(lambda **given: run(kind, **given), {**every, **right}, called=("query", "session"))


def calls(dsn):
    """Each operator with arguments that are right."""
    sessions = sessionmaker(create_engine(dsn))
    query = {"query": "SELECT id, name FROM users"}
    check = {"checks": CHECKS, "fail_on_error": False, **query}
    write = {"table_name": "copies", "mode": "overwrite", "input_task_id": "query", "run_key": False}
    both = {"table": "users", "right_dsn": dsn, "right_table": "users", "keys": ["id"]}
    return {
        "Dsn": Call(Dsn, {"url": dsn}),
        "MoltresQueryOperator": call(MoltresQueryOperator, dsn=dsn, **query),
        "MoltresQueryOperator (unrendered)": call(MoltresQueryOperator, unrendered, dsn=dsn, **query),
        "MoltresQueryOperator (session)": call(MoltresQueryOperator, session=sessions, **query),
        "MoltresQueryOperator (conn_id)": call(MoltresQueryOperator, conn_id="shop", **query),
        "MoltresDataQualityOperator": call(MoltresDataQualityOperator, dsn=dsn, **check),
        "MoltresDataQualityOperator (unrendered)": call(MoltresDataQualityOperator, unrendered, dsn=dsn, **check),
        "MoltresDataQualityOperator (input)": call(
            MoltresDataQualityOperator, dsn=dsn, checks=CHECKS, fail_on_error=False, input_task_id="query"
        ),
        "MoltresCompareOperator": call(MoltresCompareOperator, dsn=dsn, **both),
        "MoltresCompareOperator (unrendered)": call(MoltresCompareOperator, unrendered, dsn=dsn, **both),
        "MoltresToTableOperator": call(MoltresToTableOperator, dsn=dsn, **write),
        "MoltresToTableOperator (merge)": call(
            MoltresToTableOperator, dsn=dsn, **{**write, "mode": "merge", "keys": ["id"]}
        ),
    }


NAMES = list(calls("sqlite:///x.db"))


@pytest.fixture(autouse=True)
def in_a_folder(tmp_path, monkeypatch, dsn):
    """What a hostile path makes is made here; Airflow has a connection to the database of the test."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AIRFLOW_CONN_SHOP", f'{{"conn_type": "sqlite", "host": "{dsn.removeprefix("sqlite:///")}"}}')


def test_every_public_name_is_tried():
    """A new public name has a row in the table, or is among those that take nothing from users."""
    assert not untried(("moltres_airflow",), NAMES, itertools.chain(*NOTHING.values()))


@pytest.mark.parametrize("name", NAMES)
def test_hostile_values(name, dsn):
    def retryable(error):
        final = isinstance(error, AirflowFailException) or not isinstance(error, AirflowException)
        return not final or getattr(error, "retryable", False)

    assert_refused(calls(dsn)[name], name, OURS, says=SAYS, few=4, retryable=retryable)
