"""How the tasks may be called: directly, submitted, mapped, with options, and with wrong names."""

from __future__ import annotations

import inspect
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa
from prefect import flow, unmapped
from prefect.client.orchestration import get_client
from prefect.runtime import task_run
from prefect.states import State
from pydantic import SecretStr

from dq_core import RuleError
from moltres import Records, col, connect
from moltres.errors import ConfigurationError, HandoffError
from moltres.handoff import encode
from moltres.task import WriteOptions
from moltres_prefect import MoltresTask, moltres_data_quality, moltres_query, moltres_to_table
from support.adapter_conformance import rows_of, tables_of

if TYPE_CHECKING:
    from pathlib import Path


def of_id(number: int) -> Any:
    return lambda db: db.table("users").select("id").where(col("id") == number)


def test_the_task_has_every_option_of_a_write() -> None:
    assert {option.name for option in fields(WriteOptions)} <= set(inspect.signature(moltres_to_table.fn).parameters)


def test_options_may_stand_in_the_call(dsn: str) -> None:
    seen: dict[str, Any] = {}

    def query(db: Any) -> Any:
        seen.update(name=task_run.name, tags=task_run.tags)
        return db.table("users").select("id")

    @flow
    def calls() -> Any:
        return moltres_query(
            dsn=dsn,
            query=query,
            retries=2,
            retry_delay_seconds=0,
            timeout=30,
            task_run_name="users of today",
            tags=["a"],
        )

    assert len(calls()) == 4
    assert seen == {"name": "users of today", "tags": ["a"]}


def test_options_of_a_call_do_not_stay(dsn: str) -> None:
    @flow
    def calls() -> None:
        moltres_query(dsn=dsn, query=of_id(1), retries=2, timeout_seconds=5)

    calls()
    assert (moltres_query.retries, moltres_query.timeout_seconds) == (0, None)


def test_with_options_gives_a_task_that_takes_options_as_well(dsn: str) -> None:
    patient = moltres_query.with_options(retries=3, timeout=60, name="patient")
    assert isinstance(patient, MoltresTask)
    assert (patient.retries, patient.timeout_seconds, patient.name) == (3, 60.0, "patient")
    assert moltres_query.name == "moltres_query"

    @flow
    def calls() -> Any:
        return patient(dsn=dsn, query=of_id(2), retries=1)

    assert calls() == [{"id": 2}]


def test_unknown_names_are_refused_with_the_closest(dsn: str) -> None:
    with pytest.raises(ConfigurationError, match=r"no argument 'qurey', 'retry'") as failed:
        moltres_query(dsn=dsn, qurey=of_id(1), retry=2)
    assert "Did you mean 'retries' instead of 'retry'?" in str(failed.value)
    assert "Did you mean 'query' instead of 'qurey'?" in str(failed.value)
    for call in (moltres_query.submit, moltres_query.map, moltres_query.with_options):
        with pytest.raises(ConfigurationError, match="retry_delay_second"):
            call(retry_delay_second=2)
    with pytest.raises(ConfigurationError, match="same option"):
        moltres_query.with_options(timeout=1, timeout_seconds=2)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"qurey": "SELECT 1"}, "Did you mean 'query' instead of 'qurey'"),
        ({"query": "SELECT 1", "retries": 2}, "no options such as 'retries'"),
        ({"query": "SELECT 1", "dsn": "postgresql://me:pw-1@host/db"}, "dsn has a secret"),
        ({"query": "SELECT 1", "dsn": sa.make_url("duckdb:///x.db?api_key=pw-1")}, "dsn has a secret"),
        ({"query": "SELECT 1", "dsn": SecretStr("sqlite:///pw-1.db")}, "dsn has a secret"),
    ],
)
def test_a_call_for_a_worker_is_judged_before_prefect_stores_it(arguments: dict[str, Any], message: str) -> None:
    for call in (lambda: moltres_query.delay(**arguments), lambda: moltres_query.apply_async(kwargs=arguments)):
        with pytest.raises(ConfigurationError, match=message) as refused:
            call()
        assert "pw-1" not in str(refused.value)


def test_a_call_may_be_left_to_a_worker(dsn: str) -> None:
    future = moltres_query.delay(dsn=dsn, query="SELECT 1 AS a")
    with get_client(sync_client=True) as client:
        run = client.read_task_run(future.task_run_id)
    assert (run.flow_run_id, run.state and run.state.name) == (None, "Scheduled")


