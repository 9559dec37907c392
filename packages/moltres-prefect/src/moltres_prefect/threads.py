"""Plain threads: those that a flow or a task of the user's starts by itself, whose calls come in any order."""

from __future__ import annotations

import asyncio
import sys
import threading
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, Any, Final

from prefect import flow_engine, task_engine

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType, ModuleType

__all__ = ["flow_elsewhere", "in_plain_thread"]


def _runners(engine: ModuleType) -> frozenset[CodeType]:
    """The functions of an engine of Prefect in which flows, or tasks, run."""
    named = (value for name, value in vars(engine).items() if name.startswith("run_"))
    return frozenset(value.__code__ for value in named if isinstance(value, FunctionType))


_FLOWS: Final = _runners(flow_engine)
_TASKS: Final = _runners(task_engine)


def in_plain_thread() -> bool:
    """Whether this thread runs neither a flow nor a task, and was so started by one that does."""
    return not _main() and _FLOWS.union(_TASKS).isdisjoint(_running(sys._getframe()))  # noqa: SLF001


def flow_elsewhere() -> bool:
    """Whether another thread of this process runs a flow; always False in the main thread, which nothing started.

    A plain thread has none of the context in which it was started: it may work for that flow, or for nobody.
    """
    own = threading.get_ident()
    others = [frame for thread, frame in sys._current_frames().items() if thread != own]  # noqa: SLF001
    return not _main() and any(not _FLOWS.isdisjoint(_running(frame)) for frame in others)


def _main() -> bool:
    return threading.current_thread() is threading.main_thread()


def _running(frame: FrameType | None) -> Iterator[CodeType]:
    """What a thread runs, in the tasks of an event loop as well, of which but one is on the stack."""
    while frame is not None:
        yield frame.f_code
        if frame.f_code.co_name == "run_forever":
            loop = frame.f_locals.get("self")
            if isinstance(loop, asyncio.AbstractEventLoop):
                for task in asyncio.all_tasks(loop):
                    yield from _awaiting(task.get_coro())
        frame = frame.f_back


def _awaiting(coroutine: Any) -> Iterator[CodeType]:
    while (code := getattr(coroutine, "cr_code", None)) is not None:
        yield code
        coroutine = coroutine.cr_await
