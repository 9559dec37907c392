"""Retries repeat nothing, and only what can get better is tried again."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from prefect import flow, task
from prefect.cache_policies import CachePolicy
from prefect.client.orchestration import get_client
from prefect.states import Scheduled
from prefect.task_worker import TaskWorker

import moltres_prefect.to_table
from moltres import connect
from moltres.errors import ConfigurationError, TransientQueryError
from moltres_prefect import callers, moltres_query, moltres_to_table
from support.adapter_conformance import rows_of, tables_of


@pytest.fixture
def dsn(dsn: str) -> str:
    """A SQLite file on which threads that write at the same time wait for each other, however busy the machine is."""
    return f"{dsn}?timeout=120"


def ids(dsn: str, table: str = "copies") -> list[int]:
    return [row["id"] for row in rows_of(dsn, table)]


def test_a_task_that_is_lost_after_its_write_does_not_write_again(dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    attempts: list[str] = []
    note = moltres_prefect.to_table.note_writing

    def lose_the_first(*arguments: Any) -> None:
        attempts.append("")
        if len(attempts) == 1:
            raise TransientQueryError("lost after the write")
        note(*arguments)

    monkeypatch.setattr(moltres_prefect.to_table, "note_writing", lose_the_first)

    @flow
    def writes() -> Any:
        return moltres_to_table(dsn=dsn, table_name="copies", data=[{"id": 1}], retries=2)

    assert writes()["skipped"] is True
    assert len(attempts) == 2
    assert ids(dsn) == [1]


def test_calls_that_are_left_to_a_worker_are_not_doubled_when_the_flow_is_retried(dsn: str) -> None:
    left: list[UUID] = []

    def leave(number: int) -> None:
        left.append(moltres_to_table.delay(dsn=dsn, table_name="copies", data=[{"id": number}]).task_run_id)

    @flow(retries=1, retry_delay_seconds=0)
    def leaves() -> None:
        leave(1)
        task(leave)(2)
        leave(3)
        if len(left) == 3:
            raise ValueError("the flow fails once")

    leaves()
    leave(4)  # of no flow
    assert len(left) == 7

    async def work() -> None:
        async with TaskWorker(moltres_to_table, limit=1) as worker, get_client() as client:
            for run in dict.fromkeys(left):
                await worker.execute_task_run(await client.read_task_run(run))

    asyncio.run(work())
    assert sorted(ids(dsn)) == [1, 2, 3, 4]


def test_a_flow_that_is_retried_writes_each_call_once(dsn: str) -> None:
    attempts: list[int] = []

    @flow(retries=2)
    def writes() -> None:
        attempts.append(1)
        for number in range(3):  # one line, one table, three calls
            moltres_to_table(dsn=dsn, table_name="copies", data=[{"id": number}])
            if len(attempts) == number + 1 < 3:
                raise RuntimeError("again")

    writes()
    assert len(attempts) == 3
    assert ids(dsn) == [0, 1, 2]


def test_submitted_calls_keep_their_places_when_the_flow_is_retried(dsn: str) -> None:
    attempts: list[int] = []

    @flow(retries=1)
    def writes() -> None:
        attempts.append(1)
        for number in range(6):
            moltres_to_table.submit(dsn=dsn, table_name="copies", data=[{"id": number}], retries=5).wait()
            if len(attempts) == 1 and number == 3:
                raise RuntimeError("again")

    writes()
    assert ids(dsn) == list(range(6))


def test_mapped_calls_keep_their_places_when_the_flow_is_retried(postgresql_dsn: str) -> None:
    attempts: list[int] = []

    @flow(retries=1)
    def writes() -> None:
        attempts.append(1)
        data = [[{"id": number}] for number in range(5)]
        moltres_to_table.map(dsn=postgresql_dsn, table_name="copies", data=data).wait()
        moltres_to_table.map(dsn=postgresql_dsn, table_name=["copies", "others"], data=[{"id": 100}]).wait()
        if len(attempts) == 1:
            raise RuntimeError("again")

    with connect(postgresql_dsn) as db:
        db.write([{"id": -1}]).save_as_table("copies")
    writes()
    assert sorted(ids(postgresql_dsn)) == [-1, 0, 1, 2, 3, 4, 100]
    assert ids(postgresql_dsn, "others") == [100]


def test_keys_of_ones_own_let_a_retried_flow_make_other_calls(dsn: str) -> None:
    attempts: list[int] = []

    @flow(retries=1)
    def loads() -> None:
        attempts.append(1)
        files = {"b": 2, "c": 3} if len(attempts) == 1 else {"a": 1, "b": 2, "c": 3}  # one came in meanwhile
        with connect(dsn) as db:
            db.write([{"id": 0}]).save_as_table("copies", mode="ignore")
        moltres_to_table.map(
            dsn=dsn,
            table_name="copies",
            data=[[{"id": number}] for number in files.values()],
            run_key=list(files),
            retries=5,
        ).wait()
        if len(attempts) == 1:
            raise RuntimeError("again")

    loads()
    assert ids(dsn) == [0, 1, 2, 3]


def test_a_subflow_counts_for_itself(dsn: str) -> None:
    @flow
    def inner(number: int) -> None:
        moltres_to_table(dsn=dsn, table_name="copies", data=[{"id": number}])

    @flow
    def outer() -> None:
        moltres_to_table(dsn=dsn, table_name="copies", data=[{"id": 1}])
        inner(2)
        moltres_to_table(dsn=dsn, table_name="copies", data=[{"id": 3}])
        inner(4)

    outer()
    assert ids(dsn) == [1, 2, 3, 4]


def test_a_task_that_calls_ours_is_retried_without_doubling(dsn: str) -> None:
    attempts: list[int] = []

    @task(retries=1)
    def outer(number: int) -> None:
        moltres_to_table(dsn=dsn, table_name="copies", data=[{"id": number}])
        moltres_to_table(dsn=dsn, table_name="copies", data=[{"id": number + 10}])
        attempts.append(number)
        if attempts.count(number) == 1:
            raise RuntimeError("again")

    @flow
    def writes() -> None:
        outer(1)
        outer(2)

    writes()
    assert attempts == [1, 1, 2, 2]
    assert ids(dsn) == [1, 2, 11, 12]


@pytest.mark.parametrize("persist", [False, True])
@pytest.mark.parametrize("submitted", [False, True])
def test_tasks_that_call_ours_are_not_doubled_when_the_flow_is_retried(
    dsn: str, persist: bool, submitted: bool
) -> None:
    attempts: list[int] = []

    @task(persist_result=persist)
    def outer(number: int) -> None:
        for place in range(2):
            moltres_to_table(dsn=dsn, table_name="copies", data=[{"id": number + 10 * place}])

    @task
    def alike() -> None:
        moltres_to_table(dsn=dsn, table_name="copies", data=[{"id": 5}])

    @flow(retries=1)
    def writes() -> None:
        numbers = (1, 2, 3)
        if attempts:  # threads start in any order
            numbers = numbers[::-1]
        futures = [outer.submit(number) if submitted else outer(number) for number in numbers]
        futures += [alike.submit() if submitted else alike() for _ in range(2)]
        for future in futures if submitted else ():
            future.result()
        attempts.append(1)
        if len(attempts) == 1:
            raise RuntimeError("again")

    writes()
    assert len(attempts) == 2
    assert ids(dsn) == [1, 2, 3, 5, 5, 11, 12, 13]


@pytest.mark.parametrize("persist", [False, True])
@pytest.mark.parametrize("failing", [None, 2])
def test_subflows_are_not_doubled_when_the_flow_around_them_is_retried(
    dsn: str, persist: bool, failing: int | None
) -> None:
    attempts: list[int] = []

    @task
    def step(number: int) -> None:
        moltres_to_table(dsn=dsn, table_name="copies", data=[{"id": number}])

    @flow(persist_result=persist)
    def inner(number: int) -> None:
        moltres_to_table(dsn=dsn, table_name="copies", data=[{"id": number}])
        step(number + 100)
        if number == failing and not attempts:
            raise RuntimeError("inside")

    @flow(persist_result=persist)
    def middle(number: int) -> None:
        inner(number)
        inner(number)

    @flow(retries=1)
    def outer() -> None:
        try:
            middle(1)
            inner(2)
        finally:
            attempts.append(1)
        if len(attempts) == 1:
            raise RuntimeError("again")

    outer()
    assert len(attempts) == 2
    assert ids(dsn) == [1, 1, 2, 101, 101, 102]


@pytest.mark.filterwarnings(
    # Prefect leaves connections of asynchronous flows to the garbage collector.
    "ignore:Exception ignored in. <socket.socket:pytest.PytestUnraisableExceptionWarning"
)
def test_subflows_beside_each_other_are_known_by_what_they_were_called_with(dsn: str) -> None:
    attempts: list[int] = []
    over: dict[int, asyncio.Event] = {}

    @flow
    async def inner(number: int) -> None:
        before = number - 1 if attempts else number + 1  # they change places
        if before in over:
            await over[before].wait()
        try:
            if number == 2 and not attempts:
                raise RuntimeError("before its write")
            moltres_to_table(dsn=dsn, table_name="copies", data=[{"id": number}])
        finally:
            over[number].set()

    @flow(retries=1)
    async def outer() -> None:
        over.update({number: asyncio.Event() for number in range(3)})
        found = await asyncio.gather(*(inner(number) for number in range(3)), return_exceptions=True)
        attempts.append(1)
        for error in found:
            if isinstance(error, BaseException):
                raise error

    asyncio.run(outer())
    assert len(attempts) == 2
    assert ids(dsn) == [0, 1, 2]


def test_a_task_that_nobody_else_counts_is_named_by_its_run() -> None:
    """On Dask and Ray each task has a copy of the flow's context: two of them would count from 1."""
    run = SimpleNamespace(task_run=SimpleNamespace(id=uuid4()), parameters={}, task=SimpleNamespace(task_key="t"))
    remote = SimpleNamespace(flow_run=SimpleNamespace(id=uuid4()), detached=True)
    unknown = SimpleNamespace(**{**vars(run), "parameters": {"lock": threading.Lock()}})
    here = SimpleNamespace(flow_run=SimpleNamespace(id=uuid4()), detached=False)
    for context, around in ((run, remote), (run, None), (unknown, here)):
        assert callers.task_names(context, around) == (str(run.task_run.id),)  # type: ignore[arg-type]


