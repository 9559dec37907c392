"""Sources that are read while their rows are written: begun, or read whole, before the write begins.

Such a source can read the database that is written, and hold a lock or the only connection that the write waits for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

from ..dialects.connections import held
from ..read.spool import open_spool

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..frame.source import Source


@contextmanager
def ahead(source: Source, data: Any, batch_rows: int) -> Iterator[Any]:
    """The same rows, read so far that the write waits for nothing that only their source can give back.

    Args:
        source: The database that is written.
        data: A lazy source.
        batch_rows: The most dicts to hold in memory at once.
    """
    parts = _parts(data)
    alone = held.capacity(source.engine) == 1 or source.joined
    if source.dialect.capabilities.concurrent_reads and not alone:
        # The first batch only: the connection on which it is read is known then, and is set aside.
        yield chain(list(islice(parts, 1)), parts)
        return
    with open_spool() as spool:
        spool.add(_in_lists(parts, batch_rows))
        yield spool.batches()


def _parts(data: Any) -> Iterator[Any]:
    if not hasattr(data, "read_next_batch"):
        return iter(data)
    # A table without rows keeps the columns of a reader that gives none.
    return chain([data.schema.empty_table()], data)


def _in_lists(parts: Iterable[Any], rows: int) -> Iterator[Any]:
    """Dicts in lists, everything else as it is."""
    dicts: list[Any] = []
    for part in parts:
        if isinstance(part, Mapping):
            dicts.append(part)
            if len(dicts) == rows:
                yield dicts
                dicts = []
            continue
        if dicts:
            yield dicts
            dicts = []
        yield part
    if dicts:
        yield dicts
