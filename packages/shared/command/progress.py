"""Progress on a terminal; none in logs, pipes and schedulers."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["shown_progress"]


@contextmanager
def shown_progress(title: str, *, quiet: bool = False) -> Iterator[Callable[[str], None] | None]:
    """Show progress on standard error if it is a terminal; the line is removed afterwards.

    Args:
        title: What runs.
        quiet: Show nothing, even on a terminal.

    Yields:
        What shows how far the run is, or None if no progress is shown.
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
    with shown as show:
        yield show


@contextmanager
def _plain(title: str) -> Iterator[Callable[[str], None]]:
    started = time.monotonic()

    def show(line: str) -> None:
        sys.stderr.write(f"\r{line}\x1b[K")
        sys.stderr.flush()

    show(title)
    try:
        yield lambda message: show(f"{title}: {message}, {time.monotonic() - started:.0f} s")
    finally:
        show("")


@contextmanager
def _rich(title: str) -> Iterator[Callable[[str], None]]:
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    # No bar: how many steps there are is known when the last one is done.
    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(title, total=None)
        yield lambda message: progress.update(task, description=f"{title}: {message}")
