"""What a receipt costs: loads with and without a proof, and a count and checksum of the landed rows by hand.

    python benchmarks/receipts.py postgresql+psycopg://user@host/empty mariadb+pymysql://user@host/empty

Each database that is given, an empty DuckDB and an empty SQLite receive rows of ten columns from DuckDB, and then
100 rows of 100 columns; the first also gives the rows to DuckDB. Seconds are those of the clock, and processor time of
this process and of the server, whose first process is found if it runs on this machine; medians of loads with and
without a proof in turns.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from moltres import Database, connect

sys.path.insert(0, str(Path(__file__).resolve().parent))

from compare import COLUMNS, ROWS, seconds

if TYPE_CHECKING:
    from collections.abc import Callable

_JOINED = f"md5(concat_ws('|', {', '.join(COLUMNS)}))"
#: What somebody would write by hand, without the halves of the hash as numbers, which cost more than the hash.
BY_HAND = {
    "postgresql": f"SELECT count(*), count({_JOINED}) FROM landed",
    "mariadb": f"SELECT count(*), count({_JOINED}) FROM landed",
    "duckdb": f"SELECT count(*), count({_JOINED}) FROM landed",
}


def server_of(db: Database) -> int | None:
    """The first process of the server."""
    port = db.bind.engine.url.port
    for listing in Path("/proc").glob("[0-9]*/cmdline") if port else ():
        words = listing.read_bytes().decode("utf-8", "replace").split("\0")
        folder = listing.parent
        if any(name in words[0] for name in ("postgres", "maria")) and str(port) in " ".join(words):
            parent = int(folder.joinpath("stat").read_text().rpartition(")")[2].split()[1])
            return parent if "postgres:" in words[0] else int(folder.name)
    return None


def measure(name: str, target: Database, rows: Callable[[], Any], runs: int, by_hand: str | None = None) -> None:
    server = server_of(target)
    found: dict[bool, list[tuple[float, float]]] = {True: [], False: []}
    for _ in range(runs):
        for verify in (True, False):

            def load(verify: bool = verify) -> None:
                target.write(rows()).save_as_table("landed", mode="overwrite", verify=verify)

            found[verify].append(seconds(load, server))
    said = f"{name:28}"
    for at, unit in enumerate(("s", "CPU s")):
        proved, plain = (statistics.median(times[at] for times in found[one]) for one in (True, False))
        said += f" {plain:8.3f} {proved:8.3f} {unit}, {proved / plain:5.2f};"
    if by_hand is not None:
        with target.bind.engine.connect() as connection:
            spent = [seconds(lambda: connection.execute(sa.text(by_hand)).all(), server)[1] for _ in range(runs)]
        alone = statistics.median(spent)
        said += f" by hand in the target alone {alone:6.3f}, {1 + alone / plain:5.2f}"
    print(said, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("urls", nargs="*", help="empty databases")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=3)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        source = connect(f"duckdb:///{folder}/source.duckdb")
        wide = [{f"c{one}": (row * one, f"t{row}", row / 8)[one % 3] for one in range(100)} for row in range(100)]
        source.write(source.sql(ROWS.format(rows=given.rows))).save_as_table("t")
        targets = [connect(url) for url in given.urls]
        targets += [connect(f"duckdb:///{folder}/target.duckdb"), connect(f"sqlite:///{folder}/target.db")]
        for target in targets:
            by_hand = BY_HAND.get(target.dialect.name)
            measure(f"DuckDB -> {target.dialect.name}", target, lambda: source.table("t"), given.runs, by_hand)
            if target is targets[0] and target.dialect.name == "postgresql":
                back = targets[-2]
                measure("postgresql -> duckdb", back, lambda: targets[0].table("landed"), given.runs, BY_HAND["duckdb"])
            measure(f"100 x 100 -> {target.dialect.name}", target, lambda: wide, 3 * given.runs)


if __name__ == "__main__":
    main()
