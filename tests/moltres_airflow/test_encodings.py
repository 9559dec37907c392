"""Whatever a task hands over through XCom is equal for the next one, or refused by the name of its column."""

from types import SimpleNamespace

import pytest
from airflow.models.xcom import XComModel
from airflow.sdk.bases.xcom import BaseXCom
from hypothesis import given, settings

from moltres.handoff import decode, encode, rows_of
from moltres.task.lineage import Dataset, with_origin
from support import handed_values
from support.airflow import Instance


def through_a_task(rows):
    """As an operator pushes it and the next one reads it, through what Airflow makes of it."""
    instance = Instance(task_id="q")
    instance.xcom_push("q", with_origin(encode(rows), [Dataset("file", "/x")]))
    (pulled,) = instance.xcom_pull(["q"], "q")
    return rows_of(pulled)


def through_the_database(rows):
    """As the API server keeps it."""
    kept = XComModel.serialize_value(BaseXCom.serialize_value(encode(rows)))
    read = XComModel.deserialize_value(SimpleNamespace(value=kept))
    return decode(BaseXCom.deserialize_value(SimpleNamespace(value=read)))


@pytest.mark.parametrize("road", [through_a_task, through_the_database])
@given(table=handed_values.tables())
@settings(deadline=None, max_examples=25)
def test_any_table_arrives_as_it_was(road, table):
    handed_values.assert_arrives(road, table)


@pytest.mark.parametrize("road", [through_a_task, through_the_database])
@pytest.mark.parametrize("value", handed_values.FOREIGN, ids=lambda value: str(value)[:30])
def test_what_could_not_come_back_is_refused_by_its_column(road, value):
    handed_values.assert_refused(road, "odd", value)
