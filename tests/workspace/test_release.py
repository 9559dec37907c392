"""A release is refused unless version, CHANGELOG and tag agree."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from support.tools import load_tool

ROOT = Path(__file__).resolve().parents[2]
release = load_tool("release")
CHANGELOG = "# Changes\n\n## 2.0.0 - 2026-11-22\n\n- First.\n\n## 1.0.0 - 2026-01-01\n"


def test_a_version_that_agrees_with_its_changelog_may_go() -> None:
    assert release.problems("dq-core", "2.0.0", CHANGELOG, {"moltres-core-v2.0.0"}, clean=True) == []


def test_every_disagreement_is_named() -> None:
    found = release.problems("dq-core", "2.1.0", CHANGELOG, {"dq-core-v2.1.0"}, clean=False)
    assert len(found) == 3
    assert "2.0.0" in found[0]
    assert "dq-core-v2.1.0" in found[1]
    assert "uncommitted" in found[2]


# packages/shared is no distribution: both cores carry it.
FOLDERS = [folder for folder in sorted((ROOT / "packages").glob("*/")) if folder.name != "shared"]


@pytest.mark.parametrize(("part", "raised"), [("major", "3.0.0"), ("minor", "2.4.0"), ("patch", "2.3.8")])
def test_the_next_version(part: str, raised: str) -> None:
    assert release.next_version("2.3.7", part) == raised


def test_the_unreleased_entry_gets_the_version_and_the_date() -> None:
    noted = CHANGELOG.replace("# Changes\n", "# Changes\n\n## Unreleased\n\n- Second.\n")
    assert release.newest_entry(noted) == ("2.0.0", "2026-11-22")
    after = release.dated(noted, "2.1.0", "2026-12-01")
    assert release.newest_entry(after) == ("2.1.0", "2026-12-01")
    assert release.dated(CHANGELOG, "2.1.0", "2026-12-01") is None


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_version_and_changelog_of_each_distribution_agree(folder: Path) -> None:
    if not (folder / "pyproject.toml").exists():
        pytest.fail(f"{folder} is no distribution")
    version = tomllib.loads((folder / "pyproject.toml").read_text())["project"]["version"]
    entry = release.newest_entry((folder / "CHANGELOG.md").read_text())
    assert entry is not None
    assert entry[0] == version
