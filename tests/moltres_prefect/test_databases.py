"""The ways to say which database a task works in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from prefect import flow
from prefect.blocks.system import Secret
from prefect_sqlalchemy import (
    AsyncDriver,
    AsyncSqlAlchemyConnector,
    ConnectionComponents,
    SqlAlchemyConnector,
    SyncDriver,
)
from pydantic import SecretStr
from sqlalchemy import create_engine, make_url
from sqlalchemy.orm import Session, sessionmaker

from moltres.errors import ConfigurationError
from moltres_prefect import moltres_data_quality, moltres_drop_staged, moltres_query, moltres_to_table
from support.adapter_conformance import SECRET, rows_of, tables_of

if TYPE_CHECKING:
    from pathlib import Path

CHECKS = [{"type": "row_count", "min": 1}]


def count(**where: Any) -> int:
    @flow
    def alone() -> Any:
        return len(moltres_query(query=lambda db: db.table("users").select("id"), **where))

    return alone()


def test_an_address_may_be_a_text_a_url_or_a_secret(dsn: str) -> None:
    Secret(value=dsn).save("moltres-test-dsn", overwrite=True)
    for given in (
        dsn,
        make_url(dsn),
        SecretStr(dsn),
        Secret.load("moltres-test-dsn"),
        "moltres-test-dsn",
    ):
        assert count(dsn=given) == 4


def test_a_secret_as_parameter_of_the_flow_is_masked(postgresql_dsn: str) -> None:
    from prefect.client.orchestration import get_client
    from prefect.runtime import flow_run

    @flow
    def queries(dsn: SecretStr) -> Any:
        return flow_run.id, moltres_query(dsn=dsn, query=lambda db: db.table("users"))

    address = make_url(postgresql_dsn).set(password=SECRET).render_as_string(hide_password=False)
    run, rows = queries(SecretStr(address))
    assert len(rows) == 4
    with get_client(sync_client=True) as client:
        assert SECRET not in str(client.read_flow_run(run).parameters)


def test_an_address_may_come_from_the_environment(dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOLTRES_DSN", dsn)
    assert count() == 4


def test_no_database_is_an_error_that_names_the_ways(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MOLTRES_DSN", raising=False)
    with pytest.raises(
        ConfigurationError, match=r"No database was given[\s\S]*dsn, session or connection.*MOLTRES_DSN"
    ):
        count()


def test_two_databases_are_an_error(dsn: str) -> None:
    with pytest.raises(ConfigurationError, match="not dsn and connection"):
        count(dsn=dsn, connection="sqlalchemy-connector/x")


def test_a_text_that_is_neither_address_nor_block_is_an_error() -> None:
    with pytest.raises(ConfigurationError, match=r"neither a URL.*'secret/no-such-block'"):
        count(dsn="no-such-block")


def test_the_path_of_a_database_is_answered_with_its_url() -> None:
    with pytest.raises(ConfigurationError, match=r"Did you mean 'duckdb:///shop.duckdb'\?"):
        count(dsn="shop.duckdb")


def test_a_session_is_the_callers_to_commit(dsn: str) -> None:
    engine = create_engine(dsn)

    @flow
    def writes() -> None:
        with Session(engine) as session:
            moltres_to_table(session=session, table_name="users", data=[{"id": 7, "name": "kept"}])
            assert len(moltres_query(session=session, query=lambda db: db.table("users"))) == 5
            session.commit()
            moltres_to_table(session=session, table_name="users", data=[{"id": 8, "name": "rolled back"}])
            session.rollback()

    writes()
    engine.dispose()
    assert [row["id"] for row in rows_of(dsn, "users")] == [1, 2, 3, 4, 7]


def test_a_session_that_the_task_makes_is_committed_by_it(dsn: str) -> None:
    engine = create_engine(dsn)
    sessions = sessionmaker(engine)

    @flow
    def writes() -> None:
        moltres_to_table.submit(session=sessions, table_name="copies", data=[{"id": 1}]).result()
        report = moltres_data_quality(session=sessions, query=lambda db: db.table("copies"), checks=CHECKS)
        assert report["overall_status"] == "passed"

    writes()
    engine.dispose()
    assert rows_of(dsn, "copies") == [{"id": 1}]


def test_a_block_of_prefect_sqlalchemy_is_a_connection(dsn: str) -> None:
    url = make_url(dsn)
    with SqlAlchemyConnector(
        connection_info=ConnectionComponents(driver=SyncDriver.SQLITE_PYSQLITE, database=url.database)
    ) as connector:
        connector.save("moltres-test-connector", overwrite=True)
        assert count(connection=connector) == 4
        assert count(connection="sqlalchemy-connector/moltres-test-connector") == 4


def test_a_block_that_gives_no_engine_for_us_is_refused(tmp_path: Path) -> None:
    asynchronous = AsyncSqlAlchemyConnector(
        connection_info=ConnectionComponents(driver=AsyncDriver.SQLITE_AIOSQLITE, database=str(tmp_path / "x.sqlite"))
    )
    for given in (asynchronous, Secret(value="x")):
        with pytest.raises(ConfigurationError, match="no synchronous SQLAlchemy engine"):
            count(connection=given)
    with pytest.raises(ConfigurationError, match="no block 'sqlalchemy-connector/nothing'"):
        count(connection="sqlalchemy-connector/nothing")


def test_rows_that_were_handed_over_inline_need_no_database(dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MOLTRES_DSN", raising=False)

    @flow
    def checks() -> Any:
        users = moltres_query(dsn=dsn, query=lambda db: db.table("users"))
        report = moltres_data_quality(data=users, checks=[{"type": "not_null", "column": "email"}])
        assert moltres_drop_staged(data=users) == 0
        return report

    report = checks()
    assert report["overall_status"] == "failed"
    assert report["results"][0]["failed_rows"] == 1


def test_staged_rows_are_checked_written_elsewhere_and_dropped(dsn: str, tmp_path: Path) -> None:
    other = f"duckdb:///{tmp_path / 'other.duckdb'}"

    @flow
    def moves() -> Any:
        numbers = moltres_query(dsn=dsn, query=lambda db: db.table("numbers"), max_inline_rows=10)
        report = moltres_data_quality(dsn=dsn, data=numbers, checks=[{"type": "unique", "column": "id"}])
        moltres_to_table(dsn=other, input_dsn=dsn, table_name="copies", data=numbers)
        assert moltres_to_table(dsn=dsn, table_name="copies", data=numbers, drop_staged=True)["rows_written"] == 500
        files = moltres_query(
            dsn=dsn, query=lambda db: db.table("numbers"), stage_uri=tmp_path / "stage", max_inline_rows=1
        )
        assert moltres_drop_staged(dsn=dsn, data=[numbers, files]) == 1
        return report

    assert moves()["total_rows"] == 500
    assert len(rows_of(other, "copies")) == 500
    assert tables_of(dsn) == {"users", "numbers", "copies", "moltres_loads"}
