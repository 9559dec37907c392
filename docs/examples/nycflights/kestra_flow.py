"""The main pipeline for Kestra: a flow that profiles and checks the published rows, and the same check run directly.

The flow is started with the file of rows, so that it runs on any server, whatever folders that has.

python docs/examples/nycflights/kestra_flow.py duckdb:///flights.duckdb departures flights.yaml
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from flights import PUBLISHED

from moltres import connect
from truthound_kestra.flows import InputConfig, generate_quality_pipeline
from truthound_kestra.scripts import CheckScriptConfig, check_quality_script


def main() -> None:
    """Export the published rows, write the flow that checks them, and run its check; say what came of it as JSON."""
    dsn, table, flow_file = sys.argv[1:]
    rows_file = Path(flow_file).with_suffix(".parquet").resolve()
    with connect(dsn) as db:
        db.table(table).write.parquet(rows_file)
    # A file has no other tables to refer to.
    rules = [check.to_dict() for check in PUBLISHED if check.kind != "foreign_key"]
    flow = generate_quality_pipeline(
        flow_id="published_departures",
        namespace="flights",
        inputs=(InputConfig(name="departures", type="FILE", description="The published departures, as Parquet."),),
        input_uri="{{ inputs.departures }}",
        input_format="parquet",
        rules=rules,
        engine_name="dq_core",
    )
    Path(flow_file).write_text(flow, encoding="utf-8")
    started = time.perf_counter()
    result = check_quality_script(
        data_uri=str(rows_file), config=CheckScriptConfig(engine_name="dq_core", rules=tuple(rules))
    )
    outcome = {"status": result.status, "passed": result.passed_count, "failed": result.failed_count}
    print(json.dumps({**outcome, "seconds": time.perf_counter() - started, "lines": len(flow.splitlines())}))


if __name__ == "__main__":
    main()
