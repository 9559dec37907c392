"""The main pipeline under Airflow: check what was reported, publish what passed, run again without duplicates.

Put it into the folder of your DAGs, or run it as it is, without a server:

    FLIGHTS_DSN=duckdb:////tmp/flights.duckdb python docs/examples/nycflights/airflow_dag.py
"""

from __future__ import annotations

import json
import os
import time
from datetime import UTC, datetime

from airflow.sdk import DAG
from flights import PUBLISHED, REPORTED, departures

from moltres import connect
from moltres.integrations.airflow import MoltresDataQualityOperator, MoltresQueryOperator, MoltresToTableOperator

TARGET = "departures_by_airflow"
DSN = os.environ.get("FLIGHTS_DSN", "duckdb:///flights.duckdb")

with DAG("publish_departures", schedule=None, start_date=datetime(2026, 1, 1, tzinfo=UTC), catchup=False) as dag:
    # Not one of these stops the DAG: what was reported has its faults, and the report says which.
    reported = MoltresDataQualityOperator(
        task_id="reported", dsn=DSN, query=lambda db: db.table("flights"), checks=REPORTED, fail_on_error=False
    )
    # 320 960 rows: they stay in the database, and a reference to them goes from task to task.
    query = MoltresQueryOperator(task_id="departures", dsn=DSN, query=departures)
    gate = MoltresDataQualityOperator(task_id="gate", dsn=DSN, input_task_id="departures", checks=PUBLISHED)
    publish = MoltresToTableOperator(
        task_id="publish", dsn=DSN, table_name=TARGET, input_task_id="departures", mode="overwrite", drop_staged=True
    )
    reported >> query >> gate >> publish


def main() -> None:
    """Run the DAG twice in this process and say what came of it, as one line of JSON."""
    runs = []
    for _ in range(2):
        started = time.perf_counter()
        run = dag.test()
        with connect(DSN) as db:
            rows = db.table(TARGET).count()
        runs.append({"state": str(run.state), "in_table": rows, "seconds": time.perf_counter() - started})
    print(json.dumps(runs))


if __name__ == "__main__":
    main()
