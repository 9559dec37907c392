"""The example runs as it is."""

import subprocess
import sys
from pathlib import Path

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "27_airflow_integration.py"


def test_the_example_runs(tmp_path):
    done = subprocess.run(
        [sys.executable, "-W", "error::UserWarning", EXAMPLE], check=False, cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert [line.split()[:2] for line in lines[:9]] == [
        ["quick_start", "success"],
        ["quality_gate", "failed"],  # as it should: two of its orders are wrong
        ["etl_pipeline", "success"],
        ["large_handoff", "success"],
        ["parallel", "success"],
        ["conditional", "success"],
        ["idempotent", "success"],
        ["idempotent", "success"],
        ["idempotent", "success"],
    ]
    assert "alert success" in lines[5]
    assert "query_sound skipped" in lines[5]
    assert [line.split() for line in lines[9:14]] == [
        ["paid_orders", "3", "rows"],
        ["revenue", "2", "rows"],
        ["all_clicks", "25000", "rows"],
        ["by_region", "3", "rows"],
        ["history", "6", "rows"],  # two runs of three rows, one of them run twice
    ]
    assert list(tmp_path.iterdir()) == []
