"""A query may be SQL or a file of it, and what it hands over is read in one way, whether rows are few or many."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from prefect import flow, task
from prefect.blocks.system import Secret
from prefect.cache_policies import INPUTS

from moltres.errors import ConfigurationError, HandoffError
from moltres.handoff import rows_of
from moltres_prefect import moltres_data_quality, moltres_query, moltres_to_table
from support.adapter_conformance import rows_of as rows_in

if TYPE_CHECKING:
    from pathlib import Path


def users(db: Any) -> Any:
    return db.table("users")


SQL = "SELECT id FROM users WHERE id >= :least ORDER BY id"


def test_sql_with_parameters(dsn: str) -> None:
    assert moltres_query(dsn=dsn, query=SQL, parameters={"least": 3}) == [{"id": 3}, {"id": 4}]
    hostile = moltres_query(dsn=dsn, query="SELECT :text AS a", parameters={"text": "'; DROP TABLE users; --"})
    assert hostile == [{"a": "'; DROP TABLE users; --"}]


def test_a_file_of_sql(dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "late.sql").write_text(SQL)
    monkeypatch.chdir(tmp_path)
    for query in ("late.sql", tmp_path / "late.sql"):
        assert moltres_query(dsn=dsn, query=query, parameters={"least": 4}) == [{"id": 4}]
        report = moltres_data_quality(
            dsn=dsn, query=query, parameters={"least": 4}, checks=[{"type": "row_count", "max": 1}], artifact=False
        )
        assert report["overall_status"] == "passed"
    with pytest.raises(ConfigurationError, match=r"'nowhere.sql' cannot be read"):
        moltres_query(dsn=dsn, query="nowhere.sql")


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ({"query": users, "parameters": {"least": 3}}, "parameters are the values of SQL"),
        ({"query": SQL}, "least"),
        ({"query": SQL, "parameters": [3]}, "parameters must be a mapping"),
        ({"query": SQL, "parameters": {"least": 3}, "inputs": [[{"id": 1}]]}, "query as SQL gets no inputs"),
    ],
)
def test_what_does_not_go_together_is_refused(dsn: str, arguments: dict[str, Any], problem: str) -> None:
    with pytest.raises(ConfigurationError, match=problem):
        moltres_query(dsn=dsn, **arguments)


def test_a_step_of_the_users_own_reads_few_and_many_rows_alike(dsn: str) -> None:
    @task
    def transform(rows: Any) -> list[dict[str, Any]]:
        return [{**row, "x": 1} for row in rows_of(rows, dsn=dsn) if row["id"] % 2]

    @flow
    def etl(limit: int) -> Any:
        rows = moltres_query(dsn=dsn, query=lambda db: db.table("numbers").limit(limit), max_inline_rows=100)
        written = moltres_to_table(dsn=dsn, table_name="out", data=transform(rows), mode="overwrite")
        return written["rows_written"]

    assert [etl(100), etl(101)] == [50, 50]


def test_a_reference_is_not_taken_for_its_rows(dsn: str) -> None:
    rows = moltres_query(dsn=dsn, query=lambda db: db.table("numbers"), max_inline_rows=5)
    for use in (list, len, lambda value: value[0]):
        with pytest.raises(HandoffError, match="rows_of"):
            use(rows)


def test_the_hint_names_the_arguments_of_the_task(dsn: str) -> None:
    with pytest.raises(HandoffError, match="Use handoff='auto'"):
        moltres_query(dsn=dsn, query=lambda db: db.table("numbers"), handoff="inline", max_inline_rows=5)


def test_a_query_runs_once(dsn: str) -> None:
    from sqlalchemy import create_engine, event
    from sqlalchemy.orm import Session

    engine, calls = create_engine(dsn), []
    event.listen(engine, "connect", lambda raw, _: raw.create_function("tick", 0, lambda: calls.append(1) or 1))
    with Session(engine) as session:
        moltres_query(session=session, query="SELECT id, tick() AS n FROM numbers", max_inline_rows=10)
        assert len(calls) == 500
    engine.dispose()


def test_the_slug_that_prefect_shows_names_the_block(dsn: str) -> None:
    Secret(value=dsn).save("shopdb", overwrite=True)
    for name in ("shopdb", "secret/shopdb"):
        assert len(moltres_query(dsn=name, query=users)) == 4


@pytest.mark.parametrize("uri", ["ftp://etl:S3CR3T@host/stage", "https://host/stage?sig=S3CR3T"])
def test_a_folder_with_secrets_is_refused(dsn: str, uri: str) -> None:
    with pytest.raises(ConfigurationError, match="stage_uri") as refused:
        moltres_query(dsn=dsn, query=users, stage_uri=uri)
    assert "S3CR3T" not in str(refused.value)


CALLS: dict[str, tuple[Any, dict[str, Any]]] = {
    "query": (moltres_query, {"query": users}),
    "to_table": (moltres_to_table, {"table_name": "out", "data": [{"id": 1}]}),
    "check": (moltres_data_quality, {"query": users, "checks": [{"type": "row_count", "min": 1}], "artifact": False}),
}


@pytest.mark.parametrize("submitted", [False, True], ids=["called", "submitted"])
@pytest.mark.parametrize("call", CALLS)
def test_a_cache_policy_sees_what_the_user_gave(dsn: str, call: str, submitted: bool) -> None:
    made, arguments = CALLS[call]
    cached = made.with_options(cache_policy=INPUTS, persist_result=True, result_serializer="pickle")

    @flow
    def twice() -> list[str]:
        if submitted:
            states = []
            for _ in range(2):
                future = cached.submit(dsn=dsn, **arguments)
                future.wait()
                states.append(future.state.name)
            return states
        return [cached(dsn=dsn, return_state=True, **arguments).name for _ in range(2)]

    assert twice() == ["Completed", "Cached"]
    assert twice() == ["Cached", "Cached"]  # in the next run of the flow as well


def test_a_key_that_the_user_gives_is_an_input_like_any_other(dsn: str) -> None:
    cached = moltres_to_table.with_options(cache_policy=INPUTS, persist_result=True)

    @flow
    def calls() -> list[str]:
        keys = ["a", "b", "a"]
        return [
            cached(dsn=dsn, table_name="out", data=[{"id": 1}], run_key=key, return_state=True).name for key in keys
        ]

    assert calls() == ["Completed", "Completed", "Cached"]
    assert rows_in(dsn, "out") == [{"id": 1}, {"id": 1}]


def test_a_cache_policy_sees_the_sql_in_a_file(dsn: str, tmp_path: Path) -> None:
    file = tmp_path / "late.sql"
    cached = moltres_query.with_options(cache_policy=INPUTS, persist_result=True)

    @flow
    def reads() -> list[tuple[str, Any]]:
        states = []
        for number in (1, 1, 2):
            file.write_text(f"SELECT {number} AS n")
            state = cached(dsn=dsn, query=str(file), return_state=True)
            states.append((state.name, state.result()[0]["n"]))
        return states

    assert reads() == [("Completed", 1), ("Cached", 1), ("Completed", 2)]


@pytest.mark.parametrize("flag", ["fail_on_error", "fail_fast", "artifact"])
def test_a_flag_is_true_or_false(dsn: str, flag: str) -> None:
    with pytest.raises(ConfigurationError, match=f"{flag} must be true or false, not 'false'"):
        moltres_data_quality(dsn=dsn, query=users, checks=[{"type": "row_count", "min": 1}], **{flag: "false"})


def test_without_a_policy_nothing_is_cached(dsn: str) -> None:
    @flow
    def writes() -> None:
        for _ in range(2):
            moltres_to_table(dsn=dsn, table_name="out", data=[{"id": 1}])

    writes()
    assert rows_in(dsn, "out") == [{"id": 1}, {"id": 1}]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"query": lambda: None}, r"can be called with the database: too many positional arguments"),
        ({"query": lambda db, context: db.table("users")}, r"the database: missing a required argument: 'context'"),
        ({"query": "SELECT 1", "inputs": [[{"id": 1}]]}, r"gets no inputs \(inputs\)"),
        ({"query": lambda db: db.table("users"), "parameters": {"a": 1}}, "values of SQL; a function has its own"),
    ],
)
def test_messages_about_a_query_name_what_its_reader_can_write(dsn: str, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message) as refused:
        moltres_query(dsn=dsn, **options)
    assert not any(name in str(refused.value) for name in ("op_kwargs", "input_key", "input_task_id"))
