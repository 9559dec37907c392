"""Nothing of the machine's own Kestra, AWS or SLA state reaches a test; small data sets in each form."""

from __future__ import annotations

import functools
import http.server
import io
import os
import re
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from truthound_kestra.sla import get_sla_registry

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    for name in list(os.environ):
        if name.startswith(("KESTRA_", "TRUTHOUND_KESTRA_", "EXECUTION_", "AWS_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)
    yield
    get_sla_registry().clear()


@pytest.fixture
def users(tmp_path: Path) -> Path:
    """Four users: one has no e-mail address, one is -1 years old, two share an address."""
    path = tmp_path / "users.parquet"
    rows = {"id": [1, 2, 3, 4], "email": ["a@x.org", None, "c@x.org", "c@x.org"], "age": [31, 45, -1, 20]}
    pd.DataFrame(rows).to_parquet(path)
    return path


@pytest.fixture
def in_kestra(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment that a generated flow gives its tasks."""
    values = {"NAMESPACE": "production", "FLOW_ID": "users", "EXECUTION_ID": "e1", "TASK_ID": "check", "ATTEMPT": "0"}
    for name, value in values.items():
        monkeypatch.setenv(f"KESTRA_{name}", value)


class _Files(http.server.SimpleHTTPRequestHandler):
    """Serves parts of files, as any server of data does and Python's own does not."""

    def send_head(self) -> io.BytesIO | None:
        path = Path(self.translate_path(self.path))
        if not path.is_file():
            self.send_error(404)
            return None
        content = path.read_bytes()
        first, last = 0, len(content) - 1
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if asked:
            first, last = int(asked.group(1)), min(int(asked.group(2) or last), last)
        self.send_response(206 if asked else 200)
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("Content-Range", f"bytes {first}-{last}/{len(content)}")
        self.send_header("Content-Length", str(last - first + 1))
        self.end_headers()
        return io.BytesIO(content[first : last + 1])

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def file_server(tmp_path: Path) -> Iterator[str]:
    """The address of an HTTP server with the files of tmp_path."""
    handler = functools.partial(_Files, directory=str(tmp_path))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()
