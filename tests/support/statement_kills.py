"""Work that is killed behind each of its statements in turn."""

from __future__ import annotations

import os
import signal
from itertools import count
from typing import TYPE_CHECKING

from sqlalchemy import Engine, event

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["killed_behind_each_statement"]


def _killer(number: int) -> Callable[..., None]:
    """Called behind each statement; behind one of them it kills the process."""
    left = iter(range(1, number))

    def behind(*_: object) -> None:
        if next(left, None) is None:
            os.kill(os.getpid(), signal.SIGKILL)

    return behind


def killed_behind_each_statement(work: Callable[[], object]) -> Iterator[int]:
    """Do some work in processes of which each is killed one statement later, until one comes to its end.

    Args:
        work: What to do, by engines of its own: what a fork inherits belongs to its parent.

    Yields:
        The number of statements before the kill, after each of them.
    """
    for number in count(1):
        child = os.fork()
        if child == 0:
            status = 1
            try:
                event.listen(Engine, "after_cursor_execute", _killer(number))
                work()
                status = 0
            finally:
                os._exit(status)
        _, ended = os.waitpid(child, 0)
        if not os.WIFSIGNALED(ended):
            assert ended == 0, "the work has failed; see its error above"
            return
        yield number
