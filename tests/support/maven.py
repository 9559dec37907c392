"""Maven, one process of it at a time: two legs run at once, and its repository on disk is made for one."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

REPOSITORY = Path.home() / ".m2" / "repository"


def maven(*arguments: str, folder: Path | None = None, environment: Mapping[str, str] | None = None) -> None:
    """Run ``mvn``, after every other run of it by these tests has ended."""
    REPOSITORY.mkdir(parents=True, exist_ok=True)
    with REPOSITORY.with_name("moltres-tests.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        # Java takes the user's home from the system's list of users, not from HOME.
        command = ["mvn", "-B", "-q", f"-Dmaven.repo.local={REPOSITORY}", *arguments]
        subprocess.run(command, cwd=folder, env={**os.environ, **(environment or {})}, check=True, stdout=sys.stderr)
