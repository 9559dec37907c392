"""Errors as people read them in an execution's log."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from truthound_kestra.errors import DataQualityError
from truthound_kestra.kestra.handler import KestraOutputHandler

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["errors_in_log"]


@contextmanager
def errors_in_log(handler: KestraOutputHandler | None = None) -> Iterator[None]:
    """Let errors of this package end the script with one entry in Kestra's log, at level ERROR, and exit status 1.

    Kestra makes an entry of each line of a traceback, in which the message drowns. Other errors keep theirs.

    Args:
        handler: Where the entry goes; None for standard output.
    """
    try:
        yield
    except DataQualityError as error:
        (handler or KestraOutputHandler()).log("ERROR", f"{type(error).__name__}: {error}")
        raise SystemExit(1) from error
