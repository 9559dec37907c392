"""Whatever a task hands over through XCom is equal for the next one, or refused by the name of its column."""

import datetime as dt
import json
from decimal import Decimal
from types import SimpleNamespace

import pendulum
import pytest
from airflow.models.xcom import XComModel
from airflow.sdk import DAG, task
from airflow.sdk.bases.xcom import BaseXCom
from airflow.sdk.serde import deserialize
from hypothesis import given, settings
from hypothesis import strategies as st

from moltres import Records
from moltres.errors import HandoffError
from moltres.handoff import decode, encode, rows_of
from moltres.task.lineage import Dataset, with_origin
from moltres_airflow import MoltresToTableOperator
from moltres_airflow.xcom_values import refuse_changed
from support import handed_values
from support.adapter_conformance import rows_of as rows_in
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


def through_airflow(value):
    """As Airflow itself stores what a task returns, and gives it to the next one."""
    return deserialize(json.loads(Instance.stored(value)))


EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
CHANGED = {
    "a decimal": Decimal("99999999999999.99"),
    "one of 17 digits": Decimal("0.12345678901234567"),
    "a great one": Decimal("12345678901234567.25"),
    "a greater one": Decimal("100000000000000000.25"),
    "a moment": dt.datetime(2300, 1, 1, 0, 0, 0, 123457, tzinfo=dt.UTC),
    "a moment without a zone": dt.datetime(2300, 1, 1, 0, 0, 0, 123457),  # noqa: DTZ001 - that is the case
    "a duration": dt.timedelta(days=110_000, microseconds=123_457),
    "a decimal within a list": [Decimal("99999999999999.99")],
}


@pytest.mark.parametrize("value", CHANGED.values(), ids=CHANGED)
def test_what_airflow_itself_may_have_changed_is_refused_by_its_column(value):
    """What a task of the user's returns goes through Airflow's own store, which keeps doubles; `encode` keeps all."""
    with pytest.raises(HandoffError, match="Column 'x' of what task 'own' returned"):
        refuse_changed(through_airflow([{"id": 1, "x": value}]), "own")
    refuse_changed(through_airflow(encode([{"id": 1, "x": value}])), "own")


def test_a_write_refuses_what_airflow_itself_may_have_changed(run, duckdb_url, capfd):
    with DAG("doubles") as dag:
        for name, give in {"plain": lambda rows: rows, "encoded": encode}.items():
            rows = task(lambda give=give: give([{"id": 1, "x": CHANGED["a decimal"]}]), task_id=name)()
            rows >> MoltresToTableOperator(task_id=f"write_{name}", dsn=duckdb_url, table_name=name)
    done = run(dag)
    assert (done.states["write_plain"], done.states["write_encoded"]) == ("failed", "success")
    shown = capfd.readouterr().out
    assert "Column 'x' of what task 'plain' returned has the value 99999999999999.98" in shown
    assert "Return encode(rows)" in shown
    assert rows_in(duckdb_url, "encoded") == [{"id": 1, "x": CHANGED["a decimal"]}]


@given(
    value=st.builds(
        lambda digits, places: Decimal(digits).scaleb(-places),
        st.integers(-(10**15) + 1, 10**15 - 1),
        st.integers(2, 30) | st.just(0),
    )
    | st.integers(-(10**16) + 1, 10**16 - 1).map(Decimal)
    | st.integers(10**17, 10**30).map(Decimal)
    | st.timedeltas(dt.timedelta(days=-98_000), dt.timedelta(days=98_000)).map(lambda since: EPOCH + since)
    | st.timedeltas(dt.timedelta(days=-90_000), dt.timedelta(days=90_000))
)
@settings(deadline=None, max_examples=200)
def test_what_airflow_keeps_is_taken(value):
    came = through_airflow([{"x": value}])
    refuse_changed(came, "own")
    assert came == [{"x": value}]


@given(cents=st.integers(10**15, 10**17) | st.integers(10**17, 10**30))
@settings(deadline=None, max_examples=200)
def test_amounts_are_equal_or_refused(cents):
    value = Decimal(cents).scaleb(-2)
    came = through_airflow([{"x": value}])
    try:
        refuse_changed(came, "own")
    except HandoffError:
        return
    assert came == [{"x": value}]
