"""The tasks on tables of Iceberg without a server: a load from another database, and what must not be shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from prefect import flow
from prefect.blocks.system import Secret
from prefect_sqlalchemy import SqlAlchemyConnector

from dq_core import DataQualityCheck
from moltres.errors import ConfigurationError, DatabaseConnectionError, MoltresError
from moltres.handoff import Reference
from moltres_prefect import moltres_compare, moltres_data_quality, moltres_query, moltres_to_table
from support.adapter_conformance import SECRET, make_users, text_of
from support.iceberg import load

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import URL


@pytest.mark.parametrize(("source", "how"), [("sqlite", "secret"), ("duckdb", "block")])
def test_a_load_from_another_database_is_checked_and_never_doubled(
    request: pytest.FixtureRequest, pyiceberg_url: URL, source: str, how: str
) -> None:
    url: URL = request.getfixturevalue(f"{source}_url")
    make_users(url)
    here, where = text_of(url), {"dsn": "lake"}
    if how == "secret":
        Secret(value=text_of(pyiceberg_url)).save("lake", overwrite=True)
    else:
        SqlAlchemyConnector(connection_info=text_of(pyiceberg_url)).save("lake", overwrite=True)
        where = {"connection": "sqlalchemy-connector/lake"}

    @flow
    def nightly() -> tuple[Any, ...]:
        rows = moltres_query(dsn=here, query=lambda db: db.table("numbers"), max_inline_rows=10)
        written = moltres_to_table(table_name="numbers", data=rows, input_dsn=here, run_key="2026-11-26", **where)
        report = moltres_data_quality(
            query=lambda db: db.table("numbers"), checks=[DataQualityCheck.column_unique("id")], **where
        )
        same = moltres_compare(table="numbers", right_dsn=here, right_table="numbers", keys=["id"], **where)
        return rows, written, report, same

    for again in range(2):
        rows, written, report, same = nightly()
        assert isinstance(rows, Reference)
        assert (written["rows_written"], written["skipped"]) == ((0, True) if again else (500, False))
        assert (report["overall_status"], report["total_rows"]) == ("passed", 500)
        assert (same.equal, same.left_rows) == (True, 500)
        found = load(pyiceberg_url, "numbers").scan().to_arrow()["id"].to_pylist()
        assert sorted(found) == list(range(500))


@pytest.mark.parametrize(
    ("warehouse", "kind"), [("s3://lake/w", DatabaseConnectionError), ("s4://b", ConfigurationError)]
)
def test_what_cannot_be_reached_is_told_without_a_secret(
    tmp_path: Path, warehouse: str, kind: type[MoltresError], caplog: pytest.LogCaptureFixture
) -> None:
    query = {"warehouse": warehouse, "s3.endpoint": "http://127.0.0.1:9", "s3.region": "x", "s3.access-key-id": "me"}
    url = f"iceberg+sqlite:///{tmp_path}/catalog.db?" + "&".join(f"{name}={value}" for name, value in query.items())

    @flow
    def job() -> None:
        moltres_to_table(dsn=f"{url}&s3.secret-access-key={SECRET}", table_name="t", data=[{"id": 1}])

    with pytest.raises(kind) as caught:
        job()
    assert caught.value.retryable is (kind is DatabaseConnectionError)
    assert SECRET not in f"{caught.value!r} {caught.value.__cause__!r} {caught.value.__context__!r} {caplog.text}"
