"""Kill writes at random moments, in every mode, and look at what is left: 0 wrong rows, 0 left-overs.

    python benchmarks/kills.py mariadb://root@127.0.0.1:3306/scratch --kills 200
    python benchmarks/kills.py "iceberg+sqlite:////tmp/scratch.db?warehouse=/tmp/scratch" --kills 100
    python benchmarks/kills.py duckdb:////tmp/scratch.duckdb --kills 200 --ways merge append

    python benchmarks/kills.py trino://me@127.0.0.1:8080/iceberg/scratch --kills 100 --statements 600
    python benchmarks/kills.py trino --restarts 5 --statements 600

The database must be empty: its tables are dropped. Kills are SIGKILL to the process that writes; with ``--server``,
the server of MariaDB ends its connections instead. On Trino a load is killed in each of the three ``--kinds`` by turns:
SIGKILL to the client, the server kills the query that runs, a proxy loses the answer, half of the times the one that
says that the rows are published. With ``--restarts``, a Trino of its own is killed in the middle of one write of each
way at once, and started again. ``--statements`` limits the characters of rows in one statement of Trino, so that a few
rows fill a staging table as many would. Ends with 1 if a row was wrong or a table was left over.
"""

from __future__ import annotations

import argparse
import sys
from contextlib import ExitStack
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from moltres.dialects import dialect_for
from moltres.dialects.connections.binding import make_engine, parse_url
from support.kill_ways import WAYS, ways_of
from support.kills import (
    Tally,
    campaign,
    disconnected,
    import_as_writes_do,
    killed,
    restarts,
)
from support.postgresql import postgresql_server
from support.trino import restartable_trino
from support.trino_kills import KINDS, chains

if TYPE_CHECKING:
    from sqlalchemy import URL


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--server", action="store_true", help="let the server kill the connections")
    parser.add_argument("--kinds", nargs="*", choices=KINDS, default=KINDS, help="of kills on Trino")
    parser.add_argument("--restarts", type=int, help="kill the server so many times, while one write of each way runs")
    parser.add_argument("--ways", nargs="*", choices=list(WAYS), help="those that the database has")
    parser.add_argument("--statements", type=int, help="characters of rows in one statement of Trino")
    given = parser.parse_args()
    if given.statements is not None:
        import_module("moltres.dialects.trino.commits").MOST_CHARACTERS = given.statements
    if given.restarts is not None:
        return 1 if _restarted(given) else 0
    engine = make_engine(parse_url(given.url), {})
    url, isolated = engine.url, engine.dialect.name in {"duckdb", "iceberg"}
    dialect_for(engine)
    given.ways = given.ways or ways_of(url)
    import_as_writes_do(url, given.ways)
    if engine.dialect.name == "trino":
        return 1 if _chained(url, given) else 0
    faults = 0
    kill = disconnected if given.server else killed
    for name in given.ways:
        tally = campaign(url, WAYS[name], given.kills, seed=given.seed, kill=kill, isolated=isolated)
        faults += _faults({name: tally})
    return 1 if faults else 0


def _chained(url: URL, given: argparse.Namespace) -> int:
    with chains(url, seed=given.seed, kinds=tuple(given.kinds)) as chained:
        try:
            for turn in chained.run(given.ways, given.kills):
                if turn % 3 == 0:
                    print(f"turn {turn}")
                    _faults(_named(chained.tallies))
        finally:  # also when somebody stops it
            faults = _faults(_named(chained.tallies))
        return faults


def _named(tallies: dict[tuple[str, str], Tally]) -> dict[str, Tally]:
    return {f"{way}, {kind}": tally for (way, kind), tally in sorted(tallies.items())}


def _faults(tallies: dict[str, Tally]) -> int:
    for name, tally in tallies.items():
        print(f"{name:30} {tally}", flush=True)
        for fault in [*tally.wrong, *tally.left_over][:5]:
            print(f"    {fault}", flush=True)
    return sum(len(tally.wrong) + len(tally.left_over) for tally in tallies.values())


def _restarted(given: argparse.Namespace) -> int:
    with ExitStack() as stack:
        postgresql = stack.enter_context(postgresql_server())
        catalog = stack.enter_context(postgresql.empty())
        server, restart = stack.enter_context(restartable_trino(catalog))

        def schema(_: str) -> URL:
            return stack.enter_context(server.schema("iceberg"))

        ways = {name: WAYS[name] for name in given.ways or ways_of(schema(""))}
        faults = 0
        for number, tallies in enumerate(restarts(restart, schema, ways, given.restarts, seed=given.seed), start=1):
            print(f"restart {number}")
            faults = _faults(tallies)
        return faults


if __name__ == "__main__":
    raise SystemExit(main())
