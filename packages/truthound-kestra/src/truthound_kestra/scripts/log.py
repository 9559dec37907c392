"""Errors in the log of an execution."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from truthound_kestra.errors import DataQualityError
from truthound_kestra.kestra.handler import KestraOutputHandler, handler_of

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["errors_in_log"]


@contextmanager
def errors_in_log(handler: KestraOutputHandler | None = None) -> Iterator[None]:
    """End the script with exit status 1 and one log entry at level ERROR for an error of this package.

    Kestra logs each line of a traceback as an entry of its own. Other errors keep their traceback.

    Args:
        handler: Sends the log entry; None for standard output.
    """
    handler = handler_of(handler)
    try:
        yield
    except DataQualityError as error:
        handler.log("ERROR", f"{type(error).__name__}: {error}")
        raise SystemExit(1) from error
