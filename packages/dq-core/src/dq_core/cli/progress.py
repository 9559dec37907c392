"""Progress of a validation on a terminal; none in logs, pipes and schedulers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from .._shared.command import progress

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
    with progress.shown_progress(title, quiet=quiet) as show:
        yield None if show is None else lambda step: show(step.message)
