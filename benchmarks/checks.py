"""Ten checks: dq_core against one hand-written query, on Parquet, PostgreSQL and SQLite.

    python benchmarks/checks.py                       # 10 M rows of Parquet, 1 M rows in the databases
    python benchmarks/checks.py --rows 1000000 --pairs 3 --on parquet

Each run is a process of its own; the two contenders take turns, and every figure is the median of the ratios of the
pairs, so that a machine that slows down in the middle slows both. Both must find the same numbers.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

COUNTRIES = ("AT", "BE", "CH", "DE", "DK", "ES", "FR", "IT", "NL", "SE")
EMAIL = "^[a-z0-9.]+@[a-z0-9.]+[.][a-z]+$"
RULES: list[dict[str, Any]] = [
    {"type": "not_null", "column": "id"},
    {"type": "not_null", "column": "email"},
    {"type": "unique", "column": "id"},
    {"type": "unique", "column": "code"},
    {"type": "in_range", "column": "age", "min": 0, "max": 120},
    {"type": "in_range", "column": "amount", "min": 0, "max": 10_000},
    {"type": "in_set", "column": "country", "values": list(COUNTRIES)},
    {"type": "regex", "column": "email", "pattern": EMAIL},
    {"type": "row_count", "min": 1},
    {"type": "completeness", "column": "note", "threshold": 0.5},
]
# Few faults, no duplicates: what a check of good data costs. Everything depends on the row number only.
ROWS = """
SELECT i AS id,
       md5(i::VARCHAR)[:20] AS code,
       CASE WHEN i % 1000003 = 7 THEN -1 ELSE (i * 2654435761 >> 13) % 100 END::INTEGER AS age,
       CASE WHEN i % 500009 = 3 THEN -5 ELSE ((i * 2246822519 >> 11) % 1000000) / 100 END::DOUBLE AS amount,
       CASE WHEN i % 700001 = 5 THEN 'XX' ELSE ({countries})[1 + (i * 3266489917 >> 9) % 10] END AS country,
       CASE WHEN i % 300007 = 1 THEN NULL WHEN i % 400009 = 2 THEN 'nobody'
            ELSE 'user' || i || '@mail' || (i % 50) || '.org' END AS email,
       CASE WHEN (i * 668265263 >> 7) % 10 < 8 THEN 'note ' || (i * 374761393 >> 5) % 5000 END AS note,
       TIMESTAMP '2026-01-01' + INTERVAL (i % 31536000) SECOND AS created
FROM range({rows}) AS t(i)
"""
# The same question as the rules, as somebody would write it by hand. {failing} counts the rows that match a predicate.
QUERY = """
SELECT count(*), count(*) - count(id), count(*) - count(email),
       count(id) - count(DISTINCT id), count(code) - count(DISTINCT code),
       count(CASE WHEN age < 0 OR age > 120 THEN 1 END), count(CASE WHEN amount < 0 OR amount > 10000 THEN 1 END),
       count(CASE WHEN country NOT IN ({countries}) THEN 1 END), count(CASE WHEN NOT ({matches}) THEN 1 END),
       count(*) - count(note)
FROM {source}
"""


@dataclass(frozen=True)
class Run:
    """What one process measured: seconds and megabytes."""

    wall: float
    cpu: float
    peak: float
    process: float
    found: list[int]


def by_hand(source: str) -> list[int]:
    """The ten numbers from one query on the database's own driver."""
    kind, _, address = source.partition("|")
    matches = {"parquet": f"regexp_matches(email, '{EMAIL}')", "postgresql": f"email ~ '{EMAIL}'"}
    table = f"read_parquet('{address}')" if kind == "parquet" else "people"
    query = QUERY.format(
        countries=", ".join(f"'{country}'" for country in COUNTRIES),
        matches=matches.get(kind, f"regexp('{EMAIL}', email)"),
        source=table,
    )
    if kind == "parquet":
        import duckdb

        row = duckdb.connect().execute(query).fetchone()
    elif kind == "postgresql":
        import psycopg

        with psycopg.connect(address.replace("+psycopg", "")) as connection:
            row = connection.execute(query).fetchone()
    else:
        import re
        import sqlite3

        sqlite = sqlite3.connect(address)
        search = re.compile(EMAIL).search
        sqlite.create_function("regexp", 2, lambda _, text: None if text is None else bool(search(text)))
        row = sqlite.execute(query).fetchone()
    assert row is not None
    return [int(number) for number in row]


def by_dq_core(source: str) -> list[int]:
    """The ten numbers from a report, in the order of the query."""
    import dq_core

    kind, _, address = source.partition("|")
    if kind == "parquet":
        report = dq_core.validate(address, RULES, samples=0)
    else:
        url = f"sqlite:///{address}" if kind == "sqlite" else address
        report = dq_core.validate(url, RULES, table="people", samples=0)
    assert report.error_checks == 0, report.to_text()
    failed = [result.failed_rows for result in report.results if result.type != "row_count"]
    return [report.total_rows, *(-1 if number is None else number for number in failed)]


CONTENDERS: dict[str, Callable[[str], list[int]]] = {"hand-written": by_hand, "dq_core": by_dq_core}


def run_here(contender: str, source: str) -> None:
    """The child: import first, then measure the work alone, and print it."""
    if contender == "dq_core":
        import dq_core.run.validate  # noqa: F401
    import duckdb  # noqa: F401

    before, started = time.process_time(), time.perf_counter()
    found = CONTENDERS[contender](source)
    wall, cpu = time.perf_counter() - started, time.process_time() - before
    print(json.dumps({"wall": wall, "cpu": cpu, "peak": peak_memory(), "found": found}))


