"""Run the work of a task so that a kill or a time limit stops it, wherever it falls."""

from __future__ import annotations

import contextvars
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import TYPE_CHECKING, Any, Final, TypeVar

from ..dialects.stopping import Stop
from ..errors import TaskStoppedError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["BEAT", "Stop", "run_stoppable"]

_Result = TypeVar("_Result")

BEAT: Final = 0.2
"""Seconds between two looks at what the orchestrator wants of a task that waits for its database."""


def run_stoppable(
    work: Callable[[], _Result],
    *,
    stop: Stop,
    own_thread: bool = True,
    watch: Callable[[], None] | None = None,
) -> _Result:
    """Run the work of a task.

    The work runs in a thread of its own while this one waits in Python, where it hears signals and the exceptions by
    which an orchestrator ends a task: a driver that waits in C lets none of them through. Whatever ends the wait stops
    the work, and is raised when the work has ended. After a stop no statement is sent, except to leave things in order.

    Args:
        work: What to do. Every database that it opens in its own thread is stopped with it.
        stop: How others stop it, from any thread or from a signal handler.
        own_thread: False where the work belongs to the caller's thread, as that with a Session does. There an exception
            arrives as early as the driver lets it.
        watch: Called every `BEAT` seconds while the work runs in its own thread; it raises to stop the work.

    Returns:
        What the work returned.

    Raises:
        TaskStoppedError: If the work was stopped, also if that came after its last statement.
        Exception: Whatever the work or ``watch`` raised.
    """
    if not own_thread:
        return _finished(work, stop)
    with ThreadPoolExecutor(1, thread_name_prefix="moltres") as pool:
        future = pool.submit(contextvars.copy_context().run, _finished, work, stop)
        try:
            _wait(future, watch)
        except BaseException:
            stop.request()
            wait([future])
            raise
        return future.result()


def _finished(work: Callable[[], _Result], stop: Stop) -> _Result:
    with stop.current():
        try:
            result = work()
        except TaskStoppedError:
            raise
        except Exception as error:
            if not stop.requested:
                raise
            # It failed because it was stopped, whatever the driver or the user's code make of that.
            raise TaskStoppedError("The task was stopped, and with it what it ran in the database.") from error
        stop.check()
        return result


def _wait(future: Future[Any], watch: Callable[[], None] | None) -> None:
    while not wait([future], timeout=BEAT).done:
        if watch is not None:
            watch()
