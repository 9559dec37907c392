"""On a real server, with a runner that serves flows from a process of its own, as in production."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
import sqlalchemy as sa

from support.adapter_conformance import rows_of, tables_of
from support.network import free_port
from support.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator

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
def environment(tmp_path: Path) -> dict[str, str]:
    port = free_port()
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")},
        "PREFECT_HOME": str(tmp_path / "prefect"),
        "PREFECT_API_URL": f"http://127.0.0.1:{port}/api",
        "PREFECT_SERVER_API_PORT": str(port),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_RUNNER_POLL_FREQUENCY": "2",
        "DO_NOT_TRACK": "1",
    }


@pytest.fixture
def api(environment: dict[str, str], postgresql_dsn: str, tmp_path: Path) -> Iterator[httpx.Client]:
    """A server, a process that serves the flows of `serving.py`, and a client of the server."""
    prefect = Path(sys.executable).with_name("prefect")
    with (tmp_path / "server.log").open("wb") as log, httpx.Client(base_url=environment["PREFECT_API_URL"]) as client:
        server = subprocess.Popen([prefect, "server", "start"], env=environment, stdout=log, stderr=log)
        runner = None

        def up() -> bool:
            assert server.poll() is None, (tmp_path / "server.log").read_text()
            try:
                return client.get("/health").status_code == httpx.codes.OK
            except httpx.TransportError:
                return False

        try:
            until(up, "the server")
            with_password = sa.make_url(postgresql_dsn).set(password=PASSWORD).render_as_string(hide_password=False)
            serving = {**environment, "MOLTRES_DSN": with_password}
            runner = subprocess.Popen([sys.executable, SERVING], env=serving, stdout=log, stderr=log)
            until(lambda: len(client.post("/deployments/filter", json={}).json()) == 4, "the runner")
            yield client
        finally:
            if runner is not None:
                stop(runner)
            stop(server)


def start(api: httpx.Client, flow: str) -> str:
    deployment = api.get(f"/deployments/name/{flow}/test").raise_for_status().json()["id"]
    return str(api.post(f"/deployments/{deployment}/create_flow_run", json={}).raise_for_status().json()["id"])


def state(api: httpx.Client, run: str) -> str:
    return str(api.get(f"/flow_runs/{run}").json()["state"]["type"])


def logs(api: httpx.Client) -> str:
    return api.post("/logs/filter", json={"limit": 200}).text


def test_flows_run_and_are_cancelled_down_to_the_database(api: httpx.Client, postgresql_dsn: str) -> None:
    run = start(api, "publish")
    until(lambda: state(api, run) in ("COMPLETED", "FAILED", "CRASHED"), "the flow run")
    assert state(api, run) == "COMPLETED"
    assert len(rows_of(postgresql_dsn, "copies")) == 500
    assert tables_of(postgresql_dsn) == {"users", "numbers", "copies", "moltres_loads"}
    assert len(api.post("/artifacts/filter", json={}).json()) == 1
    # Prefect sends them in batches, also after the end of the run.
    until(lambda: "written to copies" in logs(api), "the logs")
    assert PASSWORD not in logs(api)

    engine = sa.create_engine(postgresql_dsn, isolation_level="AUTOCOMMIT")
    with engine.connect() as watcher:
        sleeping = sa.text(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'active'"
            " AND pid <> pg_backend_pid() AND query LIKE '%pg_sleep%'"
        )
        for flow in ("called", "submitted", "writing"):
            run = start(api, flow)
            until(lambda: watcher.execute(sleeping).scalar_one() == 1, f"the query of {flow}")
            cancelling = {"state": {"type": "CANCELLING"}, "force": True}
            api.post(f"/flow_runs/{run}/set_state", json=cancelling).raise_for_status()
            until(lambda: watcher.execute(sleeping).scalar_one() == 0, f"the end of the query of {flow}")
            until(lambda run=run: state(api, run) == "CANCELLED", f"the end of {flow}")
    engine.dispose()
    assert len(rows_of(postgresql_dsn, "numbers")) == 500
