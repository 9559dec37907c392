"""Writes that are killed at random moments; `benchmarks/kills.py` does the same hundreds of times in every mode."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from sqlalchemy import URL

PROGRAM = Path(__file__).resolve().parents[2] / "benchmarks" / "kills.py"


@pytest.mark.timeout(300)
def test_kills_leave_old_rows_or_new_ones(database_url: URL) -> None:
    ways = ["overwrite-columns", "rejects", "scd2"]
    url = database_url.render_as_string(hide_password=False)
    command = [sys.executable, str(PROGRAM), url, "--kills", "1", "--ways", *ways]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("1 kills") == len(ways)
