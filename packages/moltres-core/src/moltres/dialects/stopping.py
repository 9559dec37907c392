"""Stop work on request: the statement that runs now, and every statement that would follow it.

`Database.cancel` stops what a `Database` runs. A `Stop` stops a unit of work, such as a task of an orchestrator,
whatever databases it opens: while it is current, every connection in use is registered with it.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import event
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from ..errors import MoltresError, QueryCancelledError, TaskStoppedError, of_parent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Connection

_log = logging.getLogger(__name__)

_BEAT: Final = 0.2
"""Seconds between two attempts to cancel: a single one is lost if it comes just before a statement is sent."""

_current: ContextVar[Stop | None] = ContextVar("moltres_stop", default=None)
_cleaning: ContextVar[bool] = ContextVar("moltres_cleaning", default=False)


class Running:
    """A connection in use, and how to stop what it runs.

    Args:
        cancel: Cancels the running statement, from any thread.
        stop: The unit of work that it belongs to.
        driver_error: What the driver raises where it cannot cancel.
    """

    def __init__(self, cancel: Callable[[], None], stop: Stop | None, driver_error: type[BaseException]) -> None:
        self.driver_error = driver_error
        self._cancel = cancel
        self._stop = stop
        self._process = os.getpid()
        # Reentrant: a signal handler that cancels may interrupt the thread that holds it.
        self._lock = threading.RLock()
        self._open = True
        self.cancelled = False

    def cancel(self) -> None:
        """Stop the running statement, and refuse those that would follow on this connection."""
        with self._lock:
            if self._open:
                self.cancelled = True
                self._cancel()

    def check(self) -> None:
        """Make sure that a statement may still be sent.

        Raises:
            TaskStoppedError: If the work was asked to stop.
            QueryCancelledError: If this connection was.
            ConfigurationError: If this process has inherited the connection.
        """
        if _cleaning.get():
            return
        if os.getpid() != self._process:
            raise of_parent()
        if self._stop is not None:
            self._stop.check()
        if self.cancelled:
            raise QueryCancelledError("The statement was cancelled before it was sent.")

    def close(self) -> None:
        """Leave the connection alone from now on; it goes back to the pool."""
        with self._lock:
            self._open = False


class Stop:
    """A request to stop a unit of work, which can be made from any thread and from a signal handler."""

    def __init__(self) -> None:
        self.requested = False
        self._cleaning = 0
        self._running: dict[int, Running] = {}
        self._finished = threading.Event()

    def __reduce__(self) -> tuple[Any, ...]:
        return Stop, ()  # a copy of a task is another task

    def request(self) -> None:
        """Stop what runs now and what would follow, until the work has ended."""
        first, self.requested = not self.requested, True
        self._cancel()
        if first:
            threading.Thread(target=self._repeat, name="moltres-stop", daemon=True).start()

    def check(self) -> None:
        """Make sure that the work may go on.

        Raises:
            TaskStoppedError: If it may not.
        """
        if self.requested and not _cleaning.get():
            raise TaskStoppedError("The task was stopped, and with it what it ran in the database.")

    @contextmanager
    def current(self) -> Iterator[None]:
        """Let this be what stops the work of the ``with`` block, in this thread."""
        token = _current.set(self)
        try:
            self.check()
            yield
        finally:
            _current.reset(token)
            self.close()

    def close(self) -> None:
        """Say that the work has ended: nothing is cancelled from now on."""
        self._finished.set()

    @property
    def is_over(self) -> bool:
        """Whether the work has ended."""
        return self._finished.is_set()

    @contextmanager
    def left_alone(self) -> Iterator[None]:
        """Cancel nothing that runs in the ``with`` block."""
        self._cleaning += 1
        try:
            yield
        finally:
            self._cleaning -= 1

    def add(self, running: Running) -> None:
        """Register a connection in use."""
        self._running[id(running)] = running

    def remove(self, running: Running) -> None:
        """Forget a connection that is no longer in use."""
        self._running.pop(id(running), None)

    def _repeat(self) -> None:
        while not self._finished.wait(_BEAT):
            self._cancel()

    def _cancel(self) -> None:
        for running in list(self._running.values()):
            if not self._cleaning:
                again = running.cancelled
                try:
                    running.cancel()
                except (MoltresError, SQLAlchemyError, OSError, running.driver_error) as error:
                    # The others must still be stopped, and this one is tried again: once in the log is enough.
                    if not again:
                        _log.warning("A running statement could not be cancelled: %s", type(error).__name__)


def current() -> Stop | None:
    """What stops the work of this thread; None where nobody can stop it."""
    return _current.get()


def check() -> None:
    """Make sure that the work of this thread may go on; for statements that bypass SQLAlchemy.

    Raises:
        TaskStoppedError: If it was asked to stop.
    """
    stop = _current.get()
    if stop is not None:
        stop.check()


@contextmanager
def cleaning_up() -> Iterator[None]:
    """Let the statements of the ``with`` block run although they were to stop: they leave things in order.

    After a failure that has cost the connection there is nothing to do, and why it failed is not hidden.
    """
    stop, failing = _current.get(), sys.exc_info()[0] is not None
    with ExitStack() as stack:
        stack.callback(_cleaning.reset, _cleaning.set(True))
        if stop is not None:
            stack.enter_context(stop.left_alone())
        try:
            yield
        except DBAPIError as error:
            if not (failing and error.connection_invalidated):
                raise


@contextmanager
def stoppable(connection: Connection, cancel: Callable[[], None], owner: Stop | None = None) -> Iterator[Running]:
    """Let what runs on a connection be stopped, also between two statements.

    Args:
        connection: The connection, checked out.
        cancel: Cancels what it runs, from any thread.
        owner: What stops it in a thread that belongs to no unit of work.

    Yields:
        The handle by which to stop it.
    """
    stop = _current.get() or owner
    running = Running(cancel, stop, connection.dialect.loaded_dbapi.Error)

    def check(*_: Any) -> None:
        running.check()

    event.listen(connection, "before_cursor_execute", check)
    if stop is not None:
        stop.add(running)
    try:
        running.check()
        yield running
    finally:
        if stop is not None:
            stop.remove(running)
        running.close()
        if event.contains(connection, "before_cursor_execute", check):  # it is gone if the connection is collected
            event.remove(connection, "before_cursor_execute", check)


class Runs:
    """What runs on the connections of one database, so that other threads can stop it.

    A database that a unit of work has opened is stopped with it, whatever thread uses it: one that the work has started
    knows nothing of the work.
    """

    def __init__(self) -> None:
        self._stop = current()
        self._lock = threading.Lock()
        self._running: dict[int, Running] = {}

    @contextmanager
    def registered(self, connection: Connection, cancel: Callable[[], None]) -> Iterator[Running]:
        """Let `cancel` reach a connection within the block; see `stoppable`."""
        owner = self._stop
        with stoppable(connection, cancel, None if owner is None or owner.is_over else owner) as running:
            with self._lock:
                self._running[id(running)] = running
            try:
                yield running
            finally:
                with self._lock:
                    del self._running[id(running)]

    def cancel(self) -> int:
        """Stop what runs; returns on how many connections."""
        with self._lock:
            running = list(self._running.values())
        for one in running:
            one.cancel()
        return len(running)
