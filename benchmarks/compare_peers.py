# /// script
# requires-python = ">=3.11"
# dependencies = [
#   "connectorx", "datacompy", "duckdb", "polars", "psycopg2-binary", "pyarrow", "reladiff[duckdb,postgresql]",
# ]
# ///
"""What others take to compare the two tables of `benchmarks/compare.py`, in an environment of their own.

    uv run --no-project benchmarks/compare_peers.py postgresql://user@host:port/database copy.duckdb

Both sides are filled, and rows of one are changed, by ``benchmarks/compare.py --sides … --changes 100``. Every
tool runs in a process of its own, and says how many rows it found to differ.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time

COLUMNS = ("id", "code", "age", "amount", "score", "country", "email", "note", "created", "active")


def by_reladiff(url: str, file: str) -> int:
    from reladiff import connect_to_table, diff_tables

    left = connect_to_table(url, "t", "id")
    right = connect_to_table(f"duckdb://{file}", "t", "id")
    return sum(1 for _ in diff_tables(left, right, extra_columns=COLUMNS[1:], threaded=True))


def by_datacompy(url: str, file: str) -> int:
    import datacompy
    import duckdb
    import polars as pl

    with duckdb.connect(file, read_only=True) as raw:
        right = pl.DataFrame(raw.sql(f"SELECT {', '.join(COLUMNS)} FROM t").to_arrow_table())
    left = pl.read_database_uri(f"SELECT {', '.join(COLUMNS)} FROM t", url, engine="connectorx")
    left = left.cast({name: right.schema[name] for name in COLUMNS})
    found = datacompy.PolarsCompare(left, right, join_columns="id")
    return (
        int(found.intersect_rows.height - found.count_matching_rows())
        + len(found.df1_unq_rows)
        + len(found.df2_unq_rows)
    )


TOOLS = {"reladiff": by_reladiff, "datacompy": by_datacompy}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url")
    parser.add_argument("file")
    parser.add_argument("--tools", nargs="+", choices=TOOLS, default=list(TOOLS))
    parser.add_argument("--one", choices=TOOLS, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        started = time.perf_counter()
        found = TOOLS[given.one](given.url, given.file)
        used = resource.getrusage(resource.RUSAGE_SELF)
        print(
            json.dumps(
                {
                    "seconds": round(time.perf_counter() - started, 2),
                    "client_cpu_seconds": round(used.ru_utime + used.ru_stime, 2),
                    "megabytes": used.ru_maxrss // 1024,
                    "differing": found,
                }
            )
        )
        return
    for tool in given.tools:
        command = [sys.executable, __file__, given.url, given.file, "--one", tool]
        run = subprocess.run(command, capture_output=True, text=True, check=False)
        print(tool, run.stdout.strip() or run.stderr.strip()[-2000:], flush=True)


if __name__ == "__main__":
    main()