@pytest.mark.parametrize("around", [task, flow(validate_parameters=False)])
@pytest.mark.parametrize("function", [moltres_to_table, moltres_to_table.fn], ids=["task", "function"])
def test_a_retry_appends_nothing_in_what_is_not_known_again(dsn: str, around: Any, function: Any) -> None:
    attempts: list[int] = []

    def write(lock: Any, **options: Any) -> Any:
        return function(dsn=dsn, table_name="copies", data=[{"id": 1}], **options)["skipped"]

    inner = around(write)

    @flow(retries=1)
    def writes(**options: Any) -> Any:
        attempts.append(1)
        skipped = inner(threading.Lock(), **options)
        if len(attempts) == 1:
            raise RuntimeError("again")
        return skipped

    with pytest.raises(ConfigurationError, match=r"flow was retried, and this call[\s\S]*run_key"):
        writes()
    assert (len(attempts), ids(dsn)) == (2, [1])
    attempts.clear()
    assert writes(run_key="mine") is True
    assert ids(dsn) == [1, 1]


@pytest.mark.parametrize("by", ["function", "policy"])
def test_a_retry_appends_nothing_where_a_key_of_the_users_may_leave_calls_out(dsn: str, by: str) -> None:
    """Those that were cached do not run, and the next ones would take their numbers."""
    calls: list[int] = []

    def key(context: Any, *_: Any) -> str:
        return f"{context.task_run.flow_run_id} {calls[-1]}"

    class OfTheUser(CachePolicy):
        def compute_key(self, task_ctx: Any, inputs: Any, flow_parameters: Any, **_: Any) -> str:
            del inputs, flow_parameters
            return key(task_ctx)

    keyed: Any = {"cache_key_fn": key} if by == "function" else {"cache_policy": OfTheUser()}

    @task(**keyed, persist_result=True)
    def write(**options: Any) -> Any:
        return moltres_to_table(dsn=dsn, table_name="copies", data=[{"id": 1}], **options)["skipped"]

    @flow(retries=1)
    def writes(*, named: bool) -> list[bool]:
        skipped = []
        for number in range(3):
            calls.append(number)
            if len(calls) == 2:
                raise RuntimeError("again")
            skipped.append(write(**({"run_key": f"{number}"} if named else {})))
        return skipped

    with pytest.raises(ConfigurationError, match=r"cached by a key of yours[\s\S]*run_key"):
        writes(named=False)
    assert ids(dsn) == [1]
    calls.clear()
    assert writes(named=True) == [False, False, False]
    assert ids(dsn) == [1, 1, 1, 1]


