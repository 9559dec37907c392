"""Moltres in Airflow: query, check and publish rows inside the database.

Run it as it is; it makes a small shop in SQLite and an Airflow of its own in a temporary folder, and runs every DAG::

    python docs/examples/27_airflow_integration.py

Or copy it into the DAGs folder of your Airflow 3 and set SHOP_DSN to the URL of a database with such tables.
"""

import os
import shutil
import tempfile
from datetime import UTC, datetime
from pathlib import Path

if __name__ == "__main__":
    # Airflow reads its settings when it is imported, so this comes first.
    HOME = Path(tempfile.mkdtemp(prefix="moltres-airflow-"))
    (HOME / "dags").mkdir()
    (HOME / "dags" / "shop.py").write_text(Path(__file__).read_text())
    os.environ |= {
        "AIRFLOW_HOME": str(HOME),
        "AIRFLOW__CORE__DAGS_FOLDER": str(HOME / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "CRITICAL",
        "SHOP_DSN": f"sqlite:///{HOME / 'shop.db'}",
    }


from airflow.sdk import DAG, task

from moltres import col, connect, func
from moltres.integrations.airflow import (
    ETLPipeline,
    MoltresDataQualityOperator,
    MoltresQueryOperator,
    MoltresToTableOperator,
)
from moltres.integrations.data_quality import DataQualityCheck

SHOP = os.environ.get("SHOP_DSN", "sqlite:///shop.db")
REGIONS = ["north", "south", "west"]
SOUND_ORDERS = [
    DataQualityCheck.column_not_null("customer"),
    DataQualityCheck.column_range("amount", min=0),
    DataQualityCheck.column_unique("id"),
]


def paid_orders(db):
    return db.table("orders").select().where(col("status") == "paid")


def all_orders(db):
    return db.table("orders").select()


# Quick start: rows of a query go to a table. Few rows travel through XCom, with their types.
with DAG("quick_start", schedule=None, tags=["moltres"]) as quick_start:
    query = MoltresQueryOperator(task_id="query_orders", dsn=SHOP, query=paid_orders, output_key="paid_orders")
    write = MoltresToTableOperator(
        task_id="write_orders", dsn=SHOP, table_name="paid_orders", input_key="paid_orders", mode="overwrite"
    )
    query >> write


# Quality gate: nothing is published unless the rows are right. The failing task leaves its report in XCom.
with DAG("quality_gate", schedule=None, tags=["moltres"]) as quality_gate:
    query = MoltresQueryOperator(task_id="query", dsn=SHOP, query=all_orders)
    check = MoltresDataQualityOperator(task_id="check", dsn=SHOP, checks=SOUND_ORDERS)
    publish = MoltresToTableOperator(task_id="publish", dsn=SHOP, table_name="sound_orders", mode="overwrite")
    query >> check >> publish


# ETLPipeline: extract, transform, check and load in one task; the target changes only if the checks pass.
with DAG("etl_pipeline", schedule=None, tags=["moltres"]) as etl_pipeline:

    @task
    def revenue_by_region():
        with connect(SHOP) as db:
            result = ETLPipeline(
                extract=lambda: paid_orders(db),
                transform=lambda df: df.group_by("region").agg(revenue=func.sum(col("amount")), orders=func.count()),
                load=lambda df: df.write.save_as_table("revenue", mode="overwrite"),
                checks=[DataQualityCheck.column_range("revenue", min=0), DataQualityCheck.row_count(min=1)],
            ).execute()
        return result.rows

    revenue_by_region()


# Many rows: they stay in the database as a staged table, XCom holds a reference, and each task reads them in place.
with DAG("large_handoff", schedule=None, tags=["moltres"]) as large_handoff:
    query = MoltresQueryOperator(
        task_id="query", dsn=SHOP, query=lambda db: db.table("clicks").select(), max_inline_rows=1_000
    )
    check = MoltresDataQualityOperator(task_id="check", dsn=SHOP, checks=[DataQualityCheck.column_unique("id")])
    write = MoltresToTableOperator(
        task_id="write", dsn=SHOP, table_name="all_clicks", mode="overwrite", drop_staged=True
    )
    query >> check >> write


# Parallel: one query for each region, run side by side; what they hand over is put together again.
with DAG("parallel", schedule=None, tags=["moltres"]) as parallel:
    queries = MoltresQueryOperator.partial(task_id="query", dsn=SHOP).expand(
        query=[lambda db, region=region: paid_orders(db).where(col("region") == region) for region in REGIONS]
    )
    write = MoltresToTableOperator(task_id="write", dsn=SHOP, table_name="by_region", mode="overwrite")
    queries >> write


# Conditional: the report decides which way the DAG goes.
with DAG("conditional", schedule=None, tags=["moltres"]) as conditional:
    check = MoltresDataQualityOperator(
        task_id="check", dsn=SHOP, query=all_orders, checks=SOUND_ORDERS, fail_on_error=False
    )

    @task.branch
    def decide(report):
        return "query_sound" if report["overall_status"] == "passed" else "alert"

    @task
    def alert(report):
        return [result["message"] for result in report["results"] if not result["passed"]]

    query = MoltresQueryOperator(task_id="query_sound", dsn=SHOP, query=all_orders)
    write = MoltresToTableOperator(task_id="write_sound", dsn=SHOP, table_name="branch_orders", mode="overwrite")
    decide(check.output) >> [query, alert(check.output)]
    query >> write


# Idempotent: the same run again, retried or cleared, appends nothing a second time; the next run appends its own.
with DAG("idempotent", schedule=None, tags=["moltres"]) as idempotent:
    query = MoltresQueryOperator(task_id="query", dsn=SHOP, query=paid_orders)
    append = MoltresToTableOperator(task_id="append", dsn=SHOP, table_name="history", mode="append", retries=2)
    query >> append


def make_shop() -> None:
    with connect(SHOP) as db:
        orders = [
            {"id": 1, "customer": "Ada", "region": "north", "amount": 120.5, "status": "paid"},
            {"id": 2, "customer": "Grace", "region": "south", "amount": 80.0, "status": "paid"},
            {"id": 3, "customer": None, "region": "west", "amount": 12.0, "status": "open"},
            {"id": 4, "customer": "Edsger", "region": "west", "amount": -3.0, "status": "open"},
            {"id": 5, "customer": "Barbara", "region": "north", "amount": 42.0, "status": "paid"},
        ]
        db.write(orders).save_as_table("orders")
        db.write([{"id": number, "page": number % 97} for number in range(25_000)]).save_as_table("clicks")


def report(dag: DAG, **when: datetime) -> None:
    """Run a DAG and print what became of its tasks."""
    run = dag.test(**when)
    tasks = [
        f"{one.task_id}{'' if one.map_index < 0 else f'[{one.map_index}]'} {one.state}"
        for one in run.get_task_instances()
    ]
    print(f"{dag.dag_id:<14} {run.state!s:<8} {', '.join(sorted(tasks))}")


def main() -> None:
    from airflow.utils.db import initdb

    initdb()
    make_shop()
    for dag in (quick_start, quality_gate, etl_pipeline, large_handoff, parallel, conditional):
        report(dag)
    today = datetime(2026, 11, 1, tzinfo=UTC)
    tomorrow = datetime(2026, 11, 2, tzinfo=UTC)
    for day in (today, today, tomorrow):
        report(idempotent, logical_date=day, run_after=day)
    with connect(SHOP) as db:
        for table in ("paid_orders", "revenue", "all_clicks", "by_region", "history"):
            print(f"{table:<14} {db.table(table).count():>6} rows")
        assert "sound_orders" not in db.tables(), "the gate let wrong rows through"
    print("sound_orders   was not published: two of five orders are wrong")


if __name__ == "__main__":
    try:
        main()
    finally:
        shutil.rmtree(HOME)
