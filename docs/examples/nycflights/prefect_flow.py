"""The main pipeline under Prefect: check what was reported, publish what passed, run again without duplicates.

python docs/examples/nycflights/prefect_flow.py duckdb:///flights.duckdb report.html
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

from flights import PUBLISHED, REPORTED, departures
from prefect import flow

from moltres import connect
from moltres.integrations.prefect import moltres_data_quality, moltres_query, moltres_to_table

TARGET = "departures_by_prefect"


@flow(log_prints=True)
def publish_departures(dsn: str, report_path: str) -> dict[str, Any]:
    """Gate what was reported; publish the part of it that passes a gate of its own."""
    reported = moltres_data_quality(dsn=dsn, query=lambda db: db.table("flights"), checks=REPORTED)
    Path(report_path).write_text(reported.to_html(), encoding="utf-8")
    # Rows stay where they are: the database makes a table of them, and a reference to it goes from task to task.
    if reported.passed:
        rows = moltres_query(dsn=dsn, query=lambda db: db.table("flights"), handoff="table")
    else:
        # Never published as it was reported. The flights that left for a known airport are another matter.
        rows = moltres_query(dsn=dsn, query=departures, handoff="table")
    checked = moltres_data_quality(dsn=dsn, data=rows, checks=PUBLISHED, fail_on_error=True)
    written = moltres_to_table(dsn=dsn, table_name=TARGET, data=rows, mode="overwrite", drop_staged=True)
    return {"reported": counts(reported), "published": counts(checked), "rows": written["rows_written"]}


def counts(report: Any) -> dict[str, Any]:
    """What the summary shows of a report."""
    return {name: report[name] for name in ("overall_status", "total_checks", "failed_checks", "warning_checks")} | {
        "faults": {result.check_name: result.failed_rows for result in report.results if not result.passed}
    }


def main() -> None:
    """Run the flow twice and say what came of it, as one line of JSON."""
    dsn, report = sys.argv[1:]
    runs = []
    for _ in range(2):
        started = time.perf_counter()
        outcome = publish_departures(dsn, report)
        with connect(dsn) as db:
            runs.append({**outcome, "in_table": db.table(TARGET).count(), "seconds": time.perf_counter() - started})
    print(json.dumps(runs))


if __name__ == "__main__":
    main()
