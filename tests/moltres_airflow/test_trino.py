"""The operators on a Trino that the tests start: its connections, hand-overs and writes, and whose its queries are."""

import json
from secrets import token_hex
from urllib.request import Request, urlopen

import pytest
import sqlalchemy as sa
from airflow.providers.openlineage.extractors.base import DefaultExtractor
from airflow.sdk.exceptions import AirflowException, AirflowFailException

from dq_core.quarantine import quarantine
from moltres import connect
from moltres_airflow import (
    MoltresCompareOperator,
    MoltresDataQualityOperator,
    MoltresQueryOperator,
    MoltresToTableOperator,
)
from support.adapter_conformance import text_of
from support.airflow import Instance

pytestmark = [pytest.mark.engines, pytest.mark.timeout(900)]  # the first one starts the server, and may unpack it

MOST = 2048
"""Bytes of what a task hands over in place of many rows."""


@pytest.fixture
def connection(monkeypatch):
    """Gives Airflow a connection, through the environment."""
    return lambda name, **parts: monkeypatch.setenv(f"AIRFLOW_CONN_{name.upper()}", json.dumps(parts))


@pytest.fixture
def parts(trino, iceberg_url):
    """The server that asks who comes, as the parts of a connection."""
    secured = trino.secured
    catalog, schema = iceberg_url.database.split("/")
    return {
        "conn_type": "trino",
        "host": "127.0.0.1",
        "port": secured.port,
        "schema": schema,
        "login": secured.user,
        "extra": {"catalog": catalog, "protocol": "https", "verify": str(secured.certificate)},
    }


def named_by(url, of):
    """The names and statements of the queries of one run."""
    engine = sa.create_engine(url)
    with engine.connect() as opened:
        asked = sa.text("SELECT source, query FROM system.runtime.queries WHERE source LIKE :of")
        found = opened.execute(asked, {"of": f"%{of}%"}).all()
    engine.dispose()
    return found


def session_of(url, source, part):
    """What the server keeps of the session of a query of this source whose statement has this part."""
    engine = sa.create_engine(url)
    with engine.connect() as opened:
        asked = "SELECT query_id FROM system.runtime.queries WHERE source = :source AND strpos(query, :part) > 0"
        query = opened.execute(sa.text(asked), {"source": source, "part": part}).scalars().first()
    engine.dispose()
    request = Request(f"http://{url.host}:{url.port}/v1/query/{query}", headers={"X-Trino-User": url.username})
    with urlopen(request, timeout=30) as answer:
        return json.load(answer)["session"]


def many(db):
    return db.sql("SELECT custkey AS id, name, acctbal FROM tpch.tiny.customer")


IN_DEBT = 139
"""Customers of the benchmark's smallest size whose balance is below zero."""


def in_debt(db):
    """Sets the rows that break a rule apart, in the transaction and by the connection of the task."""
    rule = {"type": "in_range", "column": "acctbal", "min": 0}
    with db.connection() as connection:
        quarantine(connection, [rule], table="copies", to="copies_in_debt")
    return db.sql("SELECT count(*) AS n FROM copies_in_debt WHERE acctbal < 0")


@pytest.mark.parametrize("how", ["password", "token"])
def test_the_main_job_runs_in_the_cluster(trino, iceberg_url, connection, parts, how, caplog):
    secured = trino.secured
    if how == "password":
        connection("lake", **parts, password=secured.password)
    else:
        connection("lake", **{**parts, "extra": {**parts["extra"], "auth": "jwt", "jwt__token": secured.token()}})
    instance = Instance(dag_id="nightly", run_id=f"manual__{how}")

    def execute(kind, task_id, **arguments):
        instance.task_id = task_id
        operator = kind(task_id=task_id, conn_id="lake", **arguments)
        return operator, operator.execute({"ti": instance})

    execute(MoltresQueryOperator, "query", query=many, handoff="table")
    handed = instance.store["query", "query"]
    assert json.loads(handed)["row_count"] == 1500
    assert len(handed.encode()) <= MOST
    for again in range(2):
        write, result = execute(MoltresToTableOperator, "write", table_name="copies", input_task_id="query")
        assert (result["rows_written"], result["skipped"]) == ((1500, False) if again == 0 else (0, True))
        if again == 0:
            found = DefaultExtractor(write).extract_on_complete(None)
            place = f"{parts['extra']['catalog']}.{parts['schema']}"
            (output,) = found.outputs
            assert (output.namespace, output.name) == (f"trino://127.0.0.1:{secured.port}", f"{place}.copies")
            assert output.outputFacets["outputStatistics"].rowCount == 1500
    if how == "password":  # once: where it is done does not depend on how the user shows who they are
        checks = [{"type": "unique", "column": "id"}, {"type": "not_null", "column": "name"}]
        _, report = execute(MoltresDataQualityOperator, "check", input_task_id="query", checks=checks)
        assert report.passed
        _, same = execute(MoltresCompareOperator, "same", table="copies", right_query=COPY, keys=["id"])
        assert (same.equal, same.left_rows) == (True, 1500)
        assert execute(MoltresQueryOperator, "bad", query=in_debt)[1] == [{"n": IN_DEBT}]
    sources = {source for source, _ in named_by(iceberg_url, f"manual__{how}")}
    assert {"airflow/nightly/query/manual__" + how, "airflow/nightly/write/manual__" + how} <= sources
    assert secured.password not in caplog.text + json.dumps([*instance.store.values()])


