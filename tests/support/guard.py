"""Servers that end with the tests, also when the tests are killed."""

from __future__ import annotations

import shlex
import subprocess
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any

from sqlalchemy import URL, create_engine
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from support.waiting import pauses

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

# The shell waits for the end of its input, which comes when the tests close it or are no more.
_GUARD = """
trap '' HUP INT TERM
{server} </dev/null &
server=$!
read -r _
kill -s {signal} "$server"
wait "$server"
rm -rf {folder}
"""


@contextmanager
def guarded(
    command: list[str],
    *,
    folder: Path,
    signal: str,
    log: IO[Any],
    identity: Mapping[str, Any] | None = None,
    cwd: Path | str = "/",
) -> Iterator[None]:
    """Run a server until the block ends or this process does.

    Args:
        command: The server, which stays in the foreground.
        folder: What is removed afterwards.
        signal: What makes it stop at once, as ``QUIT``.
        log: Where its output goes.
        identity: ``user``, ``group`` and ``extra_groups`` to run as.
        cwd: The folder that the server runs in.
    """
    script = _GUARD.format(server=shlex.join(command), signal=signal, folder=shlex.quote(str(folder)))
    guard = subprocess.Popen(
        ["/bin/sh", "-c", script], cwd=cwd, stdin=subprocess.PIPE, stdout=log, stderr=log, **(identity or {})
    )
    try:
        yield
    finally:
        # A line, because a process that was forked meanwhile may hold the other end open.
        guard.communicate(b"\n")


def wait_for_server(url: URL, name: str, log: Path) -> None:
    """Return when a server takes connections.

    Raises:
        RuntimeError: It does not within a minute; with the end of its log.
    """
    engine = create_engine(url, poolclass=NullPool)
    for _ in pauses(within=60):
        try:
            with engine.connect():
                return
        except OperationalError:
            continue
    raise RuntimeError(f"{name} does not start:\n{log.read_text()[-3000:]}")
