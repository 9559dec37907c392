"""Faults between a source and a table: how many loads with one changed value are rolled back or refused.

    python benchmarks/receipt_faults.py sqlite:///f.db --trials 2500
    python benchmarks/receipt_faults.py postgresql+psycopg://postgres@127.0.0.1:5432/faults --trials 2500
    python benchmarks/receipt_faults.py trino://me@127.0.0.1:8080/iceberg/faults --trials 60 [--stage-uri FOLDER]

A trial is a load of twenty rows (append, merge or overwrite) into a table that has twenty others, while the driver,
what makes rows ready for it, a trigger, another type or a session that cuts strings off changes a value. It has gone
well if the load raises an error and the table is as it was. The faults are those of the tests
(tests/support/dialect_conformance/receipt_faults.py).
Ends with 1 if a trial has gone wrong, and says which by its seed.
"""

from __future__ import annotations

import argparse
import collections
import random
import sys
import time
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from moltres import Database, connect
from moltres.errors import MoltresError, ReceiptError
from support.dialect_conformance import receipt_faults
from support.dialect_conformance.data import run as run_sql

FAULTS: Final = {
    "sqlite": receipt_faults.SQLITE,
    "duckdb": receipt_faults.DUCKDB,
    "postgresql": receipt_faults.POSTGRESQL,
    "mariadb": receipt_faults.MARIADB,
    "iceberg": receipt_faults.ICEBERG,
    "trino": receipt_faults.TRINO,
}
MODES: Final[tuple[tuple[Any, dict[str, Any]], ...]] = (("append", {}), ("merge", {"keys": ["id"]}), ("overwrite", {}))


def stored(db: Database) -> list[dict[str, Any]]:
    """The rows of the table."""
    return list(db.table("target").select().order_by("id").collect())


def run(
    db: Database, fault: receipt_faults.Fault, trials: int, seed: int
) -> tuple[collections.Counter[str], list[str]]:
    """The trials of one fault: how they ended, and which went wrong."""
    ended: collections.Counter[str] = collections.Counter()
    wrong = []
    draw = random.Random(seed)
    db.write(receipt_faults.rows(draw)).save_as_table("target", mode="overwrite")
    try:
        with fault(db, draw):
            before = stored(db)
            for trial in range(trials):
                mode, options = MODES[trial % len(MODES)]
                rows = receipt_faults.rows(draw, first=20 if mode == "append" else 10)
                try:
                    db.write(rows).save_as_table("target", mode=mode, **options)
                except ReceiptError:
                    ended["rolled back"] += 1
                except MoltresError as error:
                    ended[f"refused: {type(error).__name__}"] += 1
                else:
                    ended["COMMITTED"] += 1
                    wrong.append(f"{fault.__name__} seed {seed} trial {trial} {mode}: committed")
                if stored(db) != before:
                    wrong.append(f"{fault.__name__} seed {seed} trial {trial} {mode}: the table has changed")
                    break
    finally:
        run_sql(db, "DROP TABLE target")
    return ended, wrong


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url", help="an empty database")
    parser.add_argument("--trials", type=int, default=2500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--stage-uri", help="a folder that Trino reaches: rows go there in files")
    parser.add_argument("--stage-location", help="what Trino calls that folder")
    arguments = parser.parse_args()
    started, total, wrong = time.perf_counter(), 0, []
    with connect(arguments.url, stage_uri=arguments.stage_uri, stage_location=arguments.stage_location) as db:
        faults = receipt_faults.TRINO_FILES if arguments.stage_uri else FAULTS[db.dialect.name]
        share = -(-arguments.trials // len(faults))
        for number, fault in enumerate(faults):
            ended, found = run(db, fault, share, arguments.seed + number)
            total += ended.total()
            wrong += found
            said = ", ".join(f"{count} {how}" for how, count in sorted(ended.items()))
            print(f"{db.dialect.name} {fault.__name__}: {said}", flush=True)
        print(
            f"{db.dialect.name}: {total} trials, {len(wrong)} wrong, {time.perf_counter() - started:.0f} s", flush=True
        )
    print("\n".join(wrong))
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
