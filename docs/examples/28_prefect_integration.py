"""Moltres in Prefect: query, check and publish rows inside the database.

Run it as it is; it makes a small shop in SQLite, and Prefect's own temporary server, in a temporary folder::

    python docs/examples/28_prefect_integration.py

Or set SHOP_DSN to the URL of a database with such tables, and PREFECT_API_URL to your server.
"""

import os
import tempfile
from pathlib import Path

if __name__ == "__main__":
    # Prefect reads its settings when it is imported, so this comes first.
    HOME = Path(tempfile.mkdtemp(prefix="moltres-prefect-"))
    os.environ.setdefault("PREFECT_HOME", str(HOME / "prefect"))
    os.environ.setdefault("PREFECT_LOGGING_LEVEL", "CRITICAL")  # one flow below fails on purpose, and is retried
    os.environ.setdefault("PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS", "120")  # for slow machines
    os.environ.setdefault("SHOP_DSN", f"sqlite:///{HOME / 'shop.db'}")

from prefect import flow

from moltres import col, connect, func
from moltres.integrations.data_quality import DataQualityCheck
from moltres.integrations.prefect import ETLPipeline, moltres_data_quality, moltres_query, moltres_to_table
from moltres_prefect import moltres_drop_staged

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


@flow
def quick_start():
    """Rows of a query go to a table. Few rows are handed over as they are, with their types."""
    orders = moltres_query(dsn=SHOP, query=paid_orders, retries=2, retry_delay_seconds=1, timeout_seconds=60)
    return moltres_to_table(dsn=SHOP, table_name="paid_orders", data=orders, mode="append")


@flow
def quality_gate():
    """Nothing is published unless the checks pass; the report is kept as an artifact of the run either way."""
    orders = moltres_query(dsn=SHOP, query=paid_orders)
    moltres_data_quality(dsn=SHOP, data=orders, checks=SOUND_ORDERS, fail_on_error=True)
    return moltres_to_table(dsn=SHOP, table_name="sound_orders", data=orders, mode="overwrite")


@flow
def conditional():
    """The flow decides by the report: not all orders have a customer, so only those that do are published."""
    report = moltres_data_quality(dsn=SHOP, query=all_orders, checks=SOUND_ORDERS)
    if report["overall_status"] == "passed":
        orders = moltres_query(dsn=SHOP, query=all_orders)
    else:
        faults = {result["check_name"]: result["failed_rows"] for result in report["results"] if not result["passed"]}
        print("conditional: not published as they are:", faults)
        orders = moltres_query(dsn=SHOP, query=lambda db: all_orders(db).where(col("customer").is_not(None)))
    return moltres_to_table(dsn=SHOP, table_name="published_orders", data=orders, mode="overwrite")


@flow
def etl():
    """Stage, check, publish as one step: what is checked is what is loaded, or nothing is."""
    pipeline = ETLPipeline(
        extract=lambda: connect(SHOP).table("orders"),
        transform=lambda df: df.where(col("status") == "paid").group_by("region").agg(total=func.sum(col("amount"))),
        load=lambda df: df.write.save_as_table("totals", mode="overwrite"),
        checks=[DataQualityCheck.row_count(min=len(REGIONS)), DataQualityCheck.column_unique("region")],
    )
    return pipeline.execute()


@flow
def large_hand_off():
    """Many rows stay in the database: a reference to a staged table goes from task to task."""
    events = moltres_query(dsn=SHOP, query=lambda db: db.table("events").select())  # 20 000 rows
    print("large hand-off:", events.row_count, "rows in", events.kind, events.location[:20] + "…")
    report = moltres_data_quality(dsn=SHOP, data=events, checks=[DataQualityCheck.column_unique("id")])
    written = moltres_to_table(dsn=SHOP, table_name="event_copies", data=events, mode="overwrite")
    moltres_drop_staged(dsn=SHOP, data=events)
    return report["overall_status"], written["rows_written"]


@flow
def parallel():
    """Called tasks run one after the other; submitted ones run side by side."""
    futures = [
        moltres_query.submit(dsn=SHOP, query=lambda db, region=region: paid_orders(db).where(col("region") == region))
        for region in REGIONS
    ]
    return moltres_to_table(dsn=SHOP, table_name="orders_by_region", data=futures, mode="overwrite")


@flow(retries=1)
def idempotent(day, lose=None):
    """A retry adds nothing twice. With a key of the day, neither does another run for the same day."""
    orders = moltres_query(dsn=SHOP, query=paid_orders)
    written = moltres_to_table(dsn=SHOP, table_name="history", data=orders, mode="append", run_key=f"orders {day}")
    if lose:
        lose.pop()
        raise RuntimeError("the worker was lost after the write")
    return written


def make_shop():
    """Orders, of which one has no customer, and many events."""
    with connect(SHOP) as db:
        db.write(
            [
                {
                    "id": number,
                    "customer": None if number == 7 else f"customer {number % 5}",
                    "region": REGIONS[number % len(REGIONS)],
                    "status": "open" if number % 7 == 0 else "paid",
                    "amount": number * 1.5,
                }
                for number in range(1, 31)
            ]
        ).save_as_table("orders", mode="overwrite")
        db.write([{"id": number} for number in range(20_000)]).save_as_table("events", mode="overwrite")


def main():
    make_shop()
    print("quick start:", quick_start())
    print("quality gate:", quality_gate()["rows_written"], "rows")
    print("conditional:", conditional()["rows_written"], "rows")
    result = etl()
    print("etl:", result.rows, "rows,", result.report["overall_status"])
    print("large hand-off:", *large_hand_off())
    print("parallel:", parallel()["rows_written"], "rows")
    print("idempotent, lost and retried:", idempotent("2026-11-22", lose=[1])["skipped"])
    print("idempotent, run again:", idempotent("2026-11-22")["skipped"])
    with connect(SHOP) as db:
        print("history:", db.table("history").count(), "rows; tables:", ", ".join(db.tables()))


if __name__ == "__main__":
    main()