def test_submitted_tasks_run_beside_the_flow(dsn: str) -> None:
    @flow
    def calls() -> Any:
        futures = [moltres_query.submit(dsn=dsn, query=of_id(number), retries=1) for number in (1, 2, 3)]
        return [future.result() for future in futures]

    assert calls() == [[{"id": 1}], [{"id": 2}], [{"id": 3}]]


def test_a_future_is_passed_on_as_what_it_gives(dsn: str) -> None:
    @flow
    def calls() -> Any:
        users = moltres_query.submit(dsn=dsn, query=of_id(1))
        return moltres_to_table(dsn=dsn, table_name="copies", data=users, wait_for=[users])

    assert calls()["rows_written"] == 1


def test_the_state_may_be_asked_for(dsn: str) -> None:
    @flow
    def calls() -> Any:
        state = moltres_query(dsn=dsn, query=of_id(1), return_state=True)
        assert isinstance(state, State)
        return state.is_completed()

    assert calls() is True


def test_map_takes_lists_apart_but_not_rows(dsn: str) -> None:
    rows = [{"id": 1}, {"id": 2}]

    @flow
    def calls() -> Any:
        queried = moltres_query.map(dsn=dsn, query=[of_id(1), of_id(2)]).result()
        tables = moltres_to_table.map(
            dsn=dsn, table_name=["copy_a", "copy_b"], data=moltres_query.submit(dsn=dsn, query=of_id(3))
        ).result()
        moltres_to_table.map(dsn=dsn, table_name=["copy_c", "copy_d"], data=rows, mode="merge", keys=["id"]).wait()
        moltres_to_table.map(dsn=dsn, table_name=["copy_e", "copy_f"], data=queried, retries=1).wait()
        moltres_to_table.map(dsn=unmapped(dsn), table_name="copy_g", data=[queried[0], queried[1]]).wait()
        reports = moltres_data_quality.map(
            dsn=dsn,
            query=[of_id(1), of_id(2)],
            checks=[{"type": "unique", "column": "id"}, {"type": "row_count", "min": 1}],
        ).result()
        return queried, tables, reports

    queried, tables, reports = calls()
    assert queried == [[{"id": 1}], [{"id": 2}]]
    assert [table["rows_written"] for table in tables] == [1, 1]
    address = dsn
    assert rows_of(address, "copy_a") == rows_of(address, "copy_b") == [{"id": 3}]
    assert rows_of(address, "copy_c") == rows_of(address, "copy_d") == rows
    assert (rows_of(address, "copy_e"), rows_of(address, "copy_f")) == ([{"id": 1}], [{"id": 2}])
    assert rows_of(address, "copy_g") == rows
    assert [report["total_checks"] for report in reports] == [2, 2]


def test_map_takes_parameters_apart(dsn: str) -> None:
    text = "SELECT id FROM users WHERE id = :id"

    @flow
    def reads() -> list[Any]:
        few = moltres_query.map(dsn=dsn, query=text, parameters=[{"id": 1}, {"id": 2}])
        same = moltres_query.map(dsn=[dsn, dsn], query=text, parameters={"id": 1})
        least = [{"least": 1}, {"least": 10}]
        checks = [{"type": "row_count", "min": 1}]
        query = "SELECT id FROM users WHERE id >= :least"
        reports = moltres_data_quality.map(dsn=dsn, query=query, parameters=least, checks=checks)
        return [*few.result(), *same.result(), *(report["overall_status"] for report in reports.result())]

    assert reads() == [[{"id": 1}], [{"id": 2}], [{"id": 1}], [{"id": 1}], "passed", "failed"]


def test_what_a_mapped_task_gives_is_written_as_one(dsn: str) -> None:
    @flow
    def calls() -> Any:
        parts = moltres_query.map(dsn=dsn, query=[of_id(1), of_id(2), of_id(4)], max_inline_rows=[100, 0, 100])
        return moltres_to_table(dsn=dsn, table_name="copies", data=parts)

    assert calls()["rows_written"] == 3
    assert rows_of(dsn, "copies") == [{"id": 1}, {"id": 2}, {"id": 4}]


def test_a_task_may_run_without_a_flow(dsn: str) -> None:
    assert moltres_query(dsn=dsn, query=of_id(1)) == [{"id": 1}]
    assert moltres_to_table(dsn=dsn, table_name="copies", data=[{"id": 1}])["success"] is True


