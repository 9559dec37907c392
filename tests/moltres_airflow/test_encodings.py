"""Whatever a task hands over through XCom is equal for the next one, or refused by the name of its column."""

import datetime as dt
from types import SimpleNamespace

import pendulum
import pytest
from airflow.models.xcom import XComModel
from airflow.sdk.bases.xcom import BaseXCom
from hypothesis import given, settings

from moltres import Records
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


PENDULUM = {
    "zoned": (pendulum.datetime(2026, 1, 2, 3, 4, 5, 6, tz="Europe/Berlin"), dt.datetime),
    "the second 02:30": (pendulum.datetime(2026, 10, 25, 2, 30, tz="Europe/Berlin", fold=1), dt.datetime),
    "fixed": (pendulum.datetime(2026, 1, 2, tz=pendulum.FixedTimezone(3600)), dt.datetime),
    "naive": (pendulum.naive(2026, 1, 2), dt.datetime),
    "date": (pendulum.date(2026, 1, 2), dt.date),
    "time": (pendulum.time(1, 2, 3), dt.time),
    "duration": (pendulum.duration(days=-1, hours=2, microseconds=3), dt.timedelta),
    "months": (pendulum.duration(months=1), dt.timedelta),
    "interval": (pendulum.datetime(2026, 1, 1) - pendulum.datetime(2026, 1, 3, 0, 0, 1), dt.timedelta),
}


@pytest.mark.parametrize(("value", "kind"), PENDULUM.values(), ids=PENDULUM)
def test_moments_of_pendulum_arrive_as_the_equal_values(value, kind):
    """Airflow's own moments are of this library, and so are those that a query makes of its context."""
    found = through_a_task(Records([(value,)], ["x"]))[0]["x"]
    assert type(found) is kind
    assert str(found) == str(value) if kind is dt.datetime else found == value
    if kind is dt.datetime:
        assert (found.utcoffset(), found.fold, getattr(found.tzinfo, "key", None)) == (
            value.utcoffset(),
            value.fold,
            getattr(value.tzinfo, "key", None),
        )
