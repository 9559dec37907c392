"""One table from DuckDB to PostgreSQL: moltres against a hand-written COPY, row by row, and against pandas.

    python benchmarks/transfer.py                      # 1 M rows, five rounds
    python benchmarks/transfer.py --rows 100000 --rounds 3

Each run is a process of its own. The contenders take turns, and each ratio is the median over the rounds, so that a
machine that slows down in the middle slows all of them. Times include imports, from compiled bytecode. pandas is slow
and runs once. All must move the same rows.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

MAKE = """
CREATE TABLE orders AS SELECT
    i AS id,
    md5(i::VARCHAR)[:20] AS code,
    ((i * 2654435761 >> 13) % 100)::INTEGER AS quantity,
    ((i * 2246822519 >> 11) % 1000000) / 100 AS weight,
    (((i * 3266489917 >> 9) % 10000000) / 100)::DECIMAL(12, 2) AS price,
    CASE WHEN i % 10 <> 3 THEN 'a note, "quoted", number ' || i % 5000 END AS note,
    i % 7 = 0 AS express,
    TIMESTAMP '2026-01-01' + INTERVAL (i % 31536000) SECOND AS ordered
FROM range({rows}) AS t(i)
"""
COLUMNS = (
    "id bigint, code text, quantity integer, weight double precision, price numeric(12, 2), note text, express boolean,"
    " ordered timestamp"
)
CHECK = (
    "SELECT count(*), sum(id), sum(quantity), sum(price), count(note), count(*) FILTER (WHERE express), max(ordered)"
    " FROM orders"
)
TARGET_RATIO = 0.6
TARGET_MEGABYTES = 300


@dataclass(frozen=True)
class Run:
    """What one process measured."""

    seconds: float
    megabytes: float


def by_moltres(source: str, target: str) -> None:
    """One line."""
    from moltres import connect

    with connect(f"duckdb:///{source}") as here, connect(target) as there:
        there.write(here.table("orders")).save_as_table("orders", mode="overwrite")


def by_hand(source: str, target: str) -> None:
    """What people write today: fetch from DuckDB, COPY into PostgreSQL, row by row."""
    import duckdb
    import psycopg

    rows = duckdb.connect(source, read_only=True).execute("SELECT * FROM orders")
    with psycopg.connect(target.replace("+psycopg", "")) as connection, connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS orders")
        cursor.execute(f"CREATE TABLE orders ({COLUMNS})")
        with cursor.copy("COPY orders FROM STDIN") as copy:
            while batch := rows.fetchmany(10_000):
                for row in batch:
                    copy.write_row(row)


def by_pandas(source: str, target: str) -> None:
    """`to_sql`, with the chunks that its documentation recommends for large tables."""
    import duckdb
    from sqlalchemy import create_engine

    frame = duckdb.connect(source, read_only=True).execute("SELECT * FROM orders").df()
    frame.to_sql("orders", create_engine(target), if_exists="replace", index=False, chunksize=10_000)


CONTENDERS: dict[str, Callable[[str, str], None]] = {"moltres": by_moltres, "by hand": by_hand, "pandas": by_pandas}


def peak() -> float:
    """The most memory this process ever had, in MB; of itself alone, not of what it was forked from."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def run_one(name: str, source: str, target: str) -> None:
    started = time.perf_counter()
    CONTENDERS[name](source, target)
    print(json.dumps({"seconds": time.perf_counter() - started, "megabytes": peak()}))


def measure(name: str, source: str, target: str) -> Run:
    command = [sys.executable, __file__, "--one", name, "--source", source, "--target", target]
    # Bytecode is kept beside the source's file, also where the environment says that none shall be written.
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTHONPYCACHEPREFIX"] = str(Path(source).with_name("bytecode"))
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    return Run(**json.loads(done.stdout))


def arrived(target: str) -> object:
    import psycopg

    with psycopg.connect(target.replace("+psycopg", "")) as connection:
        found = connection.execute(CHECK).fetchone()
        # No run shall pay for the rows that the one before it left dead.
        connection.execute("DROP TABLE orders")
    return found


def compare(rows: int, rounds: int) -> None:
    import duckdb

    from support.postgresql import postgresql_server

    runs: dict[str, list[Run]] = {name: [] for name in CONTENDERS}
    with tempfile.TemporaryDirectory() as folder, postgresql_server() as server:
        source, few = (str(Path(folder, f"{name}.duckdb")) for name in ("orders", "few"))
        target = server.url().render_as_string()
        for path, number in ((few, 1000), (source, rows)):
            with duckdb.connect(path) as connection:
                connection.execute(MAKE.format(rows=number))
                expected = connection.execute(CHECK).fetchone()
        for name in CONTENDERS:  # once, so that bytecode is compiled and libraries are in the system's cache
            measure(name, few, target)
            arrived(target)
        for number in range(rounds):
            names = ["moltres", "by hand"] if number % 2 == 0 else ["by hand", "moltres"]
            for name in [*names, *(["pandas"] if number == 0 else [])]:
                runs[name].append(measure(name, source, target))
                found = arrived(target)
                # pandas makes floats of decimals: the sum of the prices is only about the same.
                assert name == "pandas" or found == expected, f"{name}: {found}, not {expected}"
    report(rows, runs)


def report(rows: int, runs: dict[str, list[Run]]) -> None:
    print(f"{rows:,} rows, 8 columns, DuckDB to PostgreSQL\n")
    print(f"{'':10} {'seconds':>8} {'ratio':>6} {'peak MB':>8}")
    for name, found in runs.items():
        pairs = zip(found, runs["by hand"], strict=False)
        ratio = statistics.median(run.seconds / hand.seconds for run, hand in pairs)
        seconds = statistics.median(run.seconds for run in found)
        print(f"{name:10} {seconds:8.2f} {ratio:6.2f} {max(run.megabytes for run in found):8.0f}")
    ours = runs["moltres"]
    ratio = statistics.median(a.seconds / b.seconds for a, b in zip(ours, runs["by hand"], strict=True))
    megabytes = max(run.megabytes for run in ours)
    held = "held" if ratio <= TARGET_RATIO and megabytes <= TARGET_MEGABYTES else "MISSED"
    print(f"\ntarget: at most {TARGET_RATIO} of the time by hand and {TARGET_MEGABYTES} MB: {held}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--one", choices=CONTENDERS, help=argparse.SUPPRESS)
    parser.add_argument("--source", help=argparse.SUPPRESS)
    parser.add_argument("--target", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        run_one(given.one, given.source, given.target)
    else:
        compare(given.rows, given.rounds)


if __name__ == "__main__":
    main()
