"""What a task of Airflow hands to the next one in place of sixty million rows of Trino: seconds, bytes, memory.

    .venvs/moltres-airflow/bin/python benchmarks/handoff.py                         # sf0.1, sf1 and sf10 of tpch
    .venvs/moltres-airflow/bin/python benchmarks/handoff.py --sizes sf0.1 --url trino://me@coordinator:8080/lake/scratch

The operator runs ``SELECT * FROM tpch.<size>.lineitem`` with ``handoff="table"``, and the next one counts the rows
that it was given. Each is a process of its own. Bytes are those that the store of XComs holds; the memory is the most
that the process held, and in parentheses how much of it came after its imports. By hand: the same ``CREATE TABLE AS``
sent by the driver alone.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

PARTS = ("by hand", "give", "take")


class Instance:
    """As much of a task instance as operators use; what is pushed is kept as Airflow's store keeps it."""

    dag_id, task_id, run_id, map_index = "scale", "read_lineitem", "scheduled__2026-01-01T00:00:00+00:00", -1

    def __init__(self) -> None:
        self.stored = ""

    def xcom_push(self, key: str, value: Any) -> None:
        """What a task pushes."""
        from airflow.sdk.serde import serialize

        del key
        self.stored = json.dumps(serialize(value))

    def xcom_pull(self, **_: Any) -> list[Any]:
        """What a task pulls."""
        from airflow.sdk.serde import deserialize

        return [deserialize(json.loads(self.stored))]


def memory() -> float:
    """The most memory that this process had, in MB."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def by_hand(url: str, size: str, _: str) -> dict[str, Any]:
    """The statement alone."""
    import trino
    from sqlalchemy import make_url

    at = make_url(url)
    catalog, _, schema = str(at.database).partition("/")
    with trino.dbapi.connect(
        host=str(at.host), port=at.port or 8080, user=at.username, catalog=catalog, schema=schema
    ) as connection:
        cursor, before, started = connection.cursor(), memory(), time.perf_counter()
        cursor.execute(f'CREATE TABLE by_hand AS SELECT * FROM tpch."{size}".lineitem')
        rows = cursor.fetchone()[0]
        seconds = time.perf_counter() - started
        cursor.execute("DROP TABLE by_hand")
        cursor.fetchall()
    return {"rows": rows, "seconds": seconds, "memory": memory(), "before": before}


def give(url: str, size: str, _: str) -> dict[str, Any]:
    """The operator that hands over."""
    import trino.sqlalchemy.dialect  # noqa: F401

    from moltres_airflow import MoltresQueryOperator

    query = f'SELECT * FROM tpch."{size}".lineitem'
    operator = MoltresQueryOperator(task_id=Instance.task_id, dsn=url, query=query, handoff="table")
    instance = Instance()
    before, started = memory(), time.perf_counter()
    given = operator.execute({"ti": instance})
    seconds = time.perf_counter() - started
    return {
        "rows": given.row_count, "seconds": seconds, "memory": memory(), "before": before, "stored": instance.stored
    }  # fmt: skip


def take(url: str, _: str, stored: str) -> dict[str, Any]:
    """The next operator, which counts what it was given; afterwards the staged table is dropped."""
    import trino.sqlalchemy.dialect  # noqa: F401

    from moltres import connect
    from moltres.handoff import drop_staged
    from moltres_airflow import MoltresQueryOperator

    instance = Instance()
    instance.stored = stored
    counts: Callable[..., Any] = lambda db, lines: db.from_select(lines.group_by().agg(n=_count()).statement)  # noqa: E731
    operator = MoltresQueryOperator(task_id="count", dsn=url, query=counts, input_task_id=Instance.task_id)
    before, started = memory(), time.perf_counter()
    rows = operator.execute({"ti": instance})[0]["n"]
    seconds = time.perf_counter() - started
    most = memory()
    with connect(url) as db:
        drop_staged(db, json.loads(stored))
    return {"rows": rows, "seconds": seconds, "memory": most, "before": before}


def _count() -> Any:
    from moltres import func

    return func.count()


def measured(part: str, url: str, size: str, stored: str = "") -> dict[str, Any]:
    """One part in a process of its own."""
    command = [sys.executable, __file__, "--part", part, "--sizes", size, "--url", url]
    environment = {**os.environ, "AIRFLOW__LOGGING__LOGGING_LEVEL": "ERROR"}
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, input=stored, env=environment)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


@contextlib.contextmanager
def server(heap_mb: int) -> Iterator[str]:
    """A Trino of its own; gives the URL of a schema of Iceberg."""
    from support.postgresql import postgresql_server
    from support.trino import trino_server

    with (
        postgresql_server() as postgresql,
        postgresql.empty() as catalog,
        trino_server(catalog, heap_mb=heap_mb, short_run=False) as running,
        running.schema("iceberg") as url,
    ):
        yield url.render_as_string(hide_password=False)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", nargs="+", default=["sf0.1", "sf1", "sf10"])
    parser.add_argument("--heap-mb", type=int, default=6000, help="the memory of the Trino process (6000)")
    parser.add_argument("--url", help="a running server with a catalog tpch, instead of one that is started here")
    parser.add_argument("--part", choices=PARTS, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.part:
        does = {"by hand": by_hand, "give": give, "take": take}[arguments.part]
        print(json.dumps(does(arguments.url, arguments.sizes[0], sys.stdin.read())))
        return
    print("| rows | by hand, s | handed over, s | bytes in XCom | giver, MB | taken and counted, s | taker, MB |")
    print("|---|---|---|---|---|---|---|")
    with contextlib.nullcontext(arguments.url) if arguments.url else server(arguments.heap_mb) as url:
        for size in arguments.sizes:
            hand, given = measured("by hand", url, size), measured("give", url, size)
            taken = measured("take", url, size, given["stored"])
            assert hand["rows"] == given["rows"] == taken["rows"], (hand, given, taken)
            print(given["stored"], file=sys.stderr)
            held = [f"{one['memory']:.0f} ({one['memory'] - one['before']:+.0f})" for one in (given, taken)]
            stored = len(given["stored"].encode())
            print(
                f"| {given['rows']:,} | {hand['seconds']:.1f} | {given['seconds']:.1f} | {stored} | {held[0]} "
                f"| {taken['seconds']:.1f} | {held[1]} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
