"""One real Airflow: scheduler, DAG processor, workers and API server, asked through its REST API."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from moltres.handoff import decode
from support.adapter_conformance import make_users, rows_of, text_of
from support.network import free_ports
from support.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator

PASSWORD = token_hex(8)
_LONG = 600  # seconds: a busy machine may take minutes to start half a dozen processes

DAGS = """
import os

from airflow.sdk import DAG
from moltres import col
from moltres.integrations.airflow import MoltresDataQualityOperator, MoltresQueryOperator, MoltresToTableOperator
from moltres.integrations.data_quality import DataQualityCheck

SHOP = os.environ["SHOP_DSN"]


def users(db):
    return db.table("users").where(col("active") == True).select("id", "name", "balance")


with DAG("publish"):
    query = MoltresQueryOperator(task_id="query", dsn=SHOP, query=users)
    check = MoltresDataQualityOperator(
        task_id="check", dsn=SHOP, query=users, checks=[DataQualityCheck.column_not_null("name")]
    )
    write = MoltresToTableOperator.partial(task_id="write", dsn=SHOP).expand(table_name=["first", "second"])
    query >> check >> write

with DAG("gate"):
    MoltresDataQualityOperator(
        task_id="check",
        dsn=SHOP,
        query=lambda db: db.table("users").select(),
        checks=[DataQualityCheck.column_not_null("email")],
        retries=3,
    ) >> MoltresToTableOperator(task_id="write", dsn=SHOP, table_name="third")
