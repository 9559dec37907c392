"""Every test runs in some leg of `make test test-engines`, and the summary of .ci/run expects every leg."""

from __future__ import annotations

import functools
import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
MAKEFILE = (ROOT / "Makefile").read_text()
AGAIN = {"moltres-airflow-next": ["moltres-airflow"], "duckdb-next": ["moltres-core", "dq-core"]}
"""Legs on a coming version, and those that run the same tests on the present one."""


@functools.cache
def variable(name: str) -> list[str]:
    """The words of a variable of the Makefile, as make expands them."""
    asked = ["make", "--no-print-directory", "-f", "-", "asked"]
    makefile = f"{MAKEFILE}\nasked:\n\t@echo $({name})\n"
    done = subprocess.run(asked, cwd=ROOT, input=makefile, capture_output=True, text=True, check=True)
    return done.stdout.split()


def legs() -> list[str]:
    return [*variable("LEGS"), *variable("ENGINES")]


def runs(leg: str, path: Path) -> bool:
    """Whether a leg collects a file."""
    words = variable(f"TESTS_{leg}")
    ignored = [ROOT / word.removeprefix("--ignore=") for word in words if word.startswith("--ignore=")]
    asked = [ROOT / word for word in words if not word.startswith("--")]
    return any(path.is_relative_to(one) for one in asked) and not any(path.is_relative_to(one) for one in ignored)


def test_every_test_runs_in_a_leg_and_in_no_more_than_it_must() -> None:
    files = sorted((ROOT / "tests").rglob("test_*.py"))
    assert len(files) > 100
    shared = ROOT / "tests" / "shared"  # both cores carry what these test
    # The newest Airflow and the newest DuckDB run, a second time, what other legs run.
    for again, first in AGAIN.items():
        repeated = [path for path in files if runs(again, path)]
        assert repeated
        assert all(any(runs(leg, path) for leg in first) for path in repeated)
    once = [leg for leg in variable("LEGS") if leg not in AGAIN]
    found = {path: [leg for leg in once if runs(leg, path)] for path in files}
    wrong = {path: legs for path, legs in found.items() if len(legs) != (2 if path.is_relative_to(shared) else 1)}
    assert wrong == {}


def test_every_test_of_a_server_runs_in_a_leg_of_its_own() -> None:
    marked = [path for path in (ROOT / "tests").rglob("test_*.py") if "pytest.mark.engines" in path.read_text()]
    marked.remove(Path(__file__))
    assert marked
    found = {path: [leg for leg in variable("ENGINES") if runs(leg, path)] for path in marked}
    assert {str(path): names for path, names in found.items() if len(names) != 1} == {}


@pytest.mark.parametrize("leg", legs())
def test_what_a_leg_runs_is_there(leg: str) -> None:
    words = variable(f"TESTS_{leg}")
    assert words
    assert [word for word in words if not (ROOT / word.removeprefix("--ignore=")).exists()] == []
    asked = ["make", "--dry-run", f"test-{leg}"]
    recipe = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert f"results.py leg {leg} -- .venvs/" in recipe


def test_the_summary_of_ci_expects_every_leg_and_step() -> None:
    recipe = re.search(r"^ci-summary:\n\t(.*)$", MAKEFILE, re.MULTILINE)
    assert recipe is not None
    assert recipe[1].endswith("results.py sum $(STEPS_CHECK) $(LEGS) $(ENGINES)")
    steps = re.findall(r"\$\(STEP\) (\S+) --", MAKEFILE)
    expected = {step for step in steps if "$*" not in step} | {f"types-{name}" for name in variable("DISTRIBUTIONS")}
    assert expected == set(variable("STEPS_CHECK"))
    assert (ROOT / ".ci" / "run").read_text().splitlines()[-2:] == [
        "$(command -v eatmydata) make -k -j3 --output-sync=target test-engines-moltres test test-engines lint types",
        "make ci-summary",
    ]


def requirements(groups: dict[str, list[Any]], name: str) -> list[str]:
    """What a dependency group asks for, with the groups that it includes."""
    parts = [[one] if isinstance(one, str) else requirements(groups, one["include-group"]) for one in groups[name]]
    return [one for part in parts for one in part]


def test_every_environment_stops_a_test_that_hangs() -> None:
    pytest_options = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["pytest"]["ini_options"]
    assert pytest_options["timeout"] <= 300
    for package in sorted((ROOT / "packages").glob("*/pyproject.toml")):
        groups = tomllib.loads(package.read_text())["dependency-groups"]
        for name in groups:
            assert any(one.startswith("pytest-timeout") for one in requirements(groups, name)), (package, name)
