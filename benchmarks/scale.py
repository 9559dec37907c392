"""Ten checks and two hundred on tables of Trino, against one hand-written query for each, at growing sizes.

    python benchmarks/scale.py                                   # sf0.1, sf1, sf10 on one node and on two
    python benchmarks/scale.py --sizes sf0.1 sf1 --nodes 1       # less
    python benchmarks/scale.py --url trino://me@coordinator:8080 # a server of your own, with a catalog tpch
    python benchmarks/scale.py --chart scale.svg                 # the growth curves too

The rows are those of ``tpch.<size>.lineitem``, which Trino makes while it reads (6 M at sf1, 60 M at sf10). Every run
is a process of its own, the two contenders take turns, and both must find the same numbers. Splits are counted by
Trino, the client's memory by its kernel.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import statistics
import subprocess
import sys
import time
import uuid
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

SHIPMODES = ("AIR", "FOB", "MAIL", "RAIL", "REG AIR", "SHIP", "TRUCK")
TEN: list[dict[str, Any]] = [
    {"type": "not_null", "column": "orderkey"},
    {"type": "not_null", "column": "shipdate"},
    {"type": "unique", "columns": ["orderkey", "linenumber"]},
    {"type": "in_range", "column": "quantity", "min": 1, "max": 49},
    {"type": "in_range", "column": "discount", "min": 0, "max": 0.1},
    {"type": "in_set", "column": "returnflag", "values": ["A", "N", "R"]},
    {"type": "in_set", "column": "shipmode", "values": list(SHIPMODES)},
    {"type": "regex", "column": "comment", "pattern": "[a-z]"},
    {"type": "expression", "sql": "receiptdate > shipdate"},
    {"type": "foreign_key", "column": "suppkey", "references": {"table": "supplier", "columns": ["suppkey"]}},
]
TEN_BY_HAND = """
SELECT count(*), count_if(orderkey IS NULL), count_if(shipdate IS NULL),
       (SELECT coalesce(sum(n), 0) FROM (
            SELECT count(*) AS n FROM {table} GROUP BY orderkey, linenumber HAVING count(*) > 1)),
       count_if(quantity < 1 OR quantity > 49), count_if(discount < 0 OR discount > 0.1e0),
       count_if(returnflag NOT IN ('A', 'N', 'R')), count_if(shipmode NOT IN ({modes})),
       count_if(NOT regexp_like(comment, '[a-z]')), count_if(NOT receiptdate > shipdate),
       count_if(suppkey NOT IN (SELECT suppkey FROM {suppliers}))
