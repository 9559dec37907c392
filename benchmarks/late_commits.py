"""Copy a table while twenty writers commit late, again and again: how many rows are lost and doubled.

    python benchmarks/late_commits.py SOURCE --schedules 1000 [--target URL] [--mode append] [--late 120] [--plain]

SOURCE is the URL of a database to write to, such as postgresql+psycopg://user@host/empty. --late limits how long a
transaction lasts, and is then said to the load as lag; without it transactions last as long as they like. --plain
copies what is above the greatest value of the target instead, and shows what that loses. --one-by-one lets a writer
write when it commits, where writers would wait for each other (MariaDB, --mode merge).
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import sqlalchemy as sa

from moltres import connect
from support.late_commits import TABLE, Schedule, Writers, incremental, plain, run_schedule


def main() -> None:
    """Run schedules and print what became of their rows."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source")
    parser.add_argument("--target", help="URL of another database; a new DuckDB in memory by default")
    parser.add_argument("--schedules", type=int, default=1000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--mode", choices=["append", "merge"], default="append")
    parser.add_argument("--late", type=int)
    parser.add_argument("--plain", action="store_true")
    parser.add_argument("--one-by-one", action="store_true")
    given = parser.parse_args()
    total: Counter[str] = Counter()
    began = time.monotonic()
    server = sa.make_url(given.source).host is not None
    with connect(given.source, **({"pool_size": 30} if server else {})) as source:
        writers = Writers(source, together=server and not given.one_by_one)
        target = connect(given.target)
        for number in range(given.first, given.first + given.schedules):
            with target.transaction() as connection:
                for table in (TABLE, "moltres_loads"):
                    connection.execute(sa.text(f"DROP TABLE IF EXISTS {table}"))
            target.forget()
            schedule = Schedule(number, given.mode, given.late)
            outcome = run_schedule(schedule, writers, source, target, plain if given.plain else incremental)
            if outcome.lost or outcome.doubled:
                total["schedules that went wrong"] += 1
                if not given.plain:
                    print(number, outcome)
            total.update(outcome.__dict__)
        writers.close()
        target.close()
    print(f"{given.schedules} schedules in {time.monotonic() - began:.0f} s:", dict(total))


if __name__ == "__main__":
    main()
