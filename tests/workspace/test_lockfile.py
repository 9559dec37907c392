"""The committed lock file names versions and no URLs."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from support.tools import load_tool

ROOT = Path(__file__).resolve().parents[2]
lockfile = load_tool("lockfile")

FULL = """\
version = 1

[[package]]
name = "six"
version = "1.17.0"
source = { registry = "https://index.example/simple" }
dependencies = [
    { name = "other", version = "2", source = { registry = "https://index.example/simple" } },
]
sdist = { url = "https://files.example/six.tar.gz", hash = "sha256:00", size = 1 }
wheels = [
    { url = "https://files.example/six-py2.py3-none-any.whl", hash = "sha256:11", size = 2 },
]

[[package]]
name = "member"
version = "1"
source = { editable = "packages/member" }

[package.metadata]
requires-dist = [{ name = "six" }]

[package.metadata.requires-dev]
dev = [{ name = "pytest" }]

[[package]]
name = "last"
version = "3"
source = { registry = "https://index.example/simple" }
"""


def test_urls_files_and_metadata_go_and_versions_stay() -> None:
    stripped = lockfile.strip(FULL)
    assert "example" not in stripped
    packages = {package["name"]: package for package in tomllib.loads(stripped)["package"]}
    versions = {name: package["version"] for name, package in packages.items()}
    assert versions == {"six": "1.17.0", "member": "1", "last": "3"}
    assert packages["six"]["source"] == {"registry": "index"}
    assert packages["six"]["dependencies"] == [{"name": "other", "version": "2", "source": {"registry": "index"}}]
    assert packages["member"].keys() == {"name", "version", "source"}


def test_stripping_twice_changes_nothing() -> None:
    once = lockfile.strip(FULL)
    assert lockfile.strip(once) == once


def test_the_committed_lock_file_is_stripped() -> None:
    committed = subprocess.run(["git", "show", ":uv.lock"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert "[[package]]" in committed
    assert "://" not in committed
    assert lockfile.strip(committed) == committed


def test_a_check_waits_for_whoever_fills_the_lock_file_with_urls(tmp_path: Path) -> None:
    file = tmp_path / "uv.lock"
    with lockfile.alone(tmp_path):
        file.write_text(FULL)
        check = subprocess.Popen([sys.executable, str(ROOT / "tools" / "lockfile.py"), "--check", str(file)])
        with pytest.raises(subprocess.TimeoutExpired):
            check.wait(1)
        file.write_text(lockfile.strip(FULL))
    assert check.wait(30) == 0
