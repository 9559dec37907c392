"""Raise the version of one distribution; or check that it is ready to be released, build it, and say what is left.

    python3 tools/release.py dq-core minor
    python3 tools/release.py dq-core

The first form writes the next version (``major``, ``minor`` or ``patch``) and dates the entry ``## Unreleased`` of its
CHANGELOG. The second is for the commit that holds this.

Version, CHANGELOG and tag must agree: the version in ``packages/NAME/pyproject.toml`` is the first one in its
CHANGELOG, with a date, and the tag ``NAME-vVERSION`` does not exist yet. The archives are built without the workspace's
own sources (``--no-sources``), as an installer will see them.
"""

from __future__ import annotations

import datetime as dt
import re
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ROOT / "packages"
PARTS = ("major", "minor", "patch")


def newest_entry(changelog: str) -> tuple[str, str] | None:
    """Version and date of the first entry of a CHANGELOG, ``## 2.1.0 - 2026-11-30``."""
    found = re.search(r"^## (\S+) - (\d{4}-\d\d-\d\d)$", changelog, re.MULTILINE)
    return (found[1], found[2]) if found else None


def problems(name: str, version: str, changelog: str, tags: set[str], *, clean: bool) -> list[str]:
    """Everything that speaks against a release of this version now."""
    found = []
    entry = newest_entry(changelog)
    if entry is None:
        found.append("CHANGELOG.md has no entry of the form '## VERSION - YYYY-MM-DD'")
    elif entry[0] != version:
        found.append(f"the version is {version}, the newest entry of CHANGELOG.md is {entry[0]}")
    if f"{name}-v{version}" in tags:
        found.append(f"the tag {name}-v{version} exists already: raise the version with `release.py {name} minor`")
    if not clean:
        found.append("the working tree has uncommitted changes")
    return found


def next_version(version: str, part: str) -> str:
    """The version after this one.

    Args:
        version: ``MAJOR.MINOR.PATCH``.
        part: Which of them is raised; those behind it start at 0.
    """
    numbers = [int(number) for number in version.split(".")]
    place = PARTS.index(part)
    return ".".join(map(str, [*numbers[:place], numbers[place] + 1, *[0] * (len(PARTS) - 1 - place)]))


def dated(changelog: str, version: str, date: str) -> str | None:
    """The CHANGELOG with its entry ``## Unreleased`` as that of a version; None if it has no such entry."""
    after, found = re.subn(r"^## Unreleased$", f"## {version} - {date}", changelog, count=1, flags=re.MULTILINE)
    return after if found else None


def raise_version(folder: Path, version: str, part: str) -> int:
    """Write the next version into pyproject.toml and CHANGELOG.md."""
    project, changes = folder / "pyproject.toml", folder / "CHANGELOG.md"
    new = next_version(version, part)
    entry = dated(changes.read_text(), new, dt.datetime.now(dt.UTC).date().isoformat())
    if entry is None:
        print(f"{folder.name}: CHANGELOG.md has no entry '## Unreleased': there is nothing to release", file=sys.stderr)
        return 1
    declared = re.compile(rf'^version = "{re.escape(version)}"$', re.MULTILINE)
    text, found = declared.subn(f'version = "{new}"', project.read_text())
    assert found == 1, f"{project} has {found} lines with the version"
    project.write_text(text)
    changes.write_text(entry)
    print(f"{folder.name} {version} -> {new}")
    return 0


def git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True).stdout


def main(arguments: list[str]) -> int:
    names = sorted(folder.name for folder in PACKAGES.iterdir() if (folder / "pyproject.toml").exists())
    name, *part = arguments or [""]
    if name not in names or part not in ([], *([one] for one in PARTS)):
        print(f"usage: release.py {'|'.join(names)} [{'|'.join(PARTS)}]", file=sys.stderr)
        return 2
    folder = PACKAGES / name
    version = tomllib.loads((folder / "pyproject.toml").read_text())["project"]["version"]
    if part:
        return raise_version(folder, version, part[0])
    found = problems(
        name,
        version,
        (folder / "CHANGELOG.md").read_text(),
        set(git("tag", "--list").split()),
        clean=not git("status", "--porcelain").strip(),
    )
    if found:
        print("\n".join(f"{name}: {problem}" for problem in found), file=sys.stderr)
        return 1
    uv = subprocess.run(
        [sys.executable, "tools/setup.py", "--uv"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()[-1]
    target = ROOT / "dist" / f"{name}-{version}"
    subprocess.run([uv, "build", "--no-sources", "--out-dir", target, folder], check=True)
    tag = f"{name}-v{version}"
    print(f"\nReady. What is left:\n  git tag {tag}\n  git push origin {tag}\n  uv publish {target}/*")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
