"""Batches of an open read, whose rest can be set aside so that others need not wait for it."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from .._shared.statements import clock_of
from ..dialects.connections import held
from ..errors import ConfigurationError
from .spool import Spool

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from sqlalchemy import Connection

Batch = TypeVar("Batch")


@contextmanager
def paged(
    connection: Connection, batches: Iterator[Batch], opened: AbstractContextManager[object]
) -> Iterator[Iterator[Batch]]:
    """Let a read be set aside as long as its rows are worked on.

    Args:
        connection: Where it runs.
        batches: What it reads.
        opened: What ends the read, gives its connection back, and translates its errors: where it is set aside they
            would be taken for errors of the database that is written.

    Yields:
        The same batches.
    """
    spool: Spool | None = None
    process = os.getpid()

    def set_aside() -> None:
        nonlocal spool
        held.done(connection)
        spool = Spool()
        clock = clock_of(connection)
        if clock is not None:
            clock.resume()  # the caller's work is over for the moment, and the database's goes on
        with opened:
            spool.add(batches)

    def every() -> Iterator[Batch]:
        rest: Iterator[Batch] | None = None
        while True:
            if os.getpid() != process:
                raise ConfigurationError(
                    "These rows are read by the process that this one was forked from, on its connection.",
                    suggestion="Read them to their end before the fork, or read them anew in the child.",
                )
            if spool is not None and rest is None:
                rest = spool.batches()  # from a file, in which this process and its children have one place
            batch = next(batches if rest is None else rest, None)
            if batch is None:
                return
            yield batch

    held.reading(connection, set_aside)
    try:
        yield every()
    finally:
        held.done(connection)
        if spool is not None:
            spool.close()
