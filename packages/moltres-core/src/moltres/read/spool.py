"""Rows on their way from one query to where they go, in memory that does not grow with their number."""

from __future__ import annotations

import pickle
from contextlib import contextmanager
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING, Any

from ..errors import QueryError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class Spool:
    """Batches in a file that nobody else can open, and that goes with `close`.

    What is being read may hold locks, or the only connection, which the writing of its rows would wait for: so the rows
    wait here.

    Attributes:
        rows: How many rows the batches have.
    """

    def __init__(self) -> None:
        with _kept_in_file():
            # Without a buffer: a process that is forked would write its copy of it again, and move the file's place.
            self._file: IO[bytes] = TemporaryFile(buffering=0, prefix="moltres-")  # noqa: SIM115 - closed by close()
        self._kept: dict[int, Any] = {}
        self._sizes: list[int] = []
        self.rows = 0

    def add(self, batches: Iterable[Any]) -> None:
        """Append batches: lists of rows, or anything else that has a length."""
        for batch in batches:
            try:
                made = pickle.dumps(batch, protocol=pickle.HIGHEST_PROTOCOL)
            except (pickle.PicklingError, TypeError, AttributeError):  # a file cannot hold such objects
                self._kept[len(self._sizes)] = batch
                self._sizes.append(0)
            else:
                with _kept_in_file():
                    self._write(made)
                self._sizes.append(len(made))
            self.rows += len(batch) if hasattr(batch, "__len__") else 0  # what is no batch is refused when it is read

    def batches(self) -> Iterator[Any]:
        """The batches in the order in which they came."""
        place = 0
        for number, size in enumerate(self._sizes):
            if number in self._kept:
                yield self._kept[number]
            else:
                with _kept_in_file():
                    made = self._read(place, size)
                yield pickle.loads(made)  # noqa: S301 - this process wrote it a moment ago
            place += size

    def _write(self, made: bytes) -> None:
        rest = memoryview(made)
        while rest:
            rest = rest[self._file.write(rest) :]

    def _read(self, place: int, size: int) -> bytes:
        self._file.seek(place)
        parts = []
        while size:
            parts.append(self._file.read(size))
            if not parts[-1]:
                raise OSError("its end is missing")
            size -= len(parts[-1])
        return b"".join(parts)

    def close(self) -> None:
        """Remove the file."""
        self._file.close()
        self._kept.clear()


@contextmanager
def _kept_in_file() -> Iterator[None]:
    """A block that works on the file; the source of the rows, whose errors are its own, is read outside of it."""
    try:
        yield
    except OSError as error:
        raise QueryError(
            f"The rows cannot be kept in a temporary file: {error.strerror or error}.",
            suggestion="Make room in the folder for temporary files, or name another one by the variable TMPDIR.",
        ) from error


@contextmanager
def open_spool() -> Iterator[Spool]:
    """A spool that goes with the ``with`` block."""
    spool = Spool()
    try:
        yield spool
    finally:
        spool.close()
