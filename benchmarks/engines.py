"""check, profile and learn on Parquet: the engines against truthound alone.

    .venvs/truthound-kestra/bin/python benchmarks/engines.py                  # 1 M and 10 M rows
    .venvs/truthound-kestra/bin/python benchmarks/engines.py --rows 1000000 --rounds 5 --only check

Each run is a process of its own, and the contenders of a verb take turns. A figure is the median over the rounds of the
ratio to truthound alone in the same round; imports are not counted, for anybody. The rules are those of checks.py.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

sys.path.insert(0, str(Path(__file__).resolve().parent))

from checks import COUNTRIES, EMAIL, ROWS, RULES

ALONE = "truthound alone"
CONTENDERS = {
    "check": (ALONE, "dq_core", "truthound", "pandera", "great_expectations"),
    "profile": (ALONE, "dq_core", "truthound"),
    "learn": (ALONE, "dq_core", "truthound"),
}
# pandera has no rule about the number of rows.
WITHOUT = {"pandera": {"row_count"}}


def alone(verb: str, path: str) -> Callable[[], object]:
    """Truthound as its documentation has it, in a context that keeps nothing."""
    import polars as pl
    import truthound
    from truthound import validators as v
    from truthound.context import TruthoundContext, TruthoundContextConfig
    from truthound.profiler import generate_suite, profile_dataframe

    def check() -> object:
        quiet = TruthoundContextConfig(
            persist_runs=False, persist_docs=False, auto_create_baseline=False, auto_create_workspace=False
        )
        rules = [
            v.NotNullValidator(columns=["id", "email"]),
            v.UniqueValidator(columns=["id", "code"]),
            v.BetweenValidator(columns=["age"], min_value=0, max_value=120),
            v.BetweenValidator(columns=["amount"], min_value=0, max_value=10_000),
            v.InSetValidator(columns=["country"], allowed_values=list(COUNTRIES)),
            v.RegexValidator(columns=["email"], pattern=EMAIL),
            v.RowCountValidator(min_count=1),
            v.CompletenessRatioValidator(columns=["note"], min_ratio=0.5),
        ]
        with tempfile.TemporaryDirectory() as folder:
            return truthound.check(path, validators=rules, context=TruthoundContext(Path(folder), quiet))

    verbs = {
        "check": check,
        "profile": lambda: profile_dataframe(pl.read_parquet(path)),
        "learn": lambda: generate_suite(profile_dataframe(pl.read_parquet(path))),
    }
    return verbs[verb]


def engine(name: str, verb: str, path: str, small: str) -> Callable[[], object]:
    """One of the engines, its library imported and used once on few rows."""
    from dq_core.engines import get_engine

    chosen = get_engine(name)
    rules = [rule for rule in RULES if rule["type"] not in WITHOUT.get(name, ())]

    def run(source: str) -> object:
        return chosen.check(source, rules, samples=0) if verb == "check" else getattr(chosen, verb)(source)

    run(small)
    return lambda: run(path)


def measure(contender: str, verb: str, path: str, small: str) -> None:
    """Run once and print seconds and peak megabytes."""
    if contender == ALONE:
        # Once on few rows: validators are imported when they are first used.
        alone(verb, small)()
        run = alone(verb, path)
    else:
        run = engine(contender, verb, path, small)
    started, used = time.perf_counter(), time.process_time()
    run()
    print(
        json.dumps(
            {
                "wall": time.perf_counter() - started,
                "cpu": time.process_time() - used,
                "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            }
        )
    )


def data(folder: Path, rows: int) -> str:
    import duckdb

    path = folder / f"{rows}.parquet"
    countries = "[" + ", ".join(f"'{one}'" for one in COUNTRIES) + "]"
    duckdb.execute(f"COPY ({ROWS.format(countries=countries, rows=rows)}) TO '{path}' (FORMAT parquet)")
    return str(path)


def compare(verb: str, path: str, small: str, rounds: int) -> None:
    found: dict[str, list[dict[str, float]]] = {name: [] for name in CONTENDERS[verb]}
    environment = {**os.environ, "GX_ANALYTICS_ENABLED": "false"}
    for _ in range(rounds):
        for name in CONTENDERS[verb]:
            command = [sys.executable, "-W", "ignore", __file__, "--run", name, verb, path, small]
            done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
            if done.returncode:
                sys.exit(f"{name}: {done.stderr[-2000:]}")
            found[name].append(json.loads(done.stdout.splitlines()[-1]))
    print(f"| {verb}, {Path(path).stem} rows | wall | CPU | seconds | peak MB |\n|---|---|---|---|---|")
    for name, runs in found.items():
        cells = [
            statistics.median(one[key] / base[key] for one, base in zip(runs, found[ALONE], strict=True))
            for key in ("wall", "cpu")
        ]
        seconds, peak = (statistics.median(one[key] for one in runs) for key in ("wall", "peak"))
        print(f"| {name} | {cells[0]:.2f} | {cells[1]:.2f} | {seconds:.2f} | {peak:.0f} |")
    print()


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000_000, 10_000_000])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", choices=tuple(CONTENDERS))
    parser.add_argument("--run", nargs=4, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.run:
        measure(*arguments.run)
        return
    with tempfile.TemporaryDirectory() as folder:
        small = data(Path(folder), 2000)
        for rows in arguments.rows:
            path = data(Path(folder), rows)
            for verb in CONTENDERS:
                if arguments.only in (None, verb):
                    compare(verb, path, small, arguments.rounds)


if __name__ == "__main__":
    main()
