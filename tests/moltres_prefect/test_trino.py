"""The tasks on a Trino that the tests start: blocks, hand-overs and writes, and whose its queries are."""

from __future__ import annotations

import json
from secrets import token_hex
from typing import TYPE_CHECKING, Any

import pytest
from prefect import flow
from prefect.blocks.system import Secret
from prefect.runtime import flow_run
from prefect_sqlalchemy import SqlAlchemyConnector

from dq_core.quarantine import quarantine
from moltres import Database, connect
from moltres.errors import DatabaseAccessError
from moltres.handoff import Reference
from moltres_prefect import moltres_data_quality, moltres_query, moltres_to_table
from moltres_prefect.compare import moltres_compare
from moltres_prefect.results import RowsSerializer
from support.adapter_conformance import text_of

if TYPE_CHECKING:
    from sqlalchemy import URL

    from support.trino import TrinoServer

pytestmark = [pytest.mark.engines, pytest.mark.timeout(900)]  # the first one starts the server, and may unpack it

MOST = 2048
"""Bytes of what a task hands over in place of many rows."""
WRONG = f"wr0ng-{token_hex(8)}"
COPY = "SELECT custkey AS id, name, acctbal FROM tpch.tiny.customer"


@pytest.fixture
def secured(trino: TrinoServer, iceberg_url: URL) -> URL:
    """A schema by the port that asks who comes."""
    asked = trino.secured
    own = iceberg_url.set(port=asked.port, username=asked.user, password=asked.password)
    return own.update_query_dict({"verify": json.dumps(str(asked.certificate))})


def many(db: Database) -> Any:
    return db.sql(COPY)


IN_DEBT = 139
"""Customers of the benchmark's smallest size whose balance is below zero."""


def in_debt(db: Database) -> Any:
    """Sets the rows that break a rule apart, by the connection of the task."""
    rule = {"type": "in_range", "column": "acctbal", "min": 0}
    with db.connection() as connection:
        quarantine(connection, [rule], table="copies", to="copies_in_debt")
    return db.sql("SELECT count(*) AS n FROM copies_in_debt WHERE acctbal < 0")


@pytest.mark.parametrize("how", ["secret", "block"])
def test_the_main_job_runs_in_the_cluster(
    iceberg_url: URL, secured: URL, how: str, caplog: pytest.LogCaptureFixture
) -> None:
    where: dict[str, Any]
    if how == "secret":
        Secret(value=text_of(secured)).save("lake", overwrite=True)
        where = {"dsn": "lake"}
    else:
        # The block makes its engine itself: a password on another port than 443 needs its connect_args.
        block = SqlAlchemyConnector(
            connection_info=text_of(secured), connect_args={"http_scheme": "https"}, fetch_size=1
        )
        block.save("lake", overwrite=True)
        where = {"connection": "sqlalchemy-connector/lake"}

    @flow(name="nightly")
    def job() -> tuple[Any, ...]:
        reference = moltres_query(query=many, handoff="table", **where)
        written = [
            moltres_to_table(table_name="copies", data=reference, run_key="load", **where)["rows_written"]
            for _ in range(2)
        ]
        if how == "secret":  # once: where it is done does not depend on how the user shows who they are
            checks = [{"type": "unique", "column": "id"}, {"type": "not_null", "column": "name"}]
            assert moltres_data_quality(data=reference, checks=checks, artifact=False, **where).passed
            assert moltres_compare(table="copies", right_query=COPY, keys=["id"], artifact=False, **where).equal
            assert moltres_query(query=in_debt, **where)[0]["n"] == IN_DEBT
        return reference, written, str(flow_run.id)

    reference, written, run = job()
    assert isinstance(reference, Reference)
    assert reference.row_count == 1500
    assert len(RowsSerializer().dumps(reference)) <= MOST
    assert written == [1500, 0]
    with connect(iceberg_url) as db:
        assert db.table("copies").count() == 1500
        asked = db.sql("SELECT DISTINCT source FROM system.runtime.queries WHERE source LIKE :of", of=f"%{run}%")
        sources = [row["source"] for row in asked.collect()]
    assert {source.split("/")[3] for source in sources} >= {"moltres_query", "moltres_to_table"}
    assert all(source.startswith(f"prefect/nightly/{run}/") for source in sources)
    assert str(secured.password) not in caplog.text


def test_a_wrong_password_is_final_and_nowhere(secured: URL, caplog: pytest.LogCaptureFixture) -> None:
    tries = []

    @flow
    def job() -> None:
        def noted(db: Database) -> Any:
            tries.append(1)
            return many(db)

        moltres_query(query=noted, dsn=text_of(secured.set(password=WRONG)), retries=2)

    with pytest.raises(DatabaseAccessError) as caught:
        job()
    assert len(tries) == 1
    shown = f"{caught.value!r} {caught.value.__cause__!r} {caught.value.__context__!r} {caplog.text}"
    assert WRONG not in shown
