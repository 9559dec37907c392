"""Comparing a table of PostgreSQL with its copy in DuckDB: against a count and checksum by hand, and against peers.

    python benchmarks/compare.py                        # 1 M rows
    python benchmarks/compare.py --rows 10000000 --trials 100
    python benchmarks/compare.py --rows 10000000 --sides postgresql+psycopg://user@host/empty /tmp/copy.duckdb

`benchmarks/compare_peers.py` lets other tools compare the same two sides, which ``--sides`` keeps. Every
figure is a median of runs that take turns; peak memory is that of a process of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import sqlalchemy as sa

if TYPE_CHECKING:
    from collections.abc import Callable

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from support.postgresql import postgresql_server

COLUMNS = ("id", "code", "age", "amount", "score", "country", "email", "note", "created", "active")
ROWS = """
SELECT i AS id, md5(i::VARCHAR)[:20] AS code, (i % 100)::INTEGER AS age,
       ((i * 7919) % 1000000 / 100)::DECIMAL(12, 2) AS amount, i * 0.1::DOUBLE AS score,
       (['AT', 'BE', 'CH'])[1 + i % 3] AS country, 'user' || i || '@mail' || (i % 50) || '.org' AS email,
       CASE WHEN i % 10 < 8 THEN 'note ' || (i % 5000) END AS note,
       TIMESTAMP '2026-01-01' + INTERVAL (i % 31536000) SECOND AS created, i % 2 = 0 AS active
