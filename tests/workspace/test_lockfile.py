"""The committed lock file names versions and no URLs."""

from __future__ import annotations

import subprocess
import tomllib
from pathlib import Path

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
