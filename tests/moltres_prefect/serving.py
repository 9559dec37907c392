"""Flows for `test_server.py`, which serves them from a process of their own: with the address in MOLTRES_DSN."""

import os

from prefect import flow

from moltres import connect
from moltres_prefect import moltres_data_quality, moltres_query, moltres_to_table

DSN = os.environ["MOLTRES_DSN"]


@flow
def publish():
    numbers = moltres_query(dsn=DSN, query=lambda db: db.table("numbers"), max_inline_rows=100)
    report = moltres_data_quality(
        dsn=DSN, data=numbers, checks=[{"type": "unique", "column": "id"}], fail_on_error=True
    )
    written = moltres_to_table(dsn=DSN, table_name="copies", data=numbers, drop_staged=True)
    return report["overall_status"], written["rows_written"]


@flow
def called():
    moltres_query(dsn=DSN, query=lambda db: db.sql("SELECT 1 AS id FROM pg_sleep(600)"))


@flow
def submitted():
    moltres_query.submit(dsn=DSN, query=lambda db: db.sql("SELECT 2 AS id FROM pg_sleep(600)")).result()


@flow
def writing():
    with connect(DSN) as db:
        moltres_to_table(
            dsn=DSN, table_name="numbers", data=db.sql("SELECT 3 AS id FROM pg_sleep(600)"), mode="overwrite"
        )


if __name__ == "__main__":
    from prefect import serve

    serve(*(each.to_deployment(name="test") for each in (publish, called, submitted, writing)))
