"""Whole processes that do something small, beside one that only imports SQLAlchemy and DuckDB.

    python benchmarks/startup.py                       # nine rounds

Each task of an orchestrator is a process. Figures are medians of seconds above ``import sqlalchemy, duckdb``, from
compiled bytecode; the processes take turns. Peers are measured if they are installed.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

RULES = """[
    {"type": "not_null", "column": "id"}, {"type": "unique", "column": "id"},
    {"type": "in_range", "column": "amount", "min": 0, "max": 1000},
    {"type": "in_set", "column": "country", "values": ["de", "fr", "it"]},
    {"type": "regex", "column": "code", "pattern": "^[a-z][0-9]+$"},
    {"type": "row_count", "min": 1},
]"""
TASKS = {
    "import sqlalchemy, duckdb": "import sqlalchemy, duckdb",
    "dq_core: validate a CSV file": f"from dq_core import validate\nassert validate('rows.csv', {RULES})",
    "dq_core: validate a Parquet file": f"from dq_core import validate\nassert validate('rows.parquet', {RULES})",
    "moltres: query": (
        "from moltres import col, connect\nwith connect('duckdb:///rows.duckdb') as db:\n"
        "    assert db.table('rows').where(col('amount') > 5.5).select('id').count() > 0\n"
        "    assert len(db.sql('SELECT * FROM rows WHERE country = :c', c='de').collect()) > 0"
    ),
    "moltres: write": (
        "from moltres import connect\nwith connect('duckdb:///rows.duckdb') as db:\n"
        "    db.table('rows').write.save_as_table('copy', mode='overwrite', run_key='k')\n"
        "    db.write([{'id': 1, 'name': 'x'}]).save_as_table('few', mode='overwrite')"
    ),
    "cuallee: check a pandas frame": (
        "import pandas as pd\nfrom cuallee import Check, CheckLevel\ndf = pd.read_csv('rows.csv')\n"
        "Check(CheckLevel.ERROR, 'c').is_complete('id').is_unique('id').is_between('amount', (0, 1000))"
        ".is_contained_in('country', ('de', 'fr', 'it')).has_pattern('code', '^[a-z][0-9]+$').validate(df)"
    ),
    "pointblank: validate a CSV file": (
        "import pointblank as pb\n(pb.Validate('rows.csv').col_vals_not_null('id').rows_distinct('id')"
        ".col_vals_between('amount', 0, 1000).col_vals_in_set('country', ['de', 'fr', 'it'])"
        ".col_vals_regex('code', '^[a-z][0-9]+$').interrogate())"
    ),
}
NEEDS = {"dq_core": "dq_core", "moltres": "moltres", "cuallee": "cuallee", "pointblank": "pointblank"}
HEAVY = ("pandas", "pyarrow", "polars", "numpy")


def make(folder: str) -> None:
    import duckdb

    connection = duckdb.connect(f"{folder}/rows.duckdb")
    connection.execute(
        "CREATE TABLE rows AS SELECT i AS id, i % 100 + 0.5 AS amount, ['de', 'fr', 'it'][i % 3 + 1] AS country,"
        " 'c' || i AS code FROM range(1000) t(i)"
    )
    for kind in ("csv", "parquet"):
        connection.execute(f"COPY rows TO '{folder}/rows.{kind}' (FORMAT {kind})")
    connection.close()


def run(program: str, folder: str, environment: dict[str, str]) -> float:
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", program], check=True, env=environment, cwd=folder, capture_output=True)
    return time.perf_counter() - started


def loaded(program: str, folder: str, environment: dict[str, str]) -> str:
    told = f"{program}\nimport sys\nprint(*[name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", told], check=True, capture_output=True, text=True, cwd=folder, env=environment
    )
    return ", ".join(done.stdout.split("\n")[-2].split()) or "none"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9)
    rounds = parser.parse_args().rounds
    tasks = {
        name: program
        for name, program in TASKS.items()
        if find_spec(NEEDS.get(name.partition(":")[0], "sqlalchemy")) is not None
    }
    runs: dict[str, list[float]] = {name: [] for name in tasks}
    with tempfile.TemporaryDirectory() as folder:
        make(folder)
        environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
        environment["PYTHONPYCACHEPREFIX"] = str(Path(folder, "bytecode"))
        for number in range(rounds + 1):
            for name, program in tasks.items():
                elapsed = run(program, folder, environment)
                if number > 0:  # the first round compiles
                    runs[name].append(elapsed)
        floor = statistics.median(runs["import sqlalchemy, duckdb"])
        print(f"{'':36} {'s':>6} {'above':>6}  loaded")
        for name, found in runs.items():
            middle = statistics.median(found)
            print(f"{name:36} {middle:6.2f} {middle - floor:6.2f}  {loaded(tasks[name], folder, environment)}")


if __name__ == "__main__":
    main()