"""


@dataclass(frozen=True)
class Airflow:
    """A running Airflow and a way to ask it."""

    home: Path
    client: httpx.Client

    def get(self, path: str, **parameters: Any) -> Any:
        return self.client.get(path, params=parameters).raise_for_status().json()

    def run(self, dag_id: str) -> tuple[str, str]:
        """Trigger a run and wait for its end: where it is, and its state."""
        runs = f"dags/{dag_id}/dagRuns"
        answer = self.client.post(runs, json={"logical_date": None}).raise_for_status().json()
        run = f"{runs}/{answer['dag_run_id']}"
        return run, until(lambda: self._end(run), f"the end of {dag_id}", within=_LONG, pause=0.3)

    def _end(self, run: str) -> str | None:
        state = self.get(run)["state"]
        return state if state in ("success", "failed") else None

    def lineage(self, job: str, kind: str) -> list[dict[str, Any]]:
        """The OpenLineage events of a task; a process of its own writes them, a moment later."""
        path = self.home / "lineage"
        lines = path.read_text().splitlines() if path.exists() else []
        events = [json.loads(line) for line in lines]
        return [event for event in events if event["job"]["name"] == job and event["eventType"] == kind]

    def states(self, run: str) -> dict[tuple[str, int], str]:
        return {
            (one["task_id"], one["map_index"]): one["state"]
            for one in self.get(f"{run}/taskInstances")["task_instances"]
        }


@contextmanager
def standalone(home: Path, dsn: str) -> Iterator[Airflow]:
    """``airflow standalone`` with a home of its own."""
    (home / "dags").mkdir(parents=True)
    (home / "dags" / "shop.py").write_text(DAGS)
    port, worker_logs, trigger_logs = free_ports(3)
    settings = {
        "AIRFLOW_HOME": home,
        "AIRFLOW__CORE__DAGS_FOLDER": home / "dags",
        "AIRFLOW__CORE__LOAD_EXAMPLES": False,
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": False,
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{port}/execution/",
        "AIRFLOW__CORE__PARALLELISM": 2,
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": port,
        "AIRFLOW__API__WORKERS": 1,
        "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT": worker_logs,
        "AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT": trigger_logs,
        "AIRFLOW__OPENLINEAGE__DISABLED": False,
        "AIRFLOW__OPENLINEAGE__NAMESPACE": "tests",
        "AIRFLOW__OPENLINEAGE__TRANSPORT": json.dumps(
            {"type": "file", "log_file_path": str(home / "lineage"), "append": True}
        ),
        "SHOP_DSN": dsn,
        # Half a dozen processes import the same thousand modules: they compile them once.
        "PYTHONDONTWRITEBYTECODE": "",
        "PYTHONPYCACHEPREFIX": home.parent / "bytecode",
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",  # it starts its parts by name
    }
    with (home / "standalone.log").open("w") as log:
        process = subprocess.Popen(
            [Path(sys.executable).with_name("airflow"), "standalone"],
            env=os.environ | {name: str(value) for name, value in settings.items()},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}/api/v2/", timeout=60) as client:
            passwords = home / "simple_auth_manager_passwords.json.generated"

            def alive() -> bool:
                assert process.poll() is None, (home / "standalone.log").read_text()
                try:
                    return passwords.exists() and client.get("version").is_success
                except httpx.TransportError:
                    return False

            until(alive, "the API server", within=_LONG, pause=0.3)
            (username, password), *_ = json.loads(passwords.read_text()).items()
            answer = client.post(
                f"http://127.0.0.1:{port}/auth/token", json={"username": username, "password": password}
            )
            client.headers["Authorization"] = f"Bearer {answer.raise_for_status().json()['access_token']}"
            yield Airflow(home, client)
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@pytest.fixture
def airflow(tmp_path, postgresql_url):
    make_users(postgresql_url)
    with standalone(tmp_path / "home", text_of(postgresql_url.set(password=PASSWORD))) as running:
        yield running


@pytest.mark.timeout(2 * _LONG)
def test_a_live_airflow(airflow, postgresql_url):
    until(lambda: len(airflow.get("dags")["dags"]) == 2, "both DAGs", within=_LONG, pause=0.3)
    assert airflow.get("importErrors")["total_entries"] == 0
    assert "moltres-airflow" in [one["package_name"] for one in airflow.get("providers")["providers"]]

    run, state = airflow.run("publish")
    assert (state, airflow.states(run)) == (
        "success",
        {("query", -1): "success", ("check", -1): "success", ("write", 0): "success", ("write", 1): "success"},
    )
    assert len(rows_of(postgresql_url, "first")) == len(rows_of(postgresql_url, "second")) == 3
    value = airflow.get(f"{run}/taskInstances/query/xcomEntries/query", deserialize=False)["value"]
    rows = decode(json.loads(value) if isinstance(value, str) else value)
    assert [row["name"] for row in rows] == ["Ada", "Grace", 'Bobby "x"; DROP']
    assert [one["key"] for one in airflow.get(f"{run}/taskInstances/query/xcomEntries")["xcom_entries"]] == ["query"]
    written = airflow.get(f"{run}/taskInstances/write/xcomEntries/write", map_index=1, deserialize=True)["value"]
    assert "second" in str(written)
    log = str(airflow.get(f"{run}/taskInstances/check/logs/1", full_content=True))
    assert "not_null_name" in log

    run, state = airflow.run("gate")
    assert (state, airflow.states(run)) == ("failed", {("check", -1): "failed", ("write", -1): "upstream_failed"})
    instance = airflow.get(f"{run}/taskInstances/check")
    assert instance["try_number"] == 1
    report = airflow.get(f"{run}/taskInstances/check/xcomEntries/check_quality_report", deserialize=True)["value"]
    assert "failed" in str(report)
    assert "not_null_email" in str(report)
    log = str(airflow.get(f"{run}/taskInstances/check/logs/1", full_content=True))
    assert "CheckFailedError" in log

    until(lambda: airflow.lineage("gate.check", "FAIL") and airflow.lineage("publish.write", "COMPLETE"), "the lineage")
    (failed,) = airflow.lineage("gate.check", "FAIL")
    (read,) = failed["inputs"]
    assert read["name"] == f"{postgresql_url.database}.public.users"
    (assertion,) = read["inputFacets"]["dataQualityAssertions"]["assertions"]
    assert (assertion["assertion"], assertion["column"], assertion["success"]) == ("not_null_email", "email", False)
    for event in airflow.lineage("publish.write", "COMPLETE"):
        (output,) = event["outputs"]
        assert output["outputFacets"]["outputStatistics"]["rowCount"] == 3

    # Neither the metadata database, nor a log, nor an event holds the password.
    files = [path for path in airflow.home.rglob("*") if path.is_file()]
    assert len([path for path in files if path.suffix == ".log"]) > 4
    assert [path for path in files if PASSWORD.encode() in path.read_bytes()] == []
