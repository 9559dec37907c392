"""An HTTP proxy on the loopback interface that is cut: from one moment on nobody behind it hears anything any more."""

from __future__ import annotations

import re
import threading
from contextlib import contextmanager, suppress
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["CuttingProxy", "cutting_proxy"]

_QUERY = re.compile(rb'"id":"([^"]+)"')
_ENDED = re.compile(rb'"state":"FINISHED"')
_OVER = re.compile(rb'"state":"(?:FINISHED|FAILED)"')
_OF_CONNECTIONS = frozenset({"accept-encoding", "connection", "content-length", "keep-alive", "transfer-encoding"})


class CuttingProxy(ThreadingHTTPServer):
    """A proxy in front of a Trino.

    Args:
        port: Where the server listens, on the loopback interface.

    Attributes:
        cut: Set from the cut on: every request fails, and so does every answer that is still to come.
        published: A pattern of statements. The answer that says that one of them has ended is lost, and with it the
            connection. None to wait for ``cut``.
    """

    daemon_threads = True

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.server_port_behind = port
        self.cut = threading.Event()
        self.published: re.Pattern[bytes] | None = None
        self.queries: set[bytes] = set()
        self._running: set[str] = set()

    def running(self) -> list[str]:
        """The queries whose end nobody has heard of."""
        return list(self._running)

    def note(self, query: str, *, ended: bool) -> None:
        """Keep what an answer says of a query."""
        (self._running.discard if ended else self._running.add)(query)

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.server_address[1])

    def renew(self, published: re.Pattern[bytes] | None) -> None:
        """Let clients through again.

        Args:
            published: See the attribute.
        """
        self.queries.clear()
        self._running.clear()
        self.published = published
        self.cut.clear()

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that is killed hangs up."""


class _Handler(BaseHTTPRequestHandler):
    server: CuttingProxy
    protocol_version = "HTTP/1.1"

    def _forward(self) -> None:
        proxy = self.server
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        if proxy.cut.is_set():
            self._hang_up()
            return
        headers = {name: value for name, value in self.headers.items() if name.lower() not in _OF_CONNECTIONS}
        behind = HTTPConnection("127.0.0.1", proxy.server_port_behind, timeout=60)
        try:
            # With the client's Host: the server names its next answers by it, so that they come through here too.
            behind.request(self.command, self.path, body=body, headers=headers)
            answer = behind.getresponse()
            content = answer.read()
        except (OSError, HTTPException):
            self._hang_up()
            return
        finally:
            behind.close()
        found = _QUERY.search(content)
        if found is not None:
            proxy.note(found.group(1).decode(), ended=_OVER.search(content) is not None)
        if proxy.published is not None:
            if self.command == "POST" and found is not None and proxy.published.search(body):
                proxy.queries.add(found.group(1))
            if found is not None and found.group(1) in proxy.queries and _ENDED.search(content):
                proxy.cut.set()
        if proxy.cut.is_set():
            self._hang_up()
            return
        self.send_response_only(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in _OF_CONNECTIONS:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_DELETE = do_HEAD = _forward  # noqa: N815 - the names that the server looks for

    def _hang_up(self) -> None:
        self.close_connection = True
        with suppress(OSError):
            self.connection.shutdown(2)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
        """Nothing."""


@contextmanager
def cutting_proxy(port: int) -> Iterator[CuttingProxy]:
    """A proxy until the block ends.

    Args:
        port: Where the server listens, on the loopback interface.
    """
    with CuttingProxy(port) as proxy:
        thread = threading.Thread(target=proxy.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield proxy
        finally:
            proxy.cut.set()
            proxy.shutdown()
            thread.join()
