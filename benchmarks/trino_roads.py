"""Rows into Trino and out of it, on each road: rows per second, processor seconds and memory of the client.

    python benchmarks/trino_roads.py                            # a Trino of its own
    python benchmarks/trino_roads.py --rows 2000000 --roads in-files out-plain out-files

In: in statements, or as Parquet files in a folder that both sides reach. Out: by the plain protocol; by spooled
segments, with a store of S3's protocol that runs here as well (moto, in Python); or from the Parquet files that Trino
has written, which DuckDB reads. Each road is a process of its own, which holds a batch of
50 000 rows at most by itself; the memory is the most that it held, above its imports in parentheses.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from moltres import connect
from support.object_store import object_store
from support.postgresql import postgresql_server
from support.trino import trino_server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.postgresql import PostgreSQLServer

BATCH = 50_000
ROADS = ("in-statements", "in-files", "out-plain", "out-spooled", "out-files")


def batches(rows: int) -> Iterator[Any]:
    """Rows of four columns, made batch by batch."""
    import pyarrow as pa
    import pyarrow.compute as pc

    for start in range(0, rows, BATCH):
        ids = pa.array(range(start, min(rows, start + BATCH)), pa.int64())
        yield pa.record_batch(
            {
                "id": ids,
                "shop": pc.bit_wise_and(ids, 1023),
                "amount": pc.multiply(ids, 1.5),
                "note": pc.binary_join_element_wise("order", ids.cast(pa.string()), " "),
            }
        )


def used() -> tuple[float, float]:
    """Processor seconds, and the most megabytes held."""
    found = resource.getrusage(resource.RUSAGE_SELF)
    return found.ru_utime + found.ru_stime, found.ru_maxrss / 1024


def one(road: str, rows: int, place: dict[str, str]) -> str:
    """Take one road; returns what it took."""
    import pyarrow.parquet  # noqa: F401 - what every road imports

    if road == "out-files":
        import pyiceberg.io.pyarrow  # noqa: F401
    folder = {"stage_uri": place["stage"], "stage_location": place["location"]} if road == "in-files" else {}
    with connect(place["iceberg" if road == "out-files" else "trino"], **folder) as db:  # type: ignore[arg-type]
        db.tables()
        (before, held), started = used(), time.perf_counter()
        if road.startswith("in"):
            db.write(batches(rows)).save_as_table("t", mode="overwrite")
        else:
            rows = sum(batch.num_rows for batch in db.table("t").to_arrow_batches(BATCH))
        seconds = time.perf_counter() - started
    spent, most = used()
    return (
        f"{road:14} {rows:>9} rows, {seconds:6.1f} s, {rows / seconds:>9.0f} rows/s,"
        f" {spent - before:5.1f} CPU s of the client, {most:4.0f} MB ({most - held:+.0f})"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--few", type=int, default=50_000, help="rows in statements")
    parser.add_argument("--roads", nargs="*", choices=ROADS, default=list(ROADS))
    parser.add_argument("--one", nargs=3, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        road, rows, place = given.one
        print(one(road, int(rows), json.loads(place)), flush=True)
        return
    plain = [road for road in given.roads if road != "out-spooled"]
    with postgresql_server() as postgresql:
        take(postgresql, plain, given)
        if "out-spooled" in given.roads:
            with object_store("spool") as endpoint:
                take(postgresql, ["out-spooled"], given, spool=endpoint)


def take(postgresql: PostgreSQLServer, roads: list[str], given: argparse.Namespace, spool: str | None = None) -> None:
    """Take roads on a server of their own."""
    with (
        postgresql.empty() as catalog,
        trino_server(catalog, short_run=False, spool=spool) as server,
        server.schema("iceberg") as url,
    ):
        namespace = str(url.database).partition("/")[2]
        own = {"warehouse": server.warehouse, "catalog": "iceberg", "namespace": namespace}
        stage = server.folder / "stage"
        place = {
            "trino": url.render_as_string(hide_password=False),
            "iceberg": catalog.set(drivername="iceberg+postgresql", query=own).render_as_string(hide_password=False),
            "stage": str(stage),
            "location": f"local://{stage}",
        }
        stage.mkdir()
        if not any(road == "in-files" for road in roads):
            run("in-files", given.rows, place)
        for road in roads:
            for _ in range(3):  # the first one also warms the server
                print(run(road, given.few if road == "in-statements" else given.rows, place), flush=True)


def run(road: str, rows: int, place: dict[str, str]) -> str:
    """One road in a process of its own; returns what it says."""
    command = [sys.executable, __file__, "--one", road, str(rows), json.dumps(place)]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


if __name__ == "__main__":
    main()
