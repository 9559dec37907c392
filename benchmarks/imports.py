"""How long `import moltres` and `from dq_core import validate` take beside `import sqlalchemy`, which both require.

    python benchmarks/imports.py                       # fifteen rounds

Each import is a process of its own; they take turns, from compiled bytecode, and the figures are medians. The time of
an interpreter that imports nothing is taken off.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time

CONTENDERS = {
    "nothing": "pass",
    "sqlalchemy": "import sqlalchemy",
    "moltres": "import moltres",
    "dq_core": "from dq_core import validate",
}
HEAVY = ("duckdb", "pandas", "polars", "pyarrow", "numpy", "psycopg")


def measure(statement: str, environment: dict[str, str]) -> float:
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", statement], check=True, env=environment)
    return (time.perf_counter() - started) * 1000


def loaded(statement: str) -> list[str]:
    program = f"{statement}\nimport sys\nprint(*[name for name in {HEAVY} if name in sys.modules])"
    return subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout.split()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds
    runs: dict[str, list[float]] = {name: [] for name in CONTENDERS}
    with tempfile.TemporaryDirectory() as bytecode:
        environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
        environment["PYTHONPYCACHEPREFIX"] = bytecode
        for number in range(rounds + 1):
            for name, statement in CONTENDERS.items():
                elapsed = measure(statement, environment)
                if number > 0:  # the first round compiles
                    runs[name].append(elapsed)
    floor = statistics.median(runs.pop("nothing"))
    base = statistics.median(a - floor for a in runs["sqlalchemy"])
    print(f"{'':12} {'ms':>6} {'ratio':>6}  heavy libraries loaded")
    for name, found in runs.items():
        own = statistics.median(found) - floor
        print(f"{name:12} {own:6.0f} {own / base:6.2f}  {', '.join(loaded(CONTENDERS[name])) or 'none'}")


if __name__ == "__main__":
    main()