def test_another_run_of_the_flow_writes_again_unless_the_key_says_otherwise(dsn: str) -> None:
    @flow
    def writes(run_key: Any = None) -> Any:
        return moltres_to_table(dsn=dsn, table_name="copies", data=[{"id": 1}], run_key=run_key)["skipped"]

    assert [writes(), writes()] == [False, False]
    assert [writes("2024-01-01"), writes("2024-01-01"), writes("2024-01-02")] == [False, True, False]
    assert ids(dsn) == [1] * 4


def test_a_run_that_is_started_again_writes_nothing_again(dsn: str) -> None:
    """What the button "Retry" does with a run that has ended: the same run, a second time."""
    seen: list[Any] = []

    @flow
    def writes() -> None:
        from prefect.runtime import flow_run

        seen.append(flow_run.id)
        moltres_to_table(dsn=dsn, table_name="copies", data=[{"id": 1}])

    from prefect.flow_engine import run_flow

    writes()
    with get_client(sync_client=True) as client:
        client.set_flow_run_state(seen[0], Scheduled(), force=True)
        run_flow(writes, flow_run=client.read_flow_run(seen[0]))
    assert seen[0] == seen[1]
    assert ids(dsn) == [1]


def test_nothing_is_recorded_where_the_key_is_false_or_the_mode_needs_none(dsn: str) -> None:
    @flow
    def writes() -> None:
        moltres_to_table(dsn=dsn, table_name="copies", data=[{"id": 1}], run_key=False)
        moltres_to_table(dsn=dsn, table_name="copies", data=[{"id": 2}], mode="overwrite")
        moltres_to_table(dsn=dsn, table_name="copies", data=[{"id": 2}], mode="merge", keys="id")

    writes()
    assert "moltres_loads" not in tables_of(dsn)


