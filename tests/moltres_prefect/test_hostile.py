"""No foreign exception: the tasks refuse what is wrong with an error of ours, or give the answer.

``HOSTILE=all pytest tests/moltres_prefect/test_hostile.py`` tries every value on every parameter.
"""

from __future__ import annotations

import inspect
import itertools
from typing import TYPE_CHECKING, Any

import pytest
from prefect import flow
from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker

from dq_core import DataQualityError
from moltres.errors import MoltresError
from moltres_prefect import (
    RowsSerializer,
    moltres_compare,
    moltres_data_quality,
    moltres_drop_staged,
    moltres_query,
    moltres_to_table,
)
from support.hostile import Call, assert_refused, untried

if TYPE_CHECKING:
    from pathlib import Path

#: Names that take nothing from users.
NOTHING = {
    "of moltres, whose test tries it": ("ETLPipeline",),
    "made by this package": ("MoltresTask", "RowsSerializer"),
}
OURS = (MoltresError, DataQualityError)
PARTS = ("rows", "Rows", "row", "Row", "columns", "column", "data")
SAYS = {
    "*": ("statement",),
    "table_name": ("name of a table",),
    "schema": ("table or view",),
    "right_table": ("table=", "table or view"),
    "right_query": ("query=",),
    "right_schema": ("schema=", "table or view"),
    "right_dsn": ("URL", "Secret"),
    "obj": ("no lossless form",),
    "checks": ("Rule", "rule", "Rules", "rules"),
    "dsn": ("URL", "database", "Secret"),
    "input_dsn": ("URL", "database", "Secret"),
    "connection": ("block",),
    "query": ("Parameters",),
    "data": PARTS,
    "inputs": PARTS,
}
CHECKS = [{"type": "not_null", "column": "id"}]


def call(task: Any, **right: Any) -> Call:
    """The function of a task with every argument that it takes."""
    signature = inspect.signature(task.fn).parameters
    given = {name: one.default for name, one in signature.items() if one.default is not inspect.Parameter.empty}
    return Call(task.fn, {**given, **right}, called=("query", "session"))


def in_a_flow(task: Any, **right: Any) -> Call:
    """A task in a run, with options of Prefect in its call."""

    def run(**given: Any) -> Any:
        @flow
        def alone() -> Any:
            return task(**given)

        return alone()

    return Call(run, right, called=("query",))


def calls(dsn: str) -> dict[str, Call]:
    """Each task with arguments that are right."""
    sessions = sessionmaker(create_engine(dsn))
    query = {"query": "SELECT id, name FROM users"}
    write = {"table_name": "copies", "mode": "overwrite", "data": [{"id": 9, "name": "Eve"}], "run_key": False}
    return {
        "moltres_query": call(moltres_query, dsn=dsn, **query),
        "moltres_query (session)": call(moltres_query, session=sessions, **query),
        "moltres_query (inputs)": call(
            moltres_query, dsn=dsn, query=lambda db, rows: rows, inputs=[{"id": 9, "name": "Eve"}]
        ),
        "moltres_data_quality": call(moltres_data_quality, dsn=dsn, checks=CHECKS, artifact=False, **query),
        "moltres_data_quality (data)": call(
            moltres_data_quality, dsn=dsn, checks=CHECKS, artifact=False, data=[{"id": 9}]
        ),
        "moltres_compare": call(
            moltres_compare, dsn=dsn, artifact=False, table="users", right_dsn=dsn, right_table="users", keys=["id"]
        ),
        "moltres_to_table": call(moltres_to_table, dsn=dsn, **write),
        "moltres_to_table (merge)": call(moltres_to_table, dsn=dsn, **{**write, "mode": "merge", "keys": ["id"]}),
        "moltres_drop_staged": call(moltres_drop_staged, dsn=dsn, data=[{"id": 9}]),
        "RowsSerializer.dumps": Call(RowsSerializer().dumps, {"obj": [{"id": 9}]}),
        "RowsSerializer.loads": Call(RowsSerializer().loads, {"blob": b"[]"}, says={"blob": ("stored",)}),
    }


NAMES = list(calls("sqlite:///x.db"))


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_every_public_name_is_tried() -> None:
    """A new public name has a row in the table, or is among those that take nothing from users."""
    assert not untried(("moltres_prefect",), NAMES, itertools.chain(*NOTHING.values()))


@pytest.mark.parametrize("name", NAMES)
def test_hostile_values(name: str, dsn: str) -> None:
    assert_refused(calls(dsn)[name], name, OURS, says=SAYS, few=4)


def test_hostile_values_in_a_run(dsn: str) -> None:
    """What travels through Prefect's engine is refused in the same way."""
    right = {"dsn": dsn, "query": "SELECT id FROM users", "query_timeout": 60, "handoff": "auto"}
    assert_refused(in_a_flow(moltres_query, **right), "moltres_query", OURS, says=SAYS, few=1)