def peak_memory() -> float:
    """The most memory that this process had, in MB."""
    status = Path("/proc/self/status")
    if status.exists():  # getrusage would count what the parent had when it started us
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def run_in_process(contender: str, source: str, cache: Path) -> Run:
    """The parent: one contender in a process of its own, with compiled bytecode as an installed package has."""
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": str(cache)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    started = time.perf_counter()
    command = [sys.executable, __file__, "--contender", contender, "--source", source]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment)
    return Run(**json.loads(done.stdout), process=time.perf_counter() - started)


def compare(title: str, source: str, pairs: int, cache: Path) -> None:
    """Alternating runs, and the medians."""
    runs: dict[str, list[Run]] = {name: [] for name in CONTENDERS}
    order = list(CONTENDERS)
    for name in order:
        run_in_process(name, source, cache)  # warms the file cache and the bytecode
    for _ in range(pairs):
        for name in order:
            runs[name].append(run_in_process(name, source, cache))
        order.reverse()
    hand, ours = runs["hand-written"], runs["dq_core"]
    for one in (*hand, *ours):
        assert one.found == hand[0].found, f"the contenders disagree: {hand[0].found} and {one.found}"
    print(f"\n{title}, {hand[0].found[0]:,} rows, {pairs} pairs")
    print(f"{'':24}{'hand-written':>14}{'dq_core':>14}{'ratio':>8}")
    figures: list[tuple[str, Callable[[Run], float]]] = [("wall seconds", lambda run: run.wall)]
    if not source.startswith("postgresql"):  # its work is done, and its memory taken, by the server
        figures += [("CPU seconds", lambda run: run.cpu), ("peak memory, MB", lambda run: run.peak)]
    figures.append(("process with imports, s", lambda run: run.process))
    for label, figure in figures:
        ratio = statistics.median(figure(mine) / figure(theirs) for mine, theirs in zip(ours, hand, strict=True))
        middle = [statistics.median(map(figure, runs)) for runs in (hand, ours)]
        print(f"{label:24}{middle[0]:14.2f}{middle[1]:14.2f}{ratio:8.2f}")


def make_parquet(path: Path, rows: int) -> None:
    """The data, the same on every machine."""
    import duckdb

    countries = "[" + ", ".join(f"'{country}'" for country in COUNTRIES) + "]"
    duckdb.execute(f"COPY ({ROWS.format(rows=rows, countries=countries)}) TO '{path}' (FORMAT parquet)")


def rows_of(path: Path) -> Iterator[list[tuple[Any, ...]]]:
    """The rows of the file in batches."""
    import duckdb

    cursor = duckdb.execute(f"SELECT * REPLACE (created::VARCHAR AS created) FROM read_parquet('{path}')")
    while batch := cursor.fetchmany(50_000):
        yield batch


COLUMNS = "id BIGINT, code TEXT, age INTEGER, amount DOUBLE PRECISION, country TEXT, email TEXT, note TEXT, created {}"


@contextlib.contextmanager
def postgresql(path: Path) -> Iterator[str]:
    """A server with the rows in a table, analysed."""
    import psycopg

    from support.postgresql import postgresql_server

    with postgresql_server() as server, server.database("bench") as url:
        address = url.render_as_string(hide_password=False)
        with psycopg.connect(address.replace("+psycopg", ""), autocommit=True) as connection:
            connection.execute(f"CREATE TABLE people ({COLUMNS.format('TIMESTAMP')})")
            with connection.cursor().copy("COPY people FROM STDIN") as copy:
                for batch in rows_of(path):
                    for row in batch:
                        copy.write_row(row)
            connection.execute("VACUUM ANALYZE people")
        yield f"postgresql|{address}"


@contextlib.contextmanager
def sqlite(path: Path) -> Iterator[str]:
    """A file with the rows in a table."""
    import sqlite3

    target = path.with_suffix(".sqlite")
    with contextlib.closing(sqlite3.connect(target)) as connection:
        connection.execute(f"CREATE TABLE people ({COLUMNS.format('TEXT')})")
        for batch in rows_of(path):
            connection.executemany(f"INSERT INTO people VALUES ({', '.join('?' * 8)})", batch)
        connection.commit()
    yield f"sqlite|{target}"


@contextlib.contextmanager
def parquet(path: Path) -> Iterator[str]:
    """The file itself."""
    yield f"parquet|{path}"


PLACES = {"parquet": parquet, "postgresql": postgresql, "sqlite": sqlite}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000_000, help="rows of the Parquet file (10 M)")
    parser.add_argument("--database-rows", type=int, default=1_000_000, help="rows in the databases (1 M)")
    parser.add_argument("--pairs", type=int, default=5, help="how often each contender runs (5)")
    parser.add_argument("--on", nargs="+", choices=PLACES, default=list(PLACES))
    parser.add_argument("--contender", choices=CONTENDERS, help=argparse.SUPPRESS)
    parser.add_argument("--source", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.contender:
        run_here(arguments.contender, arguments.source)
        return
    with tempfile.TemporaryDirectory(prefix="dq-bench-") as folder:
        for place in arguments.on:
            rows = arguments.rows if place == "parquet" else arguments.database_rows
            path = Path(folder) / f"people-{rows}.parquet"
            if not path.exists():
                make_parquet(path, rows)
            with PLACES[place](path) as source:
                compare(place, source, arguments.pairs, Path(folder) / "bytecode")


if __name__ == "__main__":
    main()