def test_the_function_behind_a_task_may_be_called(dsn: str) -> None:
    assert moltres_query.fn(dsn=dsn, query=of_id(1)) == [{"id": 1}]
    assert moltres_to_table.fn(dsn=dsn, table_name="copies", data=[{"id": 1}])["rows_written"] == 1


@pytest.mark.filterwarnings(
    # Prefect leaves the sockets of an asynchronous flow's own client to the garbage collector.
    "ignore:Exception ignored in. <socket.socket:pytest.PytestUnraisableExceptionWarning"
)
def test_an_async_flow_may_call_the_tasks(dsn: str) -> None:
    import asyncio

    @flow
    async def calls() -> Any:
        users = moltres_query(dsn=dsn, query=of_id(1))
        report = moltres_data_quality(data=users, checks=[{"type": "row_count", "min": 1}])
        return users, report["overall_status"]

    assert asyncio.run(calls()) == ([{"id": 1}], "passed")


def test_a_query_reads_what_others_handed_over(dsn: str) -> None:
    @flow
    def calls() -> Any:
        users = moltres_query(dsn=dsn, query=lambda db: db.table("users").select("id", "name"))
        numbers = moltres_query(dsn=dsn, query=lambda db: db.table("numbers"), max_inline_rows=10)
        both = moltres_query(dsn=dsn, query=lambda db, a, b: a.join(b, on="id").order_by("id"), inputs=[users, numbers])
        one = moltres_query(dsn=dsn, query=lambda db, a: a.where(col("id") > 3), inputs=users)
        raw = moltres_query(dsn=dsn, query=lambda db, a: a, inputs=[{"id": 7}])
        return both, one, raw

    both, one, raw = calls()
    assert [row["name"] for row in both][:2] == ["Ada", "Grace"]
    assert [row["id"] for row in one] == [4]
    assert raw == [{"id": 7}]


def test_a_query_on_files_stages_its_rows_in_the_database_of_the_task(dsn: str, tmp_path: Path) -> None:
    @flow
    def calls() -> Any:
        files = moltres_query(dsn=dsn, query=lambda db: db.table("numbers"), handoff="parquet", stage_uri=tmp_path)
        even = moltres_query(
            dsn=dsn, query=lambda db, numbers: numbers.where(col("id") % 2 == 0), inputs=files, max_inline_rows=5
        )
        return even, moltres_to_table(dsn=dsn, table_name="copies", data=even)

    even, written = calls()
    assert (even.kind, even.row_count, written["rows_written"]) == ("table", 250, 250)


