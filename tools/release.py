"""Check that one distribution is ready to be released, build it, and say the commands that are left.

    python3 tools/release.py dq-core

Version, CHANGELOG and tag must agree: the version in ``packages/NAME/pyproject.toml`` is the first one in its
CHANGELOG, with a date, and the tag ``NAME-vVERSION`` does not exist yet. The archives are built without the workspace's
own sources (``--no-sources``), as an installer will see them. ``hatch version minor`` in the package's folder raises
the version.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ROOT / "packages"


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
        found.append(f"the tag {name}-v{version} exists already: raise the version with `hatch version`")
    if not clean:
        found.append("the working tree has uncommitted changes")
    return found


def git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True).stdout


def main(arguments: list[str]) -> int:
    names = sorted(folder.name for folder in PACKAGES.iterdir() if (folder / "pyproject.toml").exists())
    if len(arguments) != 1 or arguments[0] not in names:
        print(f"usage: release.py {'|'.join(names)}", file=sys.stderr)
        return 2
    [name] = arguments
    folder = PACKAGES / name
    version = tomllib.loads((folder / "pyproject.toml").read_text())["project"]["version"]
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
