"""Which query a connection runs: told by the driver as soon as the coordinator has named it, before it is run.

The coordinator answers the request with a statement by the query's id; it takes the query up only when the client asks
for its first results (https://trino.io/docs/current/develop/client-protocol.html). Whoever is told the id in between
can record it, and is sure that nothing has been done under it yet.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from ..._shared.statements import driver_connection

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from sqlalchemy import Connection

    from ..._shared.statements import Clock

ENDED: Final = frozenset({"FINISHED", "FAILED", "CANCELED", "ABORTED"})
"""The states of a query, or of one of its tasks, that does nothing any more."""

_INFO: Final = "moltres_watch"
"""Key in `Connection.info`: the watch of a connection of the driver."""


def _cancelled() -> Exception:
    """What the driver raises of a query that was cancelled, so that it is taken for that by everyone who asks."""
    from trino.exceptions import TrinoUserError

    return TrinoUserError({"errorName": "USER_CANCELED", "message": "The statement was cancelled."})


class Watch:
    """The queries of one connection of the driver.

    Args:
        connection: The connection of the driver; its cursors report to the watch from now on.
    """

    def __init__(self, connection: Any) -> None:
        self._lock = threading.Lock()
        self._query: str | None = None
        self._cancelled: str | None = None
        self._started: Callable[[str], None] | None = None
        self._limit: tuple[Clock, float, Callable[[str], None]] | None = None
        # The driver's own argument; with it each cursor reports whenever the coordinator answers.
        connection.cursor = partial(type(connection).cursor, connection, stats_callback=self._told)

    def _told(self, stats: Mapping[str, Any]) -> None:
        query = stats.get("queryId")
        with self._lock:
            new, self._query = query != self._query, query
            cancelled = query is not None and query == self._cancelled
            started = self._started if new else None
            if started is not None:
                self._started = None  # what it runs itself on this connection is not announced
        if cancelled:
            raise _cancelled()
        if started is not None and isinstance(query, str):
            started(query)
            with self._lock:
                self._query = query  # and not what was run in between
        if self._limit is not None and isinstance(query, str) and stats.get("state") not in ENDED:
            clock, seconds, stop = self._limit
            if clock.elapsed() >= seconds:
                stop(query)  # what the server answers next tells whether it was still in time

    @property
    def query(self) -> str | None:
        """The id of the query that was started last."""
        return self._query

    def cancel(self) -> str | None:
        """Stop asking for results; returns the query that must be stopped in the server."""
        with self._lock:
            self._cancelled = self._query
            return self._query

    def renew(self) -> None:
        """Forget what was before: the connection serves another caller."""
        with self._lock:
            self._query, self._cancelled, self._started = None, None, None

    @contextmanager
    def limited(self, clock: Clock, seconds: float, stop: Callable[[str], None]) -> Iterator[None]:
        """Look at a clock whenever the coordinator answers, which it does about once a second.

        Args:
            clock: Says how long the statement has run; the caller's work on its rows does not count.
            seconds: The limit.
            stop: Called with the query, again and again until that has ended.
        """
        before, self._limit = self._limit, (clock, seconds, stop)
        try:
            yield
        finally:
            self._limit = before

    @contextmanager
    def announced(self, started: Callable[[str], None]) -> Iterator[None]:
        """Call a function with the id of the block's query, before the server runs it."""
        self._started = started
        try:
            yield
        finally:
            self._started = None


def watch_of(connection: Connection) -> Watch:
    """The watch of a connection, which is set on it at first."""
    found = connection.info.get(_INFO)
    if not isinstance(found, Watch):
        found = connection.info[_INFO] = Watch(driver_connection(connection))
    return found