def test_checks_may_stop_at_the_first_failure() -> None:
    checks = [{"type": "row_count", "min": 5}, {"type": "unique", "column": "id"}]
    for fail_fast, status in ((False, "passed"), (True, "skipped")):
        report = moltres_data_quality(data=[{"id": 1}], checks=checks, fail_fast=fail_fast)
        assert [result["status"] for result in report["results"]] == ["failed", status]
    assert moltres_data_quality(data=[{"id": 1}], checks=checks[1:], semantics="database").passed
    with pytest.raises(RuleError, match="semantics must be one of 'portable', 'database', not 'databse'"):
        moltres_data_quality(data=[{"id": 1}], checks=checks, semantics="databse")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"query": 1}, "query must be SQL or a function"),
        ({"query": lambda db: db.table("users").collect()}, r"returned a Records, not a DataFrame[\s\S]*not its rows"),
        ({"query": lambda db: db.table("users"), "handoff": "tabel"}, "Did you mean 'table'"),
    ],
)
def test_a_query_that_cannot_work_is_refused(dsn: str, given: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        moltres_query(dsn=dsn, **given)


def test_checks_need_something_to_check(dsn: str) -> None:
    for given in ({}, {"query": of_id(1), "data": [{"id": 1}]}):
        with pytest.raises(ConfigurationError, match="either query or data"):
            moltres_data_quality(dsn=dsn, checks=[{"type": "row_count", "min": 1}], **given)


def test_inputs_are_not_stored_by_prefect(dsn: str) -> None:
    marker = "marker-7f3a"

    @flow
    def calls() -> Any:
        return moltres_to_table(dsn=dsn, table_name="copies", data=Records([(marker,)], ["id"]))

    calls()
    with get_client(sync_client=True) as client:
        runs = client.request("POST", "/task_runs/filter", json={"limit": 50}).text
    assert "moltres_to_table" in runs
    assert marker not in runs
    assert dsn not in runs


@pytest.mark.parametrize("how", ["data", "wait_for"])
def test_a_task_that_could_not_run_is_no_success(dsn, how):
    """Prefect gives None for a call whose upstream task failed, and completes the flow."""

    @flow
    def publish():
        failed = moltres_query.submit(dsn=dsn, query="SELECT * FROM nowhere")
        given = {"data": failed} if how == "data" else {"data": [{"id": 1}], "wait_for": [failed]}
        return moltres_to_table(dsn=dsn, table_name="out", **given)

    with pytest.raises(HandoffError, match="moltres_to_table did not run"):
        publish()

    @flow
    def looking():
        failed = moltres_query.submit(dsn=dsn, query="SELECT * FROM nowhere")
        return moltres_to_table(dsn=dsn, table_name="out", data=failed, return_state=True).name

    assert looking() == "NotReady"


READERS: dict[str, Any] = {
    "data": lambda dsn, rows: moltres_to_table.with_options(retries=2)(dsn=dsn, table_name="copies", data=rows),
    "overwriting": lambda dsn, rows: moltres_to_table.with_options(retries=2)(
        dsn=dsn, table_name="copies", data=rows, mode="overwrite"
    ),
    "inputs": lambda dsn, rows: moltres_query.with_options(retries=2)(dsn=dsn, query=lambda db, a: a, inputs=[rows]),
    "checked": lambda dsn, rows: moltres_data_quality.with_options(retries=2)(
        data=rows, checks=[{"type": "row_count", "max": 1}], artifact=False
    ),
}


@pytest.mark.parametrize("way", READERS)
def test_an_iterator_is_not_read_by_a_second_attempt(dsn: str, way: str) -> None:
    """It gives the second attempt no rows, or the last ones: rows were lost, and an overwrite emptied the table."""
    with connect(dsn) as db:
        db.write([{"id": 0}]).save_as_table("copies")
    started: list[int] = []

    def rows() -> Any:
        started.append(1)
        yield {"id": 1}
        if len(started) == 1:
            raise OSError("lost")
        yield {"id": 2}

    with pytest.raises(ConfigurationError, match="is an iterator, which an earlier attempt has begun to read"):
        flow(lambda: READERS[way](dsn, rows()))()
    assert len(started) == 1
    assert rows_of(dsn, "copies") == [{"id": 0}]

    @flow(retries=1)
    def again() -> Any:  # which makes a new one
        return moltres_to_table(dsn=dsn, table_name="copies", data=rows())["rows_written"]

    started.clear()
    assert again() == 2


def test_an_iterator_is_not_shared_by_the_tasks_of_a_map(dsn: str) -> None:
    for data in (iter([{"id": 1}]), unmapped(iter([{"id": 1}]))):
        with pytest.raises(ConfigurationError, match="data is an iterator, which only one of the tasks could read"):
            flow(lambda data=data: moltres_to_table.map(dsn=dsn, table_name=["a", "b"], data=data))()
    assert not {"a", "b"} & tables_of(dsn)


def test_no_items_are_no_tasks_and_an_empty_list_of_options_is_one_argument(dsn: str) -> None:
    @flow
    def none() -> list[Any]:
        tables = moltres_to_table.map(dsn=dsn, table_name=[], data=[{"id": 1}])
        parts = moltres_to_table.map(dsn=dsn, table_name="copies", data=[])
        futures = moltres_to_table.map(dsn=dsn, table_name="copies", data=moltres_query.map(dsn=dsn, query=[]))
        written = moltres_to_table.map(dsn=dsn, table_name=["a", "b"], data=[{"id": 1}], partition_by=[])
        return [list(tables), list(parts), list(futures), [one["rows_written"] for one in written.result()]]

    assert none() == [[], [], [], [1, 1]]
    with pytest.raises(RuleError, match="There are no checks"):
        flow(lambda: moltres_data_quality.map(dsn=dsn, query=["SELECT 1 AS a"], checks=[]).result())()


def test_stored_forms_are_inputs_of_their_own(dsn: str) -> None:
    stored = [encode(Records([(number,)], ["id"])) for number in (1, 2)]
    both = moltres_query(dsn=dsn, query=lambda db, a, b: a.union(b).order_by("id"), inputs=stored)
    assert both == [{"id": 1}, {"id": 2}]
    assert moltres_query(dsn=dsn, query=lambda db, a: a, inputs=({"id": 1}, {"id": 2})) == both
