"""The operators alone: ``execute()`` with XComs kept as Airflow keeps them."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from airflow.sdk.exceptions import AirflowException

from moltres.errors import ConfigurationError
from moltres_airflow import MoltresDataQualityOperator, MoltresQueryOperator, MoltresToTableOperator
from support.adapter_conformance import AdapterConformance
from support.airflow import Instance

if TYPE_CHECKING:
    from collections.abc import Iterator


class TestOperators(AdapterConformance):
    failures = (AirflowException, ConfigurationError)

    @pytest.fixture(autouse=True)
    def _stores(self, caplog):
        caplog.set_level(logging.DEBUG)
        self.instances: list[Instance] = []

    def instance(self, task_id: str) -> Instance:
        # Each is another run, for what a scenario writes twice shall be there twice.
        self.instances.append(Instance(task_id=task_id, run_id=f"run-{len(self.instances)}"))
        return self.instances[-1]

    def run_query(self, dsn, query, **options):
        instance = self.instance("query")
        MoltresQueryOperator(task_id="query", dsn=dsn, query=query, **options).execute({"ti": instance})
        (value,) = instance.xcom_pull(["query"], "query")
        return value

    def run_to_table(self, dsn, table_name, data, **options):
        instance = self.instance("query")
        instance.xcom_push("query", data)
        instance.task_id = "write"
        return self.writer(dsn, table_name, options).execute({"ti": instance})

    def run_quality(self, dsn, query, checks, **options):
        instance = self.instance("quality")
        operator = MoltresDataQualityOperator(task_id="quality", dsn=dsn, query=query, checks=checks, **options)
        report = operator.execute({"ti": instance})
        (pushed,) = instance.xcom_pull(["quality"], "quality_quality_report")
        assert pushed == report.to_dict()
        return pushed

    def write_twice(self, dsn, table_name, data, **options):
        instance = self.instance("query")
        instance.xcom_push("query", data)
        instance.task_id = "write"

        @contextmanager
        def lost() -> Iterator[None]:
            with pytest.raises(ConnectionError, match="worker lost"):
                yield

        def push(key: str, value: Any) -> None:
            raise ConnectionError("worker lost")

        instance.xcom_push, kept = push, instance.xcom_push  # type: ignore[method-assign]
        with lost():
            self.writer(dsn, table_name, options).execute({"ti": instance})
        instance.xcom_push = kept  # type: ignore[method-assign]
        assert self.writer(dsn, table_name, options).execute({"ti": instance})["skipped"] is True

    def persisted(self):
        return str([instance.store for instance in self.instances])

    @staticmethod
    def writer(dsn, table_name, options):
        return MoltresToTableOperator(task_id="write", dsn=dsn, table_name=table_name, input_task_id="query", **options)
