"""Write many rows to Iceberg without a server: seconds and memory of the client, beside PyIceberg's own append.

    python benchmarks/iceberg_writes.py --rows 5000000

Each write runs in a process of its own on a table of as many rows. A merge brings a fiftieth of them: rows of the last
files, or rows of all files (scattered); both add as many new ones as they change, or fewer.
Prints wall and processor seconds, and the most memory that the process held (resident), above what it holds after its
imports in parentheses.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from moltres import connect

ROWS = (
    "SELECT range AS id, range % 1000 AS shop, range * 1.5::DOUBLE AS amount, 'order ' || range AS note FROM range({})"
)
CHANGED = (
    "SELECT range * 100 AS id, range % 1000 AS shop, 0.5::DOUBLE AS amount, 'changed' AS note FROM range({0} // 50)"
)
WAYS = ("pyiceberg-append", "append", "overwrite", "merge", "merge-scattered", "overwrite_partitions")


def megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def by_pyiceberg(folder: str, rows: int) -> None:
    """What a user of PyIceberg writes: all rows in memory, then one append."""
    from pyiceberg.catalog.sql import SqlCatalog

    catalog = SqlCatalog("default", uri=f"sqlite:///{folder}/catalog.db", warehouse=Path(folder, "w").as_uri())
    with connect() as source:
        table = source.sql(ROWS.format(rows)).to_arrow()
        catalog.load_table("default.t").append(table)


def by_moltres(folder: str, rows: int, way: str, memory: str) -> None:
    mode = way.partition("-")[0]
    options = {"merge": {"keys": ["id"]}, "overwrite_partitions": {"partition_by": ["shop"]}}.get(mode, {})
    sql = (CHANGED if mode == "merge" else ROWS).format(rows)
    if way == "merge":  # the last keys: only their files are rewritten
        sql = sql.replace("range * 100 AS id", f"{rows} - 1 - range AS id")
    if way == "overwrite_partitions":
        sql += " WHERE range % 1000 < 10"
    url = f"iceberg+sqlite:///{folder}/catalog.db?warehouse={Path(folder, 'w').as_uri()}"
    own = {"config": {"memory_limit": "200MB", "threads": 1}}
    with connect(url, connect_args={"config": {"memory_limit": memory}}) as db, connect(connect_args=own) as source:
        db.write(source.sql(sql)).save_as_table("t", mode=mode, **options)  # type: ignore[arg-type]


def measured(folder: str, rows: int, way: str, memory: str) -> str:
    import pyarrow.parquet  # noqa: F401 - what every way imports
    import pyiceberg.io.pyarrow  # noqa: F401

    before, started, used = megabytes(), time.perf_counter(), seconds()
    if way == "pyiceberg-append":
        by_pyiceberg(folder, rows)
    elif way == "prepare":
        by_moltres(folder, rows, "append", memory)
    else:
        by_moltres(folder, rows, way, memory)
    wall = time.perf_counter() - started
    return (
        f"{way:20} {rows:>10} rows: {wall:6.1f} s, {seconds() - used:6.1f} s of processors,"
        f" {megabytes():4.0f} MB ({megabytes() - before:+.0f})"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--ways", nargs="*", choices=WAYS, default=list(WAYS))
    parser.add_argument("--memory", default="1GiB", help="what DuckDB may hold; default: 1GiB, as moltres lets it")
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        print(measured(given.one[0], given.rows, given.one[1], given.memory), flush=True)
        return
    with tempfile.TemporaryDirectory() as folder:
        for way in ("prepare", *given.ways):
            options = ["--rows", str(given.rows), "--memory", given.memory, "--one", folder, way]
            subprocess.run([sys.executable, __file__, *options], check=True)


if __name__ == "__main__":
    main()
