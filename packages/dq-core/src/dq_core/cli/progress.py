"""Progress on a terminal; none in logs, pipes and schedulers."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..run.reader import Progress

__all__ = ["OnProgress", "shown_progress"]

#: What `dq_core.validate` takes as ``on_progress``.
OnProgress = Callable[["Progress"], None]


@contextmanager
def shown_progress(title: str, *, quiet: bool = False) -> Iterator[OnProgress | None]:
    """Show progress on standard error if it is a terminal; the line is removed afterwards.

    Args:
        title: What runs.
        quiet: Show nothing, even on a terminal.

    Yields:
        The callback for the run, or None if no progress is shown.
    """
    if quiet or not sys.stderr.isatty():
        yield None
        return
    try:
        import rich  # noqa: F401
    except ImportError:
        shown = _plain(title)
    else:
        shown = _rich(title)
    with shown as on_progress:
        yield on_progress


@contextmanager
def _plain(title: str) -> Iterator[OnProgress]:
    started = time.monotonic()

    def show(line: str) -> None:
        sys.stderr.write(f"\r{line}\x1b[K")
        sys.stderr.flush()

    def on_progress(step: Progress) -> None:
        show(f"{title}: {step.message}, {time.monotonic() - started:.0f} s")

    show(title)
    try:
        yield on_progress
    finally:
        show("")


@contextmanager
def _rich(title: str) -> Iterator[OnProgress]:
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    # No bar: how many steps there are is known when the last one is done.
    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(title, total=None)
        yield lambda step: progress.update(task, description=f"{title}: {step.message}")