FROM {table}
"""
NUMBERS = ("orderkey", "partkey", "suppkey", "linenumber", "quantity", "extendedprice", "discount", "tax")
STRINGS = ("returnflag", "linestatus", "shipinstruct", "shipmode")
DAYS = ("shipdate", "commitdate", "receiptdate")


def many() -> tuple[list[dict[str, Any]], list[str]]:
    """Two hundred rules, and for each of them what counts its failing rows by hand."""
    rules: list[dict[str, Any]] = []
    by_hand: list[str] = []
    for step in range(15):
        for name in NUMBERS:
            rules.append({"type": "in_range", "column": name, "min": step, "name": f"{name} {step}"})
            by_hand.append(f"count_if({name} < {step})")
    for step in range(10):
        for name in STRINGS:
            rules.append({"type": "length", "column": name, "min": step, "name": f"{name} {step}"})
            by_hand.append(f"count_if(length({name}) < {step})")
    for year in range(1990, 2000):
        for name in DAYS:
            rules.append({"type": "in_range", "column": name, "min": f"{year}-01-01", "name": f"{name} {year}"})
            by_hand.append(f"count_if({name} < DATE '{year}-01-01')")
    for name in (*NUMBERS, *STRINGS[:2]):
        rules.append({"type": "not_null", "column": name})
        by_hand.append(f"count_if({name} IS NULL)")
    assert len(rules) == 200, len(rules)
    return rules, by_hand


@dataclass(frozen=True)
class Run:
    """What one process measured.

    Attributes:
        seconds: From the first statement to the last answer.
        memory: The most memory of the process, in MB.
        statements: The queries that Trino ran.
        splits: The splits of each node, most first.
        cpu: The seconds that all processors of the server worked, which others on the machine hardly change.
        found: The numbers of rows that fail, after the number of all rows.
    """

    seconds: float
    memory: float
    statements: int
    splits: list[int]
    cpu: float
    found: list[int]


@dataclass(frozen=True)
class Figure:
    """The medians of one size."""

    nodes: int
    size: str
    checks: int
    rows: int
    by_hand: float
    ours: float
    ratio: float
    cpu_by_hand: float
    cpu: float
    statements: int
    splits: list[int]
    memory: float


# One process


def by_hand(url: str, size: str, checks: int) -> list[int]:
    """The numbers from one query on the driver alone."""
    import trino
    from sqlalchemy import make_url

    parsed = make_url(url)
    table, suppliers = f'"{size}".lineitem', f'"{size}".supplier'
    modes = ", ".join(f"'{mode}'" for mode in SHIPMODES)
    query = TEN_BY_HAND.format(table=table, suppliers=suppliers, modes=modes)
    if checks == 200:
        query = f"SELECT count(*), {', '.join(many()[1])} FROM {table}"
    source = str(parsed.query["source"])
    connection = trino.dbapi.connect(
        host=str(parsed.host), port=parsed.port or 8080, user=parsed.username, catalog="tpch", source=source
    )
    cursor = connection.cursor()
    cursor.execute(query)
    return [int(number) for number in cursor.fetchone() or ()]


def by_dq_core(url: str, size: str, checks: int) -> list[int]:
    """The numbers from a report, in the order of the query."""
    from sqlalchemy import make_url

    import dq_core

    rules = TEN if checks == 10 else many()[0]
    report = dq_core.validate(make_url(url).set(database=f"tpch/{size}"), rules, table="lineitem", samples=0)
    assert report.error_checks == 0, report.to_text()
    return [report.total_rows, *(int(result.failed_rows or 0) for result in report.results)]


CONTENDERS = {"by hand": by_hand, "dq_core": by_dq_core}


def run_here(contender: str, url: str, size: str, checks: int) -> None:
    """The child: imports first, then the work alone."""
    import trino.sqlalchemy  # noqa: F401

    if contender == "dq_core":
        import dq_core.run.validate  # noqa: F401
    started = time.perf_counter()
    found = CONTENDERS[contender](url, size, checks)
    seconds = time.perf_counter() - started
    print(json.dumps({"seconds": seconds, "memory": peak_memory(), "found": found}))


def peak_memory() -> float:
    """The most memory that this process had, in MB."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


# All of them


def measured(contender: str, url: str, size: str, checks: int) -> Run:
    """One contender in a process of its own, and what Trino says about its queries."""
    from sqlalchemy import create_engine, make_url

    source = f"scale-{uuid.uuid4().hex}"
    named = make_url(url).update_query_dict({"source": source})
    command = [sys.executable, __file__, "--contender", contender, "--checks", str(checks), "--sizes", size, "--url"]
    done = subprocess.run([*command, named.render_as_string(hide_password=False)], check=True, stdout=subprocess.PIPE)
    engine = create_engine(make_url(url).set(database="system/runtime"))
    with engine.connect() as connection:
        statements = connection.exec_driver_sql(f"SELECT count(*) FROM queries WHERE source = '{source}'").all()[0][0]
        splits = connection.exec_driver_sql(
            "SELECT sum(splits), sum(split_cpu_time_ms) FROM tasks WHERE query_id IN "
            f"(SELECT query_id FROM queries WHERE source = '{source}') GROUP BY node_id ORDER BY 1 DESC"
        ).all()
    engine.dispose()
    return Run(
        **json.loads(done.stdout),
        statements=int(statements),
        splits=[int(one[0]) for one in splits],
        cpu=sum(int(one[1]) for one in splits) / 1000,
    )


