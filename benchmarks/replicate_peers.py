"""One table of PostgreSQL into another database of PostgreSQL: `moltres replicate`, and others.

    python benchmarks/replicate_peers.py SOURCE TARGET TABLE --tool moltres=.venvs/moltres-core/bin \
        --tool dlt=/tmp/dlt/bin --tool ingestr=/tmp/ingestr/bin --tool sling=/tmp/sling/bin

SOURCE and TARGET are URLs like ``postgresql://user@host:port/database``; the table of the target is dropped before each
run. A tool is a name and the folder with its programs, of an environment of its own. Seconds and peak memory are
those of the process and its children; afterwards both tables are compared by a checksum of all columns, cast to the
types of the source.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import tempfile
import time
from pathlib import Path

import sqlalchemy as sa

DLT = """
import sys, dlt
from dlt.sources.sql_database import sql_table
source, target, table = sys.argv[1:]
pipeline = dlt.pipeline("p", destination=dlt.destinations.postgres(target), dataset_name="public")
source = source.replace("postgresql:", "postgresql+psycopg2:")
rows = sql_table(source, table=table, schema="public", backend="pyarrow", chunk_size=50_000)
print(pipeline.run(rows, table_name=table, write_disposition="replace"))
"""


def command(tool: str, folder: Path, source: str, target: str, table: str) -> list[str]:
    """How a tool copies the table."""
    own = [url.replace("postgresql://", "postgresql+psycopg://") for url in (source, target)]
    return {
        "moltres": [str(folder / "python"), "-m", "moltres", "replicate", *own, "--tables", table, "--quiet"],
        "dlt": [str(folder / "python"), "-c", DLT, source, target, table],
        "ingestr": [
            str(folder / "ingestr"), "ingest", "--yes", "--source-uri", source, "--source-table", f"public.{table}",
            "--dest-uri", target, "--dest-table", f"public.{table}",
        ],
        "sling": [
            str(folder / "sling"), "run", "--src-conn", source, "--src-stream", f"public.{table}", "--tgt-conn", target,
            "--tgt-object", f"public.{table}", "--mode", "full-refresh",
        ],
    }[tool]  # fmt: skip


def engine_of(url: str) -> sa.Engine:
    return sa.create_engine(url.replace("postgresql://", "postgresql+psycopg://"), poolclass=sa.NullPool)


def checksum(url: str, table: str, columns: dict[str, str]) -> object:
    """The number of rows, and a sum of hashes of them."""
    values = ", ".join(f'"{name}"::{type_}' for name, type_ in columns.items())
    half = "sum(('x' || left(h, 16))::bit(64)::bigint)"
    rows = f"SELECT md5(row({values})::text) AS h FROM {table}"
    with engine_of(url).connect() as connection:
        connection.exec_driver_sql("SET TIME ZONE 'UTC'")
        return tuple(connection.exec_driver_sql(f"SELECT count(*), {half} FROM ({rows}) q").one())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source")
    parser.add_argument("target")
    parser.add_argument("table")
    parser.add_argument("--tool", action="append", required=True, metavar="NAME=FOLDER")
    given = parser.parse_args()
    inspector = sa.inspect(engine_of(given.source))
    types = {one["name"]: str(one["type"]) for one in inspector.get_columns(given.table)}
    expected = checksum(given.source, given.table, types)
    for tool, _, folder in (one.partition("=") for one in given.tool):
        with engine_of(given.target).begin() as connection:
            connection.exec_driver_sql(f"DROP TABLE IF EXISTS {given.table}")
        started = time.perf_counter()
        with tempfile.TemporaryDirectory() as home:
            own = {**os.environ, "HOME": home, "DLT_DATA_DIR": home, "RUNTIME__DLTHUB_TELEMETRY": "false"}
            run = subprocess.Popen(
                command(tool, Path(folder), given.source, given.target, given.table),
                env=own, cwd=home, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            )  # fmt: skip
            said = run.stdout.read() if run.stdout is not None else ""
            _, status, used = os.wait4(run.pid, 0)
        seconds = time.perf_counter() - started
        if status:
            print(f"{tool}: failed: {said[-600:]}", flush=True)
            continue
        same = checksum(given.target, given.table, types) == expected
        cpu = used.ru_utime + used.ru_stime
        print(f"{tool}: {seconds:.1f} s, {cpu:.1f} CPU s, {used.ru_maxrss // 1024} MB, same rows: {same}", flush=True)
    print(f"{expected!r} rows and checksum")


if __name__ == "__main__":
    main()
