"""Files that DuckDB reads: the call that reads them, their file systems, and their errors."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import DBAPIError

from .._shared import files
from .._shared.files import Paths
from .._shared.filesystems import register_filesystem
from .._shared.masking import masked, scrubbed, secrets_of
from .._shared.problems import UnknownFormatError
from ..errors import RuleError, SourceError, TableNotFoundError, translated

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["Paths", "describe", "readable", "reader_call", "secrets"]

_EXTRAS = {"s3": "s3", "s3a": "s3", "http": "http", "https": "http"}


def reader_call(raw: Any, source: Paths, storage_options: Mapping[str, Any]) -> str:
    """The DuckDB table function that reads the files, as SQL.

    Args:
        raw: The DuckDB connection; file systems are registered with it.
        source: A path, URI or glob, or several.
        storage_options: For the fsspec file system of URIs.

    Raises:
        RuleError: The name does not show the format.
        SourceError: There is no such file.
    """
    try:
        function, options = files.function_for(source)
    except UnknownFormatError as problem:
        raise RuleError(
            [problem.message],
            suggestion="Databases are given by a URL such as postgresql://user@host/name with table= or query=.",
        ) from None
    with translated():
        for path in files.each_path(source):
            register_filesystem(raw, path, storage_options, core="dq-core", extras=_EXTRAS)
        return files.reader_call(function, source, options)


@contextlib.contextmanager
def readable(source: Paths) -> Iterator[None]:
    """Translate the errors of opening files."""
    import duckdb

    try:
        yield
    except (DBAPIError, OSError, duckdb.Error) as error:
        cause = error.orig if isinstance(error, DBAPIError) else error
        reason = scrubbed(str(cause).strip(), secrets(source))
        if isinstance(cause, FileNotFoundError) or "No files found" in reason:
            raise TableNotFoundError(f"The file {describe(source)} does not exist.") from None
        raise SourceError(f"{describe(source)} cannot be read: {reason}") from None


def describe(source: Paths) -> str:
    """The paths for people, without secrets."""
    return ", ".join(map(masked, files.each_path(source)))


def secrets(source: Paths) -> tuple[str, ...]:
    """The parts of URIs that are secret."""
    return tuple({secret for path in files.each_path(source) for secret in secrets_of(path)})