def compared(url: str, size: str, checks: int, nodes: int, pairs: int) -> Figure:
    """Alternating runs, and the medians."""
    runs: dict[str, list[Run]] = {name: [] for name in CONTENDERS}
    order = list(CONTENDERS)
    for _ in range(pairs):
        for name in order:
            runs[name].append(measured(name, url, size, checks))
        order.reverse()
    hand, ours = runs["by hand"], runs["dq_core"]
    for one in (*hand, *ours):
        assert one.found == hand[0].found, f"the contenders disagree: {hand[0].found} and {one.found}"
    return Figure(
        nodes=nodes,
        size=size,
        checks=checks,
        rows=hand[0].found[0],
        by_hand=statistics.median(one.seconds for one in hand),
        ours=statistics.median(one.seconds for one in ours),
        ratio=statistics.median(mine.seconds / theirs.seconds for mine, theirs in zip(ours, hand, strict=True)),
        cpu_by_hand=statistics.median(one.cpu for one in hand),
        cpu=statistics.median(one.cpu for one in ours),
        statements=ours[0].statements,
        splits=ours[0].splits,
        memory=max(one.memory for one in ours),
    )


def table_of(figures: Sequence[Figure]) -> str:
    """The figures as a table of Markdown."""
    names = ("nodes", "rows", "checks", "by hand, s", "dq_core, s", "ratio", "CPU by hand, s", "CPU, s", "ratio")
    names += ("queries", "splits by node", "client, MB")
    lines = [f"| {' | '.join(names)} |", "|---" * len(names) + "|"]
    for one in figures:
        splits = " + ".join(map(str, one.splits))
        lines.append(
            f"| {one.nodes} | {one.rows:,} | {one.checks} | {one.by_hand:.1f} | {one.ours:.1f} | {one.ratio:.2f} "
            f"| {one.cpu_by_hand:.1f} | {one.cpu:.1f} | {one.cpu / one.cpu_by_hand:.2f} "
            f"| {one.statements} | {splits} | {one.memory:.0f} |"
        )
    return "\n".join(lines)


# Servers


@contextlib.contextmanager
def servers(nodes: int, heap_mb: int) -> Iterator[str]:
    """A coordinator that works too and, for two nodes, a worker; gives the URL."""
    from support.postgresql import postgresql_server
    from support.trino import trino_server, trino_worker

    with postgresql_server() as postgresql, postgresql.empty() as catalog, contextlib.ExitStack() as stack:
        server = stack.enter_context(trino_server(catalog, heap_mb=heap_mb, short_run=False))
        url = server.url("tpch", "tiny").render_as_string(hide_password=False)
        if nodes > 1:
            stack.enter_context(trino_worker(server, heap_mb=heap_mb, short_run=False))
            wait_for_nodes(url, nodes)
        yield url


def wait_for_nodes(url: str, nodes: int) -> None:
    """Wait until so many nodes are active."""
    from sqlalchemy import create_engine

    from support.waiting import until

    engine = create_engine(url)

    def active() -> bool:
        with engine.connect() as connection:
            asked = "SELECT count(*) FROM system.runtime.nodes WHERE state = 'active'"
            return int(connection.exec_driver_sql(asked).all()[0][0]) == nodes

    until(active, f"{nodes} nodes", within=180)
    engine.dispose()


# The chart


