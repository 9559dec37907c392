"""Keep ``uv.lock`` free of URLs, so that it names versions and never where they are served.

``uv lock`` writes the URL, size and hash of every file of every package. Without them uv resolves again, taking
each locked version as its preference, so the versions stay what they were. What is left out:

- ``sdist`` and ``wheels`` of every package,
- the URL in ``source = { registry = … }``,
- ``[package.metadata]`` of the workspace's own members (it repeats the pyproject files).

Usage: ``python3 tools/lockfile.py uv.lock`` strips the file in place; ``--check`` only says whether it is stripped.
"""

from __future__ import annotations

import fcntl
import re
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_FILES = re.compile(r"^(?:sdist = \{.*\}|wheels = \[\n(?:    .*\n)*\])\n", re.MULTILINE)
_REGISTRY = re.compile(r'registry = "[^"]*"')
_METADATA = re.compile(r"^\[package\.metadata[^\]]*\]\n(?:(?!\[).*\n)*", re.MULTILINE)


def strip(lock: str) -> str:
    """A lock file without URLs, file lists and the members' metadata."""
    lock = _FILES.sub("", lock)
    lock = _REGISTRY.sub('registry = "index"', lock)
    lock = _METADATA.sub("", lock)
    return re.sub(r"\n{3,}", "\n\n", lock).rstrip("\n") + "\n"


@contextmanager
def alone(root: Path) -> Iterator[None]:
    """Wait for whoever else makes environments of this workspace: ``uv.lock`` holds URLs meanwhile.

    Args:
        root: The folder of ``uv.lock``.
    """
    folder = root / ".venvs"
    folder.mkdir(exist_ok=True)
    with (folder / ".lock").open("w") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        yield


def main(arguments: list[str]) -> int:
    check = "--check" in arguments
    [name] = [argument for argument in arguments if argument != "--check"]
    path = Path(name)
    with alone(path.resolve().parent):
        before = path.read_text()
    after = strip(before)
    if check:
        if before != after or "://" in after:
            print(f"{path} holds URLs: run `make lock`", file=sys.stderr)
            return 1
        return 0
    path.write_text(after)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
