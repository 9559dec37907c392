"""Kill writes at random moments, in every mode, and look at what is left: 0 wrong rows, 0 left-overs.

    python benchmarks/kills.py mariadb://root@127.0.0.1:3306/scratch --kills 200
    python benchmarks/kills.py "iceberg+sqlite:////tmp/scratch.db?warehouse=/tmp/scratch" --kills 100
    python benchmarks/kills.py duckdb:////tmp/scratch.duckdb --kills 200 --ways merge append

    python benchmarks/kills.py trino://me@127.0.0.1:8080/iceberg/scratch --kills 100 --statements 600

The database must be empty: its tables are dropped. Kills are SIGKILL to the process that writes; with ``--server``, the
server ends its connections (MariaDB) or kills its query (Trino) instead. ``--statements`` limits the characters of rows
in one statement of Trino, so that a few rows fill a staging table as many would. Ends with 1 if a row was wrong or a
table was left over.
"""

from __future__ import annotations

import argparse
import sys
from importlib import import_module
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from moltres.dialects import dialect_for
from moltres.dialects.binding import make_engine, parse_url
from support.kills import WAYS, campaign, disconnected, import_as_writes_do, killed, queries_killed


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--server", action="store_true", help="let the server kill the connections")
    parser.add_argument("--ways", nargs="*", choices=list(WAYS), default=list(WAYS))
    parser.add_argument("--statements", type=int, help="characters of rows in one statement of Trino")
    given = parser.parse_args()
    if given.statements is not None:
        import_module("moltres.dialects.trino.commits").MOST_CHARACTERS = given.statements
    engine = make_engine(parse_url(given.url), {})
    url, isolated = engine.url, engine.dialect.name in {"duckdb", "iceberg"}
    dialect_for(engine)
    import_as_writes_do(url)
    kill = killed
    if given.server:
        kill = queries_killed if engine.dialect.name == "trino" else disconnected
    faults = 0
    for name in given.ways:
        tally = campaign(url, WAYS[name], given.kills, seed=given.seed, kill=kill, isolated=isolated)
        print(f"{name:22} {tally}", flush=True)
        for fault in [*tally.wrong, *tally.left_over][:5]:
            print(f"    {fault}", flush=True)
        faults += len(tally.wrong) + len(tally.left_over)
    return 1 if faults else 0


if __name__ == "__main__":
    raise SystemExit(main())
