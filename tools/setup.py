"""Make the environments of the workspace, one for each distribution, under ``.venvs/``.

    python3 tools/setup.py                  every environment
    python3 tools/setup.py dq-core lint     only these
    python3 tools/setup.py --lock           write uv.lock anew from the pyproject files, without URLs

Airflow and Prefect cannot share an environment, so there is one for each distribution and a small one for the linters.
uv is taken from PATH when it is new enough; otherwise the script installs one of its own under ``.venvs/uv``. uv fills
the committed ``uv.lock`` with URLs while it works; the committed text is put back at the end, whatever happens.
A second run with the same lock, pyproject files and Python does nothing.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from lockfile import alone, strip

ROOT = Path(__file__).resolve().parent.parent
VENVS = ROOT / ".venvs"
LOCK = ROOT / "uv.lock"
OLDEST_UV = (0, 9)

# What `uv sync` is asked for, by the name of the environment.
ENVIRONMENTS = {
    "lint": ["--only-group", "lint"],
    "docs": ["--only-group", "docs"],
    "dq-core": ["--package", "dq-core"],
    "moltres-core": ["--package", "moltres-core"],
    "moltres-airflow": ["--package", "moltres-airflow"],
    # The newest pre-release of Airflow, so that its next version is no surprise.
    "moltres-airflow-next": ["--package", "moltres-airflow", "--no-dev", "--group", "next"],
    # The newest DuckDB, which its dialect of SQLAlchemy does not ask for yet, and dialects of databases that have no
    # server here: see ON_TOP.
    "duckdb-next": ["--package", "moltres-core"],
    "dialects": ["--package", "moltres-core"],
    "moltres-prefect": ["--package", "moltres-prefect"],
    "truthound-kestra": ["--package", "truthound-kestra"],
    # What a user of the package has, without the other engines and the tests: enough for `make demo`.
    "demo-kestra": ["--package", "truthound-kestra", "--no-dev"],
}

# What `uv pip install` adds to an environment: a version that another package of it does not ask for yet (uv overrides
# requirements for a whole workspace only), and packages that only a test of compiled statements needs.
ON_TOP = {
    "duckdb-next": ["--no-deps", "duckdb==2.0.1"],
    "dialects": [
        "snowflake-sqlalchemy==2.1.0",
        "sqlalchemy-bigquery==1.17.3",
        "databricks-sqlalchemy==2.0.10",
        "clickhouse-connect==1.12.0",
        "starrocks==1.3.4",
        "sqlalchemy-redshift==1.0.0",
    ],
}


def uv_is_new_enough(uv: str) -> bool:
    answer = subprocess.run([uv, "--version"], capture_output=True, text=True, check=False)
    found = re.search(r"(\d+)\.(\d+)", answer.stdout)
    return found is not None and tuple(map(int, found.groups())) >= OLDEST_UV


def find_uv() -> str:
    """The uv to use: the one on PATH, or one that is installed here."""
    on_path = shutil.which("uv")
    if on_path and uv_is_new_enough(on_path):
        return on_path
    own = VENVS / "uv" / "bin" / "uv"
    if not own.exists():
        print("setup: no uv on PATH, installing one under .venvs/uv", flush=True)
        made = subprocess.run([sys.executable, "-m", "venv", str(VENVS / "uv")], check=False)
        if made.returncode != 0:
            raise SystemExit(
                "setup: python3 cannot make a virtual environment. Install Python's venv module "
                "(Debian: apt-get install python3-venv) or uv, and run this again."
            )
        subprocess.run([str(own.with_name("pip")), "install", "--quiet", "uv"], check=True)
    return str(own)


def fingerprint() -> str:
    """Changes whenever an environment must be made again."""
    digest = hashlib.sha256(f"{sys.version} {sys.executable}".encode())
    for path in [LOCK, ROOT / "pyproject.toml", *sorted(ROOT.glob("packages/*/pyproject.toml")), Path(__file__)]:
        digest.update(path.read_bytes() if path.exists() else b"")
    return digest.hexdigest()


def environment(name: str) -> dict[str, str]:
    """What uv is told through its process environment."""
    return {
        **{key: value for key, value in os.environ.items() if key != "VIRTUAL_ENV"},
        "UV_PYTHON": sys.executable,
        "UV_PYTHON_DOWNLOADS": "never",
        "UV_PROJECT_ENVIRONMENT": str(VENVS / name),
    }


def resolve(uv: str, wanted: str) -> None:
    """Fill uv.lock with URLs: by asking uv, or from the last answer to the same question."""
    answer, asked = VENVS / "uv.lock", VENVS / "uv.lock.made-from"
    if asked.exists() and asked.read_text() == wanted:
        LOCK.write_text(answer.read_text())
        return
    print("setup: resolving", flush=True)
    committed = LOCK.read_text()
    subprocess.run([uv, "lock", "--quiet"], cwd=ROOT, env=environment("lint"), check=True)
    if strip(LOCK.read_text()) != strip(committed):
        print("setup: uv.lock does not fit the pyproject files any more; `make lock` writes it anew", file=sys.stderr)
    answer.write_text(LOCK.read_text())
    asked.write_text(wanted)


def sync(names: list[str]) -> None:
    wanted = fingerprint()
    stamps = {name: VENVS / name / ".made-from" for name in names}
    stale = [name for name, stamp in stamps.items() if not stamp.exists() or stamp.read_text() != wanted]
    if not stale:
        return
    uv = find_uv()
    committed = LOCK.read_text()
    try:
        resolve(uv, wanted)
        for name in stale:
            print(f"setup: .venvs/{name}", flush=True)
            command = [uv, "sync", "--quiet", "--frozen", *ENVIRONMENTS[name]]
            subprocess.run(command, cwd=ROOT, env=environment(name), check=True)
            if more := ON_TOP.get(name):
                python = ["--python", str(VENVS / name / "bin" / "python")]
                command = [uv, "pip", "install", "--quiet", *python, *more]
                subprocess.run(command, cwd=ROOT, env=environment(name), check=True)
            stamps[name].write_text(wanted)
    finally:
        LOCK.write_text(committed)


def lock() -> None:
    subprocess.run([find_uv(), "lock"], cwd=ROOT, env=environment("lint"), check=True)
    LOCK.write_text(strip(LOCK.read_text()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("environments", nargs="*", metavar="ENVIRONMENT", help=", ".join(ENVIRONMENTS))
    parser.add_argument("--lock", action="store_true", help="write uv.lock anew")
    parser.add_argument("--uv", action="store_true", help="print the path of the uv in use")
    options = parser.parse_args()
    unknown = [name for name in options.environments if name not in ENVIRONMENTS]
    if unknown:
        parser.error(f"unknown: {', '.join(unknown)}; there are {', '.join(ENVIRONMENTS)}")
    # Two makes at once (make -j2) wait for each other: both would write uv.lock.
    with alone(ROOT):
        if options.uv:
            print(find_uv())
        elif options.lock:
            lock()
        else:
            sync(options.environments or list(ENVIRONMENTS))


if __name__ == "__main__":
    main()
