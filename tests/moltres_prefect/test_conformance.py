"""Prefect does what every adapter must do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from prefect import flow
from prefect.client.orchestration import get_client

from dq_core.errors import DataQualityError
from moltres.errors import MoltresError
from moltres_prefect import moltres_data_quality, moltres_query, moltres_to_table
from support.adapter_conformance import AdapterConformance

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class TestPrefect(AdapterConformance):
    failures = (MoltresError, DataQualityError)
    # A flow run takes a second of Prefect's own, and the adapter does the same on every database.
    most_cases = 1
    takes_turns = True

    def run_query(self, dsn: str, query: Callable[..., Any], **options: Any) -> Any:
        @flow
        def alone() -> Any:
            return moltres_query(dsn=dsn, query=query, **options)

        return alone()

    def run_to_table(self, dsn: str, table_name: str, data: Any, **options: Any) -> Mapping[str, Any]:
        @flow
        def alone() -> Any:
            return moltres_to_table(dsn=dsn, table_name=table_name, data=data, **options)

        return alone()

    def run_quality(self, dsn: str, query: Callable[..., Any], checks: list[Any], **options: Any) -> Mapping[str, Any]:
        @flow
        def alone() -> Any:
            return moltres_data_quality(dsn=dsn, query=query, checks=checks, **options)

        return alone()

    def write_twice(self, dsn: str, table_name: str, data: Any, **options: Any) -> None:
        attempts = []

        @flow(retries=1)
        def fails_once() -> None:
            moltres_to_table(dsn=dsn, table_name=table_name, data=data, **options)
            attempts.append(1)
            if len(attempts) == 1:
                raise RuntimeError("lost after the write")

        fails_once()
        assert len(attempts) == 2

    def persisted(self) -> str:
        with get_client(sync_client=True) as client:
            flow_runs = client.read_flow_runs()
            task_runs = client.read_task_runs()
            artifacts = client.request("POST", "/artifacts/filter", json={}).text
            logs = client.request("POST", "/logs/filter", json={"limit": 200}).text
        return f"{flow_runs} {task_runs} {artifacts} {logs}"