WRONG = f"wr0ng-{token_hex(8)}"
COPY = "SELECT custkey AS id, name, acctbal FROM tpch.tiny.customer"


def test_a_wrong_password_is_final_and_nowhere(connection, parts, caplog, capfd):
    connection("lake", **parts, password=WRONG)
    query = MoltresQueryOperator(task_id="query", conn_id="lake", query=many)
    with pytest.raises(AirflowFailException, match="refused the connection") as caught:
        query.execute({"ti": Instance()})
    shown = f"{caught.value!r} {caught.value.__cause__!r} {caught.value.__context__!r} {caplog.text} {query!r}"
    assert WRONG not in shown + "".join(capfd.readouterr())


def test_what_a_connection_cannot_mean_is_refused_at_once(connection, parts):
    extra = {**parts["extra"], "protocol": "http", "auth": "ldap", "verfy": True, "isolation_level": "SERIALIZABLE"}
    connection("lake", **{**parts, "extra": extra}, password="x")
    with pytest.raises(AirflowFailException) as caught:
        MoltresQueryOperator(task_id="query", conn_id="lake", query=many).execute({"ti": Instance()})
    for part in ("'verfy'", "Did you mean 'verify'", "'ldap'", "isolation_level", "must be https"):
        assert part in str(caught.value)


def test_tags_and_properties_of_a_connection_reach_the_server(iceberg_url, connection, parts, trino):
    extra = {**parts["extra"], "source": "reports", "client_tags": ["vip"], "timezone": "Europe/Berlin"}
    extra["session_properties"] = {"query_max_run_time": "7m"}
    connection("lake", **{**parts, "extra": extra}, password=trino.secured.password)
    query = MoltresQueryOperator(
        task_id="query", conn_id="lake", query=lambda db: db.sql("SELECT current_timezone() AS zone, 'mine' AS mark")
    )
    instance = Instance(dag_id="nightly", task_id="query", run_id="manual__tags")
    assert query.execute({"ti": instance}) == [{"zone": "Europe/Berlin", "mark": "mine"}]
    assert any("'mine' AS mark" in statement for _, statement in named_by(iceberg_url, "reports"))
    session = session_of(iceberg_url, "reports", "'mine' AS mark")
    assert session["source"] == "reports"
    assert {"vip", "airflow", "dag_id=nightly", "task_id=query", "run_id=manual__tags"} <= {*session["clientTags"]}
    assert session["systemProperties"]["query_max_run_time"] == "7m"


def test_rows_of_a_table_are_read_by_the_next_task_from_the_cluster(iceberg_url):
    instance = Instance(task_id="query")
    dsn = text_of(iceberg_url)
    MoltresQueryOperator(task_id="query", dsn=dsn, query=many, handoff="table").execute({"ti": instance})
    instance.task_id = "write"
    write = MoltresToTableOperator(
        task_id="write", dsn=dsn, table_name="copies", mode="overwrite", input_task_id="query", drop_staged=True
    )
    assert write.execute({"ti": instance})["rows_written"] == 1500
    with connect(iceberg_url) as db:
        assert db.tables() == ["copies"]
        assert db.table("copies").count() == 1500


def test_checks_that_fail_end_the_task(iceberg_url):
    check = MoltresDataQualityOperator(
        task_id="check", dsn=text_of(iceberg_url), query=many, checks=[{"type": "in_range", "column": "id", "max": 10}]
    )
    with pytest.raises(AirflowException, match="in_range_id"):
        check.execute({"ti": Instance()})
