"""Rows on their way from one query to where they are staged, in memory that does not grow with their number."""

from __future__ import annotations

import pickle
from contextlib import contextmanager
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_BATCH_ROWS = 10_000


class Spool:
    """Rows in a file.

    A query that is being read may hold locks which the writing of its rows would wait for, so the rows wait here.

    Attributes:
        rows: How many there are.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.rows = 0

    def add(self, batches: Iterable[Sequence[tuple[Any, ...]]]) -> None:
        """Append rows."""
        for batch in batches:
            for start in range(0, len(batch), _BATCH_ROWS):
                pickle.dump(list(batch[start : start + _BATCH_ROWS]), self._file, protocol=pickle.HIGHEST_PROTOCOL)
            self.rows += len(batch)

    def batches(self) -> Iterator[list[tuple[Any, ...]]]:
        """The rows in the order in which they came."""
        self._file.seek(0)
        left = self.rows
        while left:
            batch = pickle.load(self._file)  # noqa: S301 - this process wrote it a moment ago, into a file without a name
            left -= len(batch)
            yield batch


@contextmanager
def open_spool() -> Iterator[Spool]:
    """A spool in a temporary file, which nobody else can open and which goes with the ``with`` block."""
    with TemporaryFile(prefix="moltres-") as file:
        yield Spool(file)