def test_a_retried_query_overwrites_its_own_stage(dsn: str) -> None:
    attempts: list[int] = []

    def stages() -> list[str]:
        return sorted(table for table in tables_of(dsn) if table.startswith("moltres_stage_"))

    @flow(retries=1)
    def queries() -> None:
        moltres_query(dsn=dsn, query=lambda db: db.table("numbers"), handoff="table")
        moltres_query(dsn=dsn, query=lambda db: db.table("users"), handoff="table")
        attempts.append(1)
        if len(attempts) == 1:
            raise RuntimeError("again")

    queries()
    assert len(stages()) == 2
    queries()
    assert len(stages()) == 4  # another run has its own


def count_attempts(dsn: str, error: Exception) -> int:
    attempts: list[int] = []

    def query(db: Any) -> Any:
        attempts.append(1)
        if isinstance(error, sa.exc.SQLAlchemyError | TransientQueryError | OSError):
            raise error
        return db.table("users").select("emial")

    @flow
    def queries() -> Any:
        return moltres_query(dsn=dsn, query=query, retries=2)

    with pytest.raises(type(error) if not isinstance(error, LookupError) else LookupError):
        queries()
    return len(attempts)


def test_what_can_get_better_is_tried_again(dsn: str) -> None:
    assert count_attempts(dsn, TransientQueryError("deadlock")) == 3
    assert count_attempts(dsn, OSError("of the caller's own code")) == 3


def test_what_is_final_is_not_tried_again(dsn: str) -> None:
    assert count_attempts(dsn, LookupError()) == 1


