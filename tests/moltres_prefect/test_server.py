"""On a real server, with a runner that serves flows from a process of its own, as in production."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa
from prefect.client.base import PrefectHttpxSyncClient
from prefect.settings import PREFECT_API_URL

from support.adapter_conformance import rows_of, tables_of
from support.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

SERVING = Path(__file__).with_name("serving.py")
PASSWORD = "pw-of-the-dsn"  # which the server does not ask for


def stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGINT)
    try:
        process.wait(30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@pytest.fixture
def api(prefect_server: None, postgresql_dsn: str, tmp_path: Path) -> Iterator[httpx.Client]:
    """A client of the server of the tests, and a process that serves the flows of `serving.py` for it.

    The client asks again where the server is too busy to answer.
    """
    with_password = sa.make_url(postgresql_dsn).set(password=PASSWORD).render_as_string(hide_password=False)
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")},
        "PREFECT_HOME": str(tmp_path / "prefect"),
        "PREFECT_API_URL": PREFECT_API_URL.value(),
        "PREFECT_RUNNER_POLL_FREQUENCY": "1",
        "DO_NOT_TRACK": "1",
        "MOLTRES_DSN": with_password,
    }
    log = tmp_path / "runner.log"
    with log.open("wb") as output, PrefectHttpxSyncClient(base_url=PREFECT_API_URL.value()) as client:
        runner = subprocess.Popen([sys.executable, SERVING], env=environment, stdout=output, stderr=output)

        def served() -> bool:
            assert runner.poll() is None, log.read_text()
            return len(client.post("/deployments/filter", json={}).json()) == 4

        try:
            until(served, "the runner")
            yield client
        finally:
            stop(runner)


def start(api: httpx.Client, flow: str) -> str:
    deployment = api.get(f"/deployments/name/{flow}/test").raise_for_status().json()["id"]
    return str(api.post(f"/deployments/{deployment}/create_flow_run", json={}).raise_for_status().json()["id"])


def state(api: httpx.Client, run: str) -> str:
    return str(api.get(f"/flow_runs/{run}").json()["state"]["type"])


def logs(api: httpx.Client, run: str) -> str:
    return api.post("/logs/filter", json={"logs": {"flow_run_id": {"any_": [run]}}, "limit": 200}).text


def test_flows_run_and_are_cancelled_down_to_the_database(api: httpx.Client, postgresql_dsn: str) -> None:
    run = start(api, "publish")
    until(lambda: state(api, run) in ("COMPLETED", "FAILED", "CRASHED"), "the flow run")
    assert state(api, run) == "COMPLETED"
    assert len(rows_of(postgresql_dsn, "copies")) == 500
    assert tables_of(postgresql_dsn) == {"users", "numbers", "copies", "moltres_loads"}
    left = {"artifacts": {"flow_run_id": {"any_": [run]}}}
    assert len(api.post("/artifacts/filter", json=left).json()) == 1
    # Prefect sends them in batches, also after the end of the run.
    until(lambda: "written to copies" in logs(api, run), "the logs")
    assert PASSWORD not in logs(api, run)

    engine = sa.create_engine(postgresql_dsn, isolation_level="AUTOCOMMIT")
    with engine.connect() as watcher:
        sleeping = sa.text(
            "SELECT substring(query FROM '([0-9]) AS id FROM pg_sleep') FROM pg_stat_activity"
            " WHERE datname = current_database() AND state = 'active' AND pid <> pg_backend_pid()"
            " AND query LIKE '%pg_sleep%'"
        )
        flows = {"called": "1", "submitted": "2", "writing": "3"}  # and the number that its query selects
        runs = {flow: start(api, flow) for flow in flows}  # side by side: most of the time processes start
        until(lambda: set(watcher.execute(sleeping).scalars()) == set(flows.values()), "the queries")
        for flow, run in runs.items():
            cancelling = {"state": {"type": "CANCELLING"}, "force": True}
            api.post(f"/flow_runs/{run}/set_state", json=cancelling).raise_for_status()
            until(
                lambda flow=flow: flows[flow] not in watcher.execute(sleeping).scalars().all(),
                f"the end of the query of {flow}",
            )
        for flow, run in runs.items():
            until(lambda run=run: state(api, run) == "CANCELLED", f"the end of {flow}")
    engine.dispose()
    assert len(rows_of(postgresql_dsn, "numbers")) == 500
