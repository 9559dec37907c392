"""Wait for what happens, never for time. Nothing else in the tests may sleep: the linter holds that."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_Found = TypeVar("_Found")

_PAUSE = 0.02


def until(look: Callable[[], _Found], what: str, *, within: float = 120, pause: float = _PAUSE) -> _Found:
    """What a look gives as soon as it gives anything that is true.

    Args:
        look: Called again and again.
        what: What is waited for, for the message.
        within: Seconds after which the test fails: far more than it can take.
        pause: Seconds between two looks.
    """
    for _ in pauses(within, pause):
        if found := look():
            return found
    pytest.fail(f"waited {within} seconds in vain for {what}")


def pauses(within: float, pause: float = _PAUSE) -> Iterator[None]:
    """Something to loop over: it comes back after a pause each time, until the time is over."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        yield
        time.sleep(pause)


@contextmanager
def repeating(action: Callable[[], object], *, after: threading.Event | None = None) -> Iterator[None]:
    """Call something from another thread again and again until the block ends: whatever runs in the block is hit.

    Args:
        action: What to call. What it raises is raised at the end of the block.
        after: Wait for this event before the first call.
    """
    over = threading.Event()
    raised: list[Exception] = []

    def run() -> None:
        try:
            while after is not None and not after.wait(_PAUSE):
                if over.is_set():
                    return
            while not over.wait(_PAUSE):
                action()
        except Exception as error:  # noqa: BLE001 - raised again below
            raised.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
    if raised:
        raise raised[0]
