"""Each distribution installs alone, from built wheels, into an empty environment, and brings our cores with it."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DISTRIBUTIONS = {
    "dq-core": "dq_core",
    "moltres-core": "moltres",
    "moltres-airflow": "moltres_airflow",
    "moltres-prefect": "moltres_prefect",
    "truthound-kestra": "truthound_kestra",
}

# Run inside the new environment: import everything public, and say where each of our distributions came from.
PROBE = """
import importlib, importlib.metadata, json, sys
module = importlib.import_module(sys.argv[1])
missing = [name for name in getattr(module, "__all__", ()) if not hasattr(module, name)]
ours = {}
for name in sys.argv[2:]:
    try:
        distribution = importlib.metadata.distribution(name)
    except importlib.metadata.PackageNotFoundError:
        continue
    ours[name] = [distribution.version, distribution.metadata["License-Expression"]]
print(json.dumps({"missing": missing, "ours": ours, "file": module.__file__, "version": module.__version__}))
"""


def run(*command: str | Path) -> str:
    done = subprocess.run(list(map(str, command)), cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout


@pytest.fixture(scope="session")
def uv() -> str:
    return run(sys.executable, "tools/setup.py", "--uv").split()[-1]


@pytest.fixture(scope="session")
def wheels(uv: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    for name in DISTRIBUTIONS:
        run(uv, "build", "--quiet", "--wheel", "--no-sources", "--out-dir", folder, ROOT / "packages" / name)
    return folder


def declared(name: str) -> str:
    version: str = tomllib.loads((ROOT / "packages" / name / "pyproject.toml").read_text())["project"]["version"]
    return version


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_a_distribution_installs_alone(name: str, uv: str, wheels: Path, tmp_path: Path) -> None:
    python = tmp_path / "venv" / "bin" / "python"
    run(uv, "venv", "--quiet", "--python", sys.executable, tmp_path / "venv")
    run(uv, "pip", "install", "--quiet", "--python", python, "--find-links", wheels, name)
    run(uv, "pip", "check", "--quiet", "--python", python)
    answer = json.loads(
        run(python, "-I", "-W", "ignore", "-c", PROBE, DISTRIBUTIONS[name], *DISTRIBUTIONS).splitlines()[-1]
    )
    assert answer["missing"] == []
    assert str(tmp_path) in answer["file"]
    assert answer["version"] == declared(name)
    # Strangers own some of these names on the public index: only ours have our version and licence.
    assert answer["ours"] == {found: [declared(found), "Apache-2.0"] for found in answer["ours"]}
    assert name in answer["ours"]


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_a_wheel_holds_the_package_and_nothing_else(name: str, wheels: Path) -> None:
    [wheel] = wheels.glob(f"{name.replace('-', '_')}-*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    package = DISTRIBUTIONS[name]
    assert f"{package}/py.typed" in names
    assert any(entry.endswith("licenses/LICENSE") for entry in names)
    assert {entry.split("/")[0] for entry in names} == {package, wheel.name.rsplit("-py3", 1)[0] + ".dist-info"}
