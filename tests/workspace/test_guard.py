"""A server of the tests does not outlive them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from support.waiting import until

SERVER = """
import os, pathlib, sys, threading
pathlib.Path(sys.argv[1]).write_text(str(os.getpid()))
threading.Event().wait()
"""
TESTS = """
import pathlib, sys, threading
from support.guard import guarded
folder = pathlib.Path(sys.argv[1])
command = [sys.executable, "-c", sys.argv[2], str(folder / "pid")]
with guarded(command, folder=folder, signal="KILL", log=sys.stderr):
    while not (folder / "pid").exists() or not (folder / "pid").read_text():
        pass
    print("up", flush=True)
    if sys.argv[3] == "hangs":
        threading.Event().wait()
"""


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return not Path(f"/proc/{pid}/stat").exists() or ") Z " not in Path(f"/proc/{pid}/stat").read_text()


@pytest.mark.parametrize("how", ["ends", "hangs"])
def test_a_server_ends_with_the_tests_however_they_end(tmp_path: Path, how: str) -> None:
    folder = tmp_path / "server"
    folder.mkdir()
    tests = subprocess.Popen(
        [sys.executable, "-c", TESTS, str(folder), SERVER, how],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert tests.stdout is not None
    with tests, tests.stdout:
        assert tests.stdout.readline() == "up\n"
        if how == "hangs":
            pid = int((folder / "pid").read_text())
            assert is_alive(pid)
            tests.send_signal(signal.SIGKILL)
            until(lambda: not is_alive(pid), "the end of the server")
    until(lambda: not folder.exists(), "the end of its folder")
