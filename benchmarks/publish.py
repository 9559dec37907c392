"""Publish staged rows of Iceberg by their files, against copying them.

    python benchmarks/publish.py 1000 1000000 10000000

Prints the seconds of staging, of publishing, and of a copy of the same rows, and the ratios between them.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from moltres import col, connect
from moltres.handoff import staged

if TYPE_CHECKING:
    from collections.abc import Callable

    from moltres import Database

ROWS = "SELECT range AS id, range % 1000 AS shop, range * 1.5 AS amount, 'order ' || range AS note FROM range({})"


def seconds(work: Callable[[], Any]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def measured(database: Database, rows: int) -> tuple[float, float, float]:
    """Seconds to stage, to publish and to copy."""
    with connect() as source:
        started = time.perf_counter()
        with staged(database, source.sql(ROWS.format(rows)), name=f"rows {rows}") as (frame, _):
            stage = time.perf_counter() - started
            publish = seconds(lambda: frame.write.save_as_table(f"published_{rows}"))
            # A column that is computed is written anew, as all of them were before.
            copied = frame.with_columns(shop=col("shop") + 0)
            copy = seconds(lambda: copied.write.save_as_table(f"copied_{rows}"))
    assert database.table(f"published_{rows}").count() == rows
    return stage, publish, copy


def main(counts: list[int]) -> None:
    for rows in counts:
        with tempfile.TemporaryDirectory() as folder:
            url = f"iceberg+sqlite:///{folder}/catalog.db?warehouse={Path(folder, 'warehouse').as_uri()}"
            with connect(url) as database:
                stage, publish, copy = measured(database, rows)
        print(
            f"{rows:>10} rows: stage {stage:.2f} s, publish {publish:.3f} s, copy {copy:.2f} s: 1:{copy / publish:.0f}"
        )


if __name__ == "__main__":
    main([int(given) for given in sys.argv[1:]] or [1_000_000, 10_000_000])
