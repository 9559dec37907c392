"""Threads that a caller need not wait for: what goes on in them after a time limit ends with the process."""

from __future__ import annotations

import queue
import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Workers"]


class Workers:
    """A pool of daemon threads; `concurrent.futures` has none, and would keep the process from ending.

    Args:
        number: How many threads.
    """

    def __init__(self, number: int) -> None:
        self._waiting: queue.SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None] = queue.SimpleQueue()
        self._threads = [threading.Thread(target=self._work, daemon=True) for _ in range(number)]
        for thread in self._threads:
            thread.start()

    def submit(self, function: Callable[..., Any], *arguments: Any) -> Future[Any]:
        """Let a thread call a function."""
        future: Future[Any] = Future()
        self._waiting.put((future, lambda: function(*arguments)))
        return future

    def close(self) -> None:
        """Begin nothing more; what runs is not waited for."""
        while not self._waiting.empty():
            try:
                left = self._waiting.get_nowait()
            except queue.Empty:
                break
            if left is not None:
                left[0].cancel()
        for _ in self._threads:
            self._waiting.put(None)

    def _work(self) -> None:
        while (job := self._waiting.get()) is not None:
            future, call = job
            if not future.set_running_or_notify_cancel():
                continue
            try:
                result = call()
            except BaseException as error:  # noqa: BLE001 (the caller gets it)
                future.set_exception(error)
            else:
                future.set_result(result)