FROM range({rows}) AS t(i)
"""
TABLE = (
    "CREATE TABLE t (id bigint PRIMARY KEY, code text, age int, amount numeric(12, 2), score double precision,"
    " country text, email text, note text, created timestamp, active boolean)"
)
#: As somebody would write it by hand: a number of rows, and two sums of halves of a hash, in one scan.
SUMS = "sum(('x' || left(h, 16))::bit(64)::bigint), sum(('x' || right(h, 16))::bit(64)::bigint)"
BY_HAND = {
    "concat_ws": f"SELECT count(*), {SUMS} FROM"
    f" (SELECT md5(concat_ws('|', {', '.join(COLUMNS)})) AS h FROM t OFFSET 0) q",
    "row to text": f"SELECT count(*), {SUMS} FROM (SELECT md5(t::text) AS h FROM t OFFSET 0) q",
}
DUCKDB_BY_HAND = (
    "SELECT count(*), sum(('0x' || left(h, 16))::UBIGINT), sum(('0x' || right(h, 16))::UBIGINT) FROM"
    f" (SELECT md5(concat_ws('|', {', '.join(COLUMNS)})) AS h FROM t)"
)


def seconds(work: Callable[[], Any], server: int | None) -> tuple[float, float]:
    """How long something takes, and the processor time of this process and of the server meanwhile."""
    started, used = time.perf_counter(), time.process_time() + cpu_of_server(server)
    work()
    return time.perf_counter() - started, time.process_time() + cpu_of_server(server) - used


def postmaster(engine: sa.Engine) -> int | None:
    """The first process of the server, if it runs on this machine."""
    with engine.connect() as connection:
        backend = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
    stat = Path(f"/proc/{backend}/stat")
    return int(stat.read_text().rpartition(")")[2].split()[1]) if stat.exists() else None


def cpu_of_server(first: int | None) -> float:
    """The processor seconds of a process and its children, those that have ended too."""
    total = 0
    for stat in Path("/proc").glob("[0-9]*/stat") if first is not None else ():
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue  # it has just ended
        if int(stat.parent.name) == first:
            total += sum(map(int, fields[11:15]))
        elif int(fields[1]) == first:
            total += sum(map(int, fields[11:13]))
    return total / os.sysconf("SC_CLK_TCK")


def fill(url: sa.URL, file: Path, rows: int) -> None:
    with duckdb.connect(file) as raw:
        raw.execute(f"CREATE TABLE t AS {ROWS.format(rows=rows)}")
        with tempfile.TemporaryDirectory() as folder:
            raw.execute(f"COPY t TO '{folder}/t.csv' (HEADER false, NULLSTR '\\N')")
            engine = sa.create_engine(url)
            with engine.begin() as connection:
                connection.exec_driver_sql(TABLE)
                cursor: Any = connection.connection.cursor()
                with (
                    cursor.copy("COPY t FROM STDIN (FORMAT csv, NULL '\\N')") as copy,
                    Path(folder, "t.csv").open("rb") as csv,
                ):
                    while chunk := csv.read(2**20):
                        copy.write(chunk)
            with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.exec_driver_sql("VACUUM ANALYZE t")
            engine.dispose()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--trials", type=int, default=20, help="how often one planted change is looked for")
    parser.add_argument(
        "--sides",
        nargs=2,
        metavar=("URL", "FILE"),
        help="a database of PostgreSQL and a file of DuckDB, which are filled if the file is not there, and kept",
    )
    parser.add_argument("--changes", type=int, default=0, help="only plant so many changes in the kept file, and end")
    parser.add_argument("--only-planted", action="store_true", help="measure nothing else")
    parser.add_argument("--measure", nargs=2, metavar=("URL", "FILE"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        print(json.dumps(once(*arguments.measure)))
        return
    if arguments.sides:
        url, file = sa.make_url(arguments.sides[0]), Path(arguments.sides[1])
        if not file.exists():
            fill(url, file, arguments.rows)
        if arguments.changes:
            print(plant(file, arguments.rows, arguments.changes))
            return
        print(f"{arguments.rows:,} rows, {len(COLUMNS)} columns", flush=True)
        (find_planted if arguments.only_planted else compare_all)(url, file, arguments)
        return
    with postgresql_server() as server, tempfile.TemporaryDirectory() as folder:
        url, file = server.url(), Path(folder) / "copy.duckdb"
        print(f"{arguments.rows:,} rows, {len(COLUMNS)} columns", flush=True)
        fill(url, file, arguments.rows)
        compare_all(url, file, arguments)


def once(url: str, file: str) -> dict[str, Any]:
    """One comparison in a process of its own: what it found, how long it took, and the memory that it needed more."""
    from dq_core import Source, compare

    before = peak()
    started, used = time.perf_counter(), time.process_time()
    found = compare(Source(url, table="t"), Source(f"duckdb:///{file}", table="t"), ["id"], samples=100)
    return {
        "seconds": time.perf_counter() - started,
        "cpu": time.process_time() - used,
        "megabytes": peak(),
        "more": peak() - before,
        "changed": found.changed,
        "rows": [[one["left"]["id"], one["columns"]] for one in found.samples],
    }


def peak() -> float:
    """The most memory of this process in MB; what getrusage says is at least that of the process which began it."""
    (line,) = (one for one in Path("/proc/self/status").read_text().splitlines() if one.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def measured(url: sa.URL, file: Path, server: int | None) -> dict[str, Any]:
    before = cpu_of_server(server)
    command = [sys.executable, __file__, "--measure", url.render_as_string(hide_password=False), str(file)]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    if run.returncode:
        raise SystemExit(run.stderr)
    found: dict[str, Any] = json.loads(run.stdout)
    found["cpu"] += cpu_of_server(server) - before
    return found


def compare_all(url: sa.URL, file: Path, arguments: argparse.Namespace) -> None:
    engine = sa.create_engine(url)
    server = postmaster(engine)

    def in_postgresql(sql: str) -> Callable[[], Any]:
        def run() -> None:
            with engine.connect() as connection:
                connection.execute(sa.text(sql.replace(":", "\\:"))).all()

        return run

    def in_duckdb() -> None:
        with duckdb.connect(file, read_only=True) as raw:
            raw.execute(DUCKDB_BY_HAND).fetchall()

    timings: dict[str, list[tuple[float, float]]] = {}
    peaks = []
    for _ in range(arguments.runs):
        for name, sql in BY_HAND.items():
            timings.setdefault(f"PostgreSQL by hand, {name}", []).append(seconds(in_postgresql(sql), server))
        timings.setdefault("DuckDB by hand", []).append(seconds(in_duckdb, server))
        timings.setdefault("both by hand at once", []).append(
            seconds(lambda: at_once(in_duckdb, in_postgresql(BY_HAND["concat_ws"])), server)
        )
        found = measured(url, file, server)
        assert found["changed"] == 0, found
        peaks.append(found["megabytes"])
        timings.setdefault("compare, equal", []).append((found["seconds"], found["cpu"]))
    middle = {name: tuple(map(statistics.median, zip(*values, strict=True))) for name, values in timings.items()}
    for name, (value, cpu) in middle.items():
        print(f"{value:8.2f} s {cpu:8.2f} CPU s  {name}")
    equal, equal_cpu = middle.pop("compare, equal")
    for name, (value, cpu) in middle.items():
        print(f"{equal / value:8.2f}   {equal_cpu / cpu:8.2f}        equal / {name}")
    print(f"{max(peaks):8.0f} MB peak of the client's process, equal (DuckDB is in it)")
    hundred = plant(file, arguments.rows, 100)
    runs = [measured(url, file, server) for _ in range(arguments.runs)]
    unplant(file)
    assert all(one["changed"] == 100 and found_all(one, hundred) for one in runs)
    value, cpu = (statistics.median(one[what] for one in runs) for what in ("seconds", "cpu"))
    print(f"{value:8.2f} s {cpu:8.2f} CPU s  100 changes located")
    print(f"{value / equal:8.2f}   {cpu / equal_cpu:8.2f}        100 changes / equal")
    print(f"{max(one['megabytes'] for one in runs):8.0f} MB peak of the client's process, 100 changes")
    engine.dispose()
    find_planted(url, file, arguments)


def find_planted(url: sa.URL, file: Path, arguments: argparse.Namespace) -> None:
    """Plant one change after the other, and let each be found.

    The table of PostgreSQL stays as it is, and so do its answers: each of its statements runs once in all, and all of
    DuckDB's, which holds the changes, run every time.
    """
    from dq_core.run.reader import Reader

    answers: dict[str, Any] = {}
    read = Reader.read

    def remembered(reader: Reader, statement: Any, make: Any, **options: Any) -> Any:
        bind = reader.opened.connection
        if bind.dialect.name != "postgresql":
            return read(reader, statement, make, **options)
        asked = str(statement.compile(bind, compile_kwargs={"literal_binds": True}))
        if asked not in answers:
            answers[asked] = read(reader, statement, list, **options)
        return make(answers[asked])

    Reader.read = remembered  # type: ignore[method-assign]
    right = 0
    for number in range(1, arguments.trials + 1):
        planted = plant(file, arguments.rows, 1)
        found = once(url.render_as_string(hide_password=False), str(file))
        right += found["changed"] == 1 and found_all(found, planted)
        unplant(file)
        if number % 10 == 0 or number == arguments.trials or arguments.rows > 10**6:
            print(f"{right} of {number} planted changes found with key and column", flush=True)


def at_once(*works: Callable[[], Any]) -> None:
    """Run several functions at the same time."""
    threads = [threading.Thread(target=work) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def found_all(found: dict[str, Any], planted: dict[int, str]) -> bool:
    return {key: [column] for key, column in planted.items()} == dict(found["rows"])


_SQL = {
    "code": "'z' || code[2:]", "age": "age + 1", "amount": "amount + 0.01", "score": "score + 1e-6",
    "country": "lower(country)", "email": "email || ' '", "created": "created + INTERVAL 1 MICROSECOND",
    "active": "NOT active",
}  # fmt: skip


def plant(file: Path, rows: int, number: int) -> dict[int, str]:
    """Change one column of so many rows of the copy."""
    keys = random.sample(range(rows), number)
    planted = {key: random.choice(list(_SQL)) for key in keys}
    with duckdb.connect(file) as raw:
        raw.execute("CREATE OR REPLACE TABLE before AS SELECT * FROM t WHERE id IN " + f"({', '.join(map(str, keys))})")
        for key, column in planted.items():
            raw.execute(f"UPDATE t SET {column} = {_SQL[column]} WHERE id = {key}")
    return planted


def unplant(file: Path) -> None:
    with duckdb.connect(file) as raw:
        raw.execute("DELETE FROM t WHERE id IN (SELECT id FROM before)")
        raw.execute("INSERT INTO t SELECT * FROM before")
        raw.execute("DROP TABLE before")


if __name__ == "__main__":
    main()
