"""How long statements may take: clocks, timers that interrupt, and deadlines of work made of several statements."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from sqlalchemy import event

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Connection

__all__ = ["Alarm", "Clock", "Deadline", "clock_of", "driver_connection", "interrupted_after", "paused", "timing"]

_AHEAD = 0.1
"""Seconds by which a database may stop a statement before the limit that it was given."""

_running: WeakKeyDictionary[Connection, Clock] = WeakKeyDictionary()


def driver_connection(connection: Connection) -> Any:
    """The driver's own connection under a SQLAlchemy connection, also if it was taken out of its pool."""
    pooled = connection.connection
    return pooled.driver_connection or pooled.dbapi_connection


class Deadline:
    """A point in time after which work must stop; without seconds it never comes.

    Args:
        seconds: How long the whole work may take, from now; None for as long as it takes.
    """

    def __init__(self, seconds: float | None) -> None:
        self.seconds = None if seconds is None else float(seconds)
        self.started = time.monotonic()

    @property
    def elapsed(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self.started

    @property
    def passed(self) -> bool:
        """Whether it has come."""
        return self.seconds is not None and self.elapsed >= self.seconds

    @property
    def is_near(self) -> bool:
        """Whether it has come, or comes within what the clock of a database may be ahead."""
        return self.seconds is not None and self.seconds - self.elapsed < _AHEAD

    @property
    def remaining(self) -> float | None:
        """Seconds that are left, 0 if it has come, None if there is no limit."""
        return None if self.seconds is None else max(self.seconds - self.elapsed, 0.0)


class Clock:
    """A stop-watch which starts anew with each statement and stands still while it is paused.

    Attributes:
        seconds: The limit that it is held against, where it enforces one by itself.
    """

    seconds: float | None = None

    def __init__(self) -> None:
        self._closed = False
        self._spent = 0.0
        self._since: float | None = time.monotonic()

    def restart(self) -> None:
        """Start at zero: a new statement begins."""
        self._spent = 0.0
        self._since = time.monotonic()

    def pause(self) -> None:
        """Stand still: the caller works on the rows that it has, the database waits."""
        self._spent = self.elapsed()
        self._since = None

    def resume(self) -> None:
        """Go on where the clock stood still."""
        self._since = time.monotonic()

    def elapsed(self) -> float:
        """Seconds since the start of the statement, without the pauses."""
        return self._spent + (0.0 if self._since is None else time.monotonic() - self._since)

    def close(self) -> None:
        """Stop for good."""
        self.pause()
        self._closed = True


_LONGEST = 10.0**8
"""Seconds, which are three years: timers have a limit of their own, beyond which they are none."""
_AGAIN = 1.0
"""Seconds until an alarm rings again."""


class Alarm(Clock):
    """A clock which calls back, from a thread of its own, when the limit is reached, and again while nothing has ended.

    Args:
        seconds: The limit for one statement.
        ring: What to call. It is never called after `close` has returned.
    """

    def __init__(self, seconds: float, ring: Callable[[], None]) -> None:
        super().__init__()
        self.seconds: float = float(seconds)  # a timer takes no number of NumPy, and would never ring
        self._ring = ring
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None
        self._arm()

    def _arm(self) -> None:
        if self._closed:
            return
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
            left = min(max(self.seconds - self.elapsed(), 0.001), _LONGEST)
            self._start(left)

    def _start(self, seconds: float) -> None:
        timer = threading.Timer(seconds, lambda: self._fire(timer))
        timer.daemon = True
        self._timer = timer
        timer.start()

    def _disarm(self) -> None:
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
            self._timer = None

    def _fire(self, timer: threading.Timer) -> None:
        # Under the lock, so that a statement which ended just now cannot have its successor interrupted.
        with self._lock:
            if self._timer is timer:
                self._ring()
                # A driver does not hear it before the statement has begun.
                self._start(_AGAIN)

    def restart(self) -> None:
        """Start at zero, with the whole limit ahead."""
        super().restart()
        self._arm()

    def pause(self) -> None:
        """Stand still, and never ring meanwhile."""
        super().pause()
        self._disarm()

    def resume(self) -> None:
        """Go on with what is left of the limit."""
        super().resume()
        self._arm()


@contextmanager
def interrupted_after(connection: Connection, seconds: float) -> Iterator[None]:
    """Interrupt whatever runs on a connection once the time is over, by the driver's ``interrupt()``.

    Args:
        connection: A connection of DuckDB or SQLite.
        seconds: From now; nothing that begins after the block is interrupted.
    """
    alarm = Alarm(seconds, driver_connection(connection).interrupt)
    try:
        yield
    finally:
        alarm.close()


@contextmanager
def timing(connection: Connection, clock: Clock) -> Iterator[None]:
    """Restart the clock with each statement of this connection, until the block ends."""

    def restart(*_: Any) -> None:
        clock.restart()

    event.listen(connection, "before_cursor_execute", restart)
    outer = _running.get(connection)
    _running[connection] = clock
    try:
        yield
    finally:
        clock.close()
        event.remove(connection, "before_cursor_execute", restart)
        if outer is None:
            del _running[connection]
        else:
            _running[connection] = outer


def clock_of(connection: Connection) -> Clock | None:
    """The clock of the time limit on this connection; None without a limit."""
    return _running.get(connection)


@contextmanager
def paused(connection: Connection) -> Iterator[None]:
    """Let the clock of a time limit on this connection stand still while the caller works on fetched rows."""
    clock = _running.get(connection)
    if clock is None:
        yield
        return
    clock.pause()
    try:
        yield
    finally:
        clock.resume()
