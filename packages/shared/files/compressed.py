"""Compressed files that are whole: DuckDB reads one that was cut, or whose bytes have changed, as one of fewer rows."""

from __future__ import annotations

import gzip
import io
import zlib
from typing import IO, TYPE_CHECKING, Any, cast

from ..problems import UnreadableFileError
from .readers import opened

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["refuse_cut"]

_PIECE = 1 << 20
_ZSTD, _SKIPPED = 0xFD2FB528, range(0x184D2A50, 0x184D2A60)


def refuse_cut(raw: Any, paths: Iterable[str]) -> None:
    """Make sure that compressed files end where their compression says, and that gzip's checksums hold.

    Args:
        raw: The DuckDB connection, which knows the file systems of the paths.
        paths: The files; those that are not compressed are not looked at.

    Raises:
        UnreadableFileError: A file was cut, or its bytes have changed.
    """
    for path in paths:
        if not path.endswith((".gz", ".zst")):
            continue
        try:
            with opened(raw, path) as file:
                (_through_gzip if path.endswith(".gz") else _through_zstd)(file)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            reason = str(error) or "it ends in the middle"
            raise UnreadableFileError(
                f"The compressed file {path} is damaged: {reason.rstrip('.')}.",
                suggestion="It was cut, or changed: copy it again.",
                context={"path": path},
            ) from None


def _through_gzip(file: IO[bytes]) -> None:
    with gzip.GzipFile(fileobj=cast("Any", file)) as content:
        while content.read(_PIECE):
            pass


def _through_zstd(file: IO[bytes]) -> None:
    """Go from block to block without decompressing them (RFC 8878, section 3.1)."""
    while start := file.read(4):
        magic = int.from_bytes(start, "little")
        if magic in _SKIPPED:
            _skip(file, int.from_bytes(_exactly(file, 4), "little"))
            continue
        if magic != _ZSTD:
            raise zlib.error("it holds something else than frames of Zstandard")
        (descriptor,) = _exactly(file, 1)
        is_single = bool(descriptor & 32)
        content_size = (1 if is_single else 0, 2, 4, 8)[descriptor >> 6]
        _skip(file, (0 if is_single else 1) + (0, 1, 2, 4)[descriptor & 3] + content_size)
        is_last = False
        while not is_last:
            header = int.from_bytes(_exactly(file, 3), "little")
            is_last, kind, size = bool(header & 1), header >> 1 & 3, header >> 3
            _skip(file, 1 if kind == 1 else size)  # one byte is repeated
        _skip(file, 4 if descriptor & 4 else 0)


def _exactly(file: IO[bytes], size: int) -> bytes:
    found = file.read(size)
    if len(found) < size:
        raise EOFError("it ends in the middle")
    return found


def _skip(file: IO[bytes], size: int) -> None:
    if size:
        file.seek(size - 1, io.SEEK_CUR)
        _exactly(file, 1)
