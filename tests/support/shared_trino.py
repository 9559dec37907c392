"""One Trino server for several runs of tests: the first that needs it starts it, and it ends when their make does."""

from __future__ import annotations

import fcntl
import os
import pickle
import select
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from support.postgresql import postgresql_server
from support.trino import TrinoServer, trino_server
from support.waiting import pauses

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["OWNER", "shared_trino"]

OWNER = "MOLTRES_TRINO_OWNER"
"""The variable with the process for whose life the server runs."""

_HEAP_MB = 2048  # for two runs at once
_started: list[subprocess.Popen[bytes]] = []  # which run on when this process ends


@contextmanager
def shared_trino(owner: int) -> Iterator[TrinoServer]:
    """The server of a process, started if nobody has needed it before.

    Args:
        owner: The process; the server and its files go when it ends.
    """
    folder = Path(tempfile.gettempdir()) / f"trino-of-{os.geteuid()}-{owner}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.stat().st_uid != os.geteuid():
        raise RuntimeError(f"{folder} belongs to another user.")
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "server").exists():
            _start(owner, folder)
    yield pickle.loads((folder / "server").read_bytes())


def _start(owner: int, folder: Path) -> None:
    tests = str(Path(__file__).resolve().parents[1])
    paths = [tests, *filter(None, [os.environ.get("PYTHONPATH")])]
    with (folder / "log").open("w") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "support.shared_trino", str(owner), str(folder)],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    _started.append(server)
    for _ in pauses(within=600):
        if (folder / "server").exists():
            return
        if server.poll() is not None:
            break
    server.kill()
    raise RuntimeError(f"The server of the tests does not start:\n{(folder / 'log').read_text()[-3000:]}")


def _serve(owner: int, folder: Path) -> None:
    """Run the server until its owner ends."""
    ends = select.poll()
    ends.register(os.pidfd_open(owner), select.POLLIN)
    with (
        postgresql_server() as postgresql,
        postgresql.empty() as catalog,
        trino_server(catalog, heap_mb=_HEAP_MB) as server,
    ):
        part = folder / "part"
        part.write_bytes(pickle.dumps(server))
        part.rename(folder / "server")
        ends.poll()
    for file in folder.iterdir():
        file.unlink()
    folder.rmdir()


if __name__ == "__main__":
    _serve(int(sys.argv[1]), Path(sys.argv[2]))