def test_the_caller_may_decide_what_is_tried_again(dsn: str) -> None:
    attempts: list[int] = []

    def query(db: Any) -> Any:
        attempts.append(1)
        return db.table("users").select("emial")

    @flow
    def queries() -> Any:
        return moltres_query(dsn=dsn, query=query, retries=2, retry_condition_fn=lambda *_: True)

    with pytest.raises(LookupError):
        queries()
    assert len(attempts) == 3


def in_threads(call: Any) -> list[Any]:
    with ThreadPoolExecutor(3) as threads:
        return list(threads.map(call, range(3)))


def in_threads_of_a_loop(call: Any) -> list[Any]:
    async def calls() -> list[Any]:
        loop = asyncio.get_running_loop()
        return await asyncio.gather(*(loop.run_in_executor(None, call, number) for number in range(3)))

    return asyncio.run(calls())


def in_threads_with_the_context(call: Any) -> list[Any]:
    context = contextvars.copy_context()
    return in_threads(lambda number: context.copy().run(call, number))


PLAIN_THREADS: dict[str, Any] = {
    "without the context": in_threads,
    "with a copy of it": in_threads_with_the_context,
    "of a loop": in_threads_of_a_loop,
}


@pytest.mark.parametrize("function", [moltres_to_table, moltres_to_table.fn], ids=["task", "function"])
@pytest.mark.parametrize("way", PLAIN_THREADS)
def test_appends_in_plain_threads_of_a_flow_need_a_key(dsn: str, way: str, function: Any) -> None:
    """They come in any order, and may know nothing of the flow: a retry would append again, or leave rows out."""
    attempts: list[int] = []

    @flow(retries=1)
    def writes(**options: Any) -> None:
        attempts.append(1)

        def write(number: int) -> Any:
            own = {"run_key": f"part {number}"} if "keyed" in options else options
            return function(dsn=dsn, table_name="copies", data=[{"id": number}], **own)

        PLAIN_THREADS[way](write)
        if len(attempts) == 1:
            raise RuntimeError("again")

    with pytest.raises(ConfigurationError, match=r"started beside a flow[\s\S]*or give each call a run_key"):
        writes()
    assert "copies" not in tables_of(dsn)
    with connect(dsn) as db:
        db.write([{"id": 9}]).save_as_table("copies")
    attempts.clear()
    writes(keyed=True)
    assert sorted(ids(dsn)) == [0, 1, 2, 9]
    attempts.clear()
    writes(mode="merge", keys=["id"])  # which needs none
    assert sorted(ids(dsn)) == [0, 1, 2, 9]


@pytest.mark.filterwarnings(
    # Prefect leaves the sockets of an asynchronous flow's own client to the garbage collector.
    "ignore:Exception ignored in. <socket.socket:pytest.PytestUnraisableExceptionWarning"
)
def test_a_plain_thread_of_an_asynchronous_flow_needs_a_key(dsn: str) -> None:
    @flow
    async def writes() -> None:
        def write() -> None:
            moltres_to_table(dsn=dsn, table_name="copies", data=[{"id": 1}])

        await asyncio.get_running_loop().run_in_executor(None, write)

    with pytest.raises(ConfigurationError, match="started beside a flow"):
        asyncio.run(writes())
    assert "copies" not in tables_of(dsn)


def test_a_plain_thread_beside_no_flow_appends(dsn: str) -> None:
    with connect(dsn) as db:
        db.write([{"id": 9}]).save_as_table("copies")
    in_threads(lambda number: moltres_to_table(dsn=dsn, table_name="copies", data=[{"id": number}]))
    assert sorted(ids(dsn)) == [0, 1, 2, 9]


@pytest.mark.parametrize("around", [flow, task])
def test_each_call_of_the_function_behind_a_task_is_one_of_its_own(dsn: str, around: Any) -> None:
    attempts: list[int] = []

    @around(retries=1)
    def writes() -> None:
        attempts.append(1)
        for number in range(2):
            moltres_to_table.fn(dsn=dsn, table_name="copies", data=[{"id": number}])
        if len(attempts) == 1:
            raise RuntimeError("again")

    writes()
    assert ids(dsn) == [0, 1]
