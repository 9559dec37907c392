"""Servers that are broken in the ways that servers are: nobody listens, or somebody who hangs up, waits or babbles."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from support.network import free_port

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["BROKEN", "broken_server"]


def _hangs_up(client: socket.socket, stopped: threading.Event) -> None:
    """Accepts and closes at once."""


def _waits(client: socket.socket, stopped: threading.Event) -> None:
    """Accepts and never answers."""
    stopped.wait()


def _babbles(client: socket.socket, stopped: threading.Event) -> None:
    """Answers what no database answers."""
    client.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n" + bytes(range(256)) * 8)
    # Closed with unread requests, the connection would be reset, and the client might not see what was said.
    client.shutdown(socket.SHUT_WR)
    client.settimeout(2)
    while client.recv(4096) and not stopped.is_set():
        pass


#: What a broken server does with a client; the first does not even listen.
BROKEN: dict[str, Callable[[socket.socket, threading.Event], None] | None] = {
    "closed": None,
    "hangs up": _hangs_up,
    "waits": _waits,
    "babbles": _babbles,
}


@contextmanager
def broken_server(how: str) -> Iterator[int]:
    """The port of a server on the loopback interface that is broken in one of the ways of `BROKEN`."""
    behave = BROKEN[how]
    if behave is None:
        yield free_port()
        return
    stopped = threading.Event()
    clients: list[socket.socket] = []
    threads: list[threading.Thread] = []

    def serve(client: socket.socket) -> None:
        with client, suppress(OSError):
            behave(client, stopped)

    def accept() -> None:
        with suppress(OSError):  # the listening socket is closed
            while True:
                client, _ = listening.accept()
                clients.append(client)
                threads.append(threading.Thread(target=serve, args=(client,), daemon=True))
                threads[-1].start()

    with socket.create_server(("127.0.0.1", 0)) as listening:
        accepting = threading.Thread(target=accept, daemon=True)
        accepting.start()
        try:
            yield listening.getsockname()[1]
        finally:
            stopped.set()
            with suppress(OSError):
                listening.shutdown(socket.SHUT_RDWR)
    accepting.join()
    for thread in threads:
        thread.join()
