"""The contracts on imports cover every package, and each of them breaks when a door is opened the wrong way."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
CONTRACTS: list[dict[str, Any]] = SETTINGS["contracts"]
PACKAGES = sorted(init.parent.name for init in (ROOT / "packages").glob("*/src/*/__init__.py"))


LONGEST = 450
#: The adapters only translate.
ADAPTERS = ("packages/moltres-airflow/", "packages/moltres-prefect/")
LONGEST_OF_ADAPTERS = 150
"""Lines of a module; one that grows beyond has more than one idea."""


def test_modules_are_short() -> None:
    modules = [path for path in (ROOT / "packages").rglob("*.py") if "_shared" not in path.parts]
    assert len(modules) > 300
    lines = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in modules}
    most = {path: LONGEST_OF_ADAPTERS if path.startswith(ADAPTERS) else LONGEST for path in lines}
    assert {path: number for path, number in lines.items() if number > most[path]} == {}


def test_every_package_is_looked_at() -> None:
    assert sorted(SETTINGS["root_packages"]) == PACKAGES


@pytest.mark.parametrize("package", PACKAGES)
def test_the_rooms_of_every_package_are_in_layers_all_of_them_and_without_circles(package: str) -> None:
    layers = [one for one in CONTRACTS if one["type"] == "layers" and package in one.get("containers", [])]
    assert len(layers) == 1
    assert layers[0]["exhaustive"] is True
    assert [one for one in CONTRACTS if one["type"] == "acyclic_siblings" and package in one["ancestors"]]


class Copy:
    """A copy of the sources in which doors can be opened the wrong way."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for package in PACKAGES:
            (source,) = (ROOT / "packages").glob(f"*/src/{package}")
            shutil.copytree(source, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / "pyproject.toml", folder)

    def file_of(self, module: str) -> Path | None:
        """Where a module is."""
        path = self.folder.joinpath(*module.split("."))
        return next((one for one in (path / "__init__.py", path.with_suffix(".py")) if one.exists()), None)

    def modules(self, package: str) -> list[str]:
        """The modules right below a package."""
        below = sorted(self.folder.joinpath(*package.split(".")).iterdir())
        names = [path.stem for path in below if path.suffix == ".py" or (path / "__init__.py").exists()]
        return [f"{package}.{name}" for name in names if name not in ("__init__", "__main__")]

    def plant(self, module: str, imported: str) -> None:
        """Let a module import another one."""
        path = self.file_of(module)
        assert path is not None, module
        with path.open("a") as file:
            file.write(f"\nimport {imported} as planted_{imported.replace('.', '_')}\n")

    def add(self, module: str) -> None:
        """Make an empty module."""
        self.folder.joinpath(*module.split(".")).with_suffix(".py").write_text("")

    def lint(self, *contracts: str) -> tuple[int, dict[str, str]]:
        """The exit code of the linter, and what it says of each contract, or of these."""
        chosen = [word for contract in contracts for word in ("--contract", contract)]
        done = subprocess.run(
            [Path(sys.executable).with_name("lint-imports"), "--no-cache", *chosen],
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": str(self.folder)},
            capture_output=True,
            text=True,
            check=False,
        )
        verdicts = re.findall(r"^(.+?) (KEPT|BROKEN)\b", done.stdout, re.MULTILINE)
        assert verdicts, done.stdout + done.stderr
        return done.returncode, dict(verdicts)


def rooms(copy: Copy, layers: list[str], container: str | None) -> list[str]:
    """The modules of layers, from the top; those in brackets may be missing."""
    names = [name.strip(" ()") for layer in layers for name in re.split(r"[|:]", layer)]
    full = [f"{container}.{name}" if container else name for name in names]
    return [name for name in full if copy.file_of(name) is not None]


def break_contract(copy: Copy, contract: dict[str, Any]) -> None:
    """Open one door the wrong way for every package that a contract is about."""
    match contract:
        case {"type": "layers", "layers": layers}:
            for container in contract.get("containers", [None]):
                top, *_, bottom = rooms(copy, layers, container)
                copy.plant(bottom, top)
        case {"type": "acyclic_siblings", "ancestors": ancestors}:
            for ancestor in ancestors:
                one, other, *_ = copy.modules(ancestor)
                copy.plant(one, other)
                copy.plant(other, one)
        case {"type": "forbidden", "source_modules": sources, "forbidden_modules": forbidden}:
            copy.plant(sources[0].removesuffix(".*").removesuffix(".**"), forbidden[0])
        case {"type": "independence", "modules": modules}:
            (package,) = (name.removesuffix(".*") for name in modules)
            one, other, *_ = copy.modules(package)
            copy.plant(one, other)
        case _:
            pytest.fail(f"say here how a contract of the type {contract['type']} is broken")


def test_every_contract_is_kept_by_a_copy(tmp_path: Path) -> None:
    assert Copy(tmp_path).lint() == (0, {contract["name"]: "KEPT" for contract in CONTRACTS})


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda contract: contract["id"])
def test_a_contract_breaks_when_a_door_is_opened_the_wrong_way(tmp_path: Path, contract: dict[str, Any]) -> None:
    copy = Copy(tmp_path)
    break_contract(copy, contract)
    assert copy.lint(contract["id"]) == (1, {contract["name"]: "BROKEN"})


def test_a_room_that_no_layer_names_breaks_the_contract_of_its_package(tmp_path: Path) -> None:
    copy = Copy(tmp_path)
    exhaustive = [one for one in CONTRACTS if one.get("exhaustive")]
    for contract in exhaustive:
        for container in contract["containers"]:
            copy.add(f"{container}.another_room")
    code, verdicts = copy.lint()
    assert code == 1
    names = {contract["name"] for contract in exhaustive}
    assert {name for name, verdict in verdicts.items() if verdict == "BROKEN"} == names
