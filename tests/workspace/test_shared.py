"""Both cores carry the modules of packages/shared: as links in a checkout, as files in what is built."""

from __future__ import annotations

import ast
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "packages" / "shared"
CORES = {"dq-core": "dq_core", "moltres-core": "moltres"}


def modules(folder: Path = SOURCE) -> dict[str, bytes]:
    """The modules of a folder and of those in it, by their path."""
    found = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*.py")}
    assert "__init__.py" in found
    return found


def run(*command: str | Path) -> str:
    done = subprocess.run(list(map(str, command)), cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout


@pytest.mark.parametrize("name", CORES)
def test_a_core_has_the_shared_modules(name: str) -> None:
    carried = ROOT / "packages" / name / "src" / CORES[name] / "_shared"
    if not carried.is_symlink() and carried.is_file():
        pytest.fail(
            f"{carried} is a file: this checkout has no symbolic links. Set core.symlinks (Windows: developer mode), "
            "or replace it by a copy of packages/shared."
        )
    # A copy, where links are not to be had, must be equal.
    assert modules(carried) == modules()


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    uv = run(sys.executable, "tools/setup.py", "--uv").split()[-1]
    for name in CORES:
        # First the source archive, then the wheel from it: the way of an installation from source.
        run(uv, "build", "--quiet", "--no-sources", "--out-dir", folder, ROOT / "packages" / name)
    return folder


@pytest.mark.parametrize("name", CORES)
def test_a_wheel_holds_them_as_files(name: str, built: Path) -> None:
    [wheel] = built.glob(f"{name.replace('-', '_')}-*.whl")
    prefix = f"{CORES[name]}/_shared/"
    with zipfile.ZipFile(wheel) as archive:
        entries = [entry for entry in archive.infolist() if entry.filename.startswith(prefix)]
        assert not any((entry.external_attr >> 16) & 0o170000 == 0o120000 for entry in entries)
        assert {entry.filename.removeprefix(prefix): archive.read(entry) for entry in entries} == modules()


@pytest.mark.parametrize("name", CORES)
def test_a_source_archive_holds_them_as_files(name: str, built: Path) -> None:
    [path] = built.glob(f"{name.replace('-', '_')}-*.tar.gz")
    with tarfile.open(path) as archive:
        members = [member for member in archive.getmembers() if "/_shared/" in member.name]
        assert all(member.isfile() for member in members)
        found = {member.name.partition("/_shared/")[2]: archive.extractfile(member) for member in members}
        assert {file: content.read() for file, content in found.items() if content is not None} == modules()


def test_they_import_nothing_of_a_core_and_each_other_relatively() -> None:
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom):
                inside = len(path.relative_to(SOURCE).parts)  # in a folder of the shared modules, two dots stay inside
                assert node.level <= inside, path
                assert node.level > 0 or (node.module or "").partition(".")[0] not in CORES.values(), path
            elif isinstance(node, ast.Import):
                assert not {alias.name.partition(".")[0] for alias in node.names} & {"shared", *CORES.values()}, path