def chart_of(figures: Sequence[Figure]) -> str:
    """Seconds by rows, both logarithmic, one line for each contender; readable on light and dark pages."""
    import math

    lines: dict[str, list[tuple[float, float]]] = {}
    for one in figures:
        where = f"{one.checks} checks, {one.nodes} node{'s' if one.nodes > 1 else ''}"
        lines.setdefault(f"{where}: dq_core", []).append((one.rows, one.ours))
        lines.setdefault(f"{where}: by hand", []).append((one.rows, one.by_hand))
    points = [point for several in lines.values() for point in several]
    low_x, high_x = (math.log10(end(x for x, _ in points)) for end in (min, max))
    low_y, high_y = (edge(math.log10(end(y for _, y in points))) for edge, end in ((math.floor, min), (math.ceil, max)))
    left, top, width, height = 60, 20, 420, 300

    def place(x: float, y: float) -> tuple[float, float]:
        across = (math.log10(x) - low_x) / ((high_x - low_x) or 1)
        return left + across * width, top + height - (math.log10(y) - low_y) / ((high_y - low_y) or 1) * height

    colors = ("#0072b2", "#d55e00", "#009e73", "#cc79a7")
    box = f"0 0 {left + width + 230} {top + height + 50}"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}" role="img" font-family="sans-serif" font-size="12">',
        "<title>Seconds by rows</title>",
        "<style>text{fill:#222}.grid{stroke:#bbb}",
        "@media(prefers-color-scheme:dark){text{fill:#ddd}.grid{stroke:#555}}</style>",
    ]
    for power in range(low_y, high_y + 1):
        y = place(10**low_x, 10.0**power)[1]
        parts.append(f'<line class="grid" x1="{left}" x2="{left + width}" y1="{y:.0f}" y2="{y:.0f}"/>')
        parts.append(f'<text x="{left - 6}" y="{y + 4:.0f}" text-anchor="end">{10.0**power:g} s</text>')
    for rows in sorted({x for x, _ in points}):
        x = place(rows, 10.0**low_y)[0]
        parts.append(f'<text x="{x:.0f}" y="{top + height + 18}" text-anchor="middle">{rows / 1e6:.1f} M rows</text>')
    for number, (name, several) in enumerate(lines.items()):
        color, dashes = colors[number // 2 % len(colors)], ' stroke-dasharray="5 4"' if number % 2 else ""
        drawn = " ".join("{:.1f},{:.1f}".format(*place(*point)) for point in several)
        parts.append(f'<polyline points="{drawn}" fill="none" stroke="{color}" stroke-width="2"{dashes}/>')
        y = top + 12 + 20 * number
        x = left + width + 12
        parts.append(
            f'<line x1="{x}" x2="{x + 26}" y1="{y - 4}" y2="{y - 4}" stroke="{color}" stroke-width="2"{dashes}/>'
        )
        parts.append(f'<text x="{x + 32}" y="{y}">{name}</text>')
    return "\n".join([*parts, "</svg>", ""])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", nargs="+", default=["sf0.1", "sf1", "sf10"])
    parser.add_argument("--checks", nargs="+", type=int, choices=(10, 200), default=[10, 200])
    parser.add_argument("--nodes", nargs="+", type=int, choices=(1, 2), default=[1, 2])
    parser.add_argument("--pairs", type=int, default=3, help="how often each contender runs (3)")
    parser.add_argument("--heap-mb", type=int, default=6000, help="the memory of each Trino process (6000)")
    parser.add_argument("--url", help="a running server, instead of one that is started here")
    parser.add_argument("--chart", type=Path, help="where to write the growth curves, as SVG")
    parser.add_argument("--contender", choices=CONTENDERS, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.contender:
        run_here(arguments.contender, arguments.url, arguments.sizes[0], arguments.checks[0])
        return
    figures: list[Figure] = []
    for nodes in arguments.nodes:
        with contextlib.nullcontext(arguments.url) if arguments.url else servers(nodes, arguments.heap_mb) as url:
            for size in arguments.sizes:
                for checks in arguments.checks:
                    figures.append(compared(url, size, checks, nodes, arguments.pairs))
                    load = os.getloadavg()[0]
                    print(json.dumps(asdict(figures[-1]) | {"load": round(load, 1)}), file=sys.stderr, flush=True)
    print(table_of(figures))
    if arguments.chart:
        arguments.chart.write_text(chart_of(figures), encoding="utf-8")


if __name__ == "__main__":
    main()
