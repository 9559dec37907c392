"""Which DuckDB reader opens a path or URI, and through which file system."""

from __future__ import annotations

import contextlib
import datetime as dt
import re
import urllib.parse
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..checks.options import question
from ..errors import MissingDependencyError, RuleError, SourceError, TableNotFoundError
from .opened import scrub

__all__ = ["describe", "readable", "reader_call", "secrets"]

Paths = str | Path | Sequence[str | Path]

_READERS = {
    ".parquet": "read_parquet({})",
    ".pq": "read_parquet({})",
    # The whole file decides about the types: a late text in a column of numbers is found by the checks, not by a crash.
    ".csv": "read_csv({}, sample_size = -1)",
    ".tsv": "read_csv({}, sample_size = -1)",
    ".json": "read_json_auto({}, sample_size = -1)",
    ".jsonl": "read_json_auto({}, sample_size = -1, format = 'newline_delimited')",
    ".ndjson": "read_json_auto({}, sample_size = -1, format = 'newline_delimited')",
}
_COMPRESSED = (".gz", ".zst")
_EXTRAS = {"s3": "s3", "s3a": "s3", "http": "http", "https": "http"}


def reader_call(raw: Any, source: Paths, storage_options: Mapping[str, Any]) -> str:
    """The DuckDB table function that reads the files, as SQL.

    Args:
        raw: The DuckDB connection; file systems are registered with it.
        source: A path, URI or glob, or several.
        storage_options: For the fsspec file system of URIs.

    Raises:
        RuleError: The format cannot be told from the name.
        SourceError: There is no such file.
    """
    paths = [_local(str(path)) for path in _each(source)]
    readers = {_reader(path) for path in paths}
    if len(readers) > 1:
        raise RuleError([f"Files of one format at a time: {', '.join(map(_shown, paths))}."])
    for path in paths:
        _file_system(raw, path, storage_options)
    quoted = ["'" + path.replace("'", "''") + "'" for path in paths]
    return readers.pop().format(quoted[0] if len(quoted) == 1 else f"[{', '.join(quoted)}]")


def _each(source: Paths) -> list[str | Path]:
    return [source] if isinstance(source, str | Path) else list(source)


def _local(path: str) -> str:
    """A ``file://`` URI as a path, a folder of Parquet files as a glob; anything else as it is."""
    if path.startswith("file://"):
        path = urllib.parse.unquote(urllib.parse.urlsplit(path).path)
    if "://" not in path and Path(path).is_dir():
        return f"{path.rstrip('/')}/**/*.parquet"
    return path


def _reader(path: str) -> str:
    name = urllib.parse.urlsplit(path).path if "://" in path else path
    stem = name.lower()
    for ending in _COMPRESSED:
        stem = stem.removesuffix(ending)
    suffix = Path(stem).suffix
    if suffix not in _READERS:
        endings = ", ".join(_READERS)
        problem = f"{_shown(path)!r} is neither a file that can be read ({endings}) nor the address of a database."
        raise RuleError([problem + question(suffix, _READERS)])
    return _READERS[suffix]


def _file_system(raw: Any, path: str, storage_options: Mapping[str, Any]) -> None:
    """Register the fsspec file system of a URI with DuckDB, once."""
    scheme = path.partition("://")[0] if "://" in path else None
    if scheme is None or raw.filesystem_is_registered(scheme):
        return
    import fsspec
    from fsspec.registry import known_implementations

    try:
        system = fsspec.filesystem(scheme, **storage_options)
    except ImportError as error:
        module = str(known_implementations[scheme]["class"]).partition(".")[0]
        if scheme in _EXTRAS:
            raise MissingDependencyError.extra(module, _EXTRAS[scheme]) from error
        problem = f"This needs {module}, which is not installed."
        raise MissingDependencyError(problem, suggestion=f"pip install {module}") from error
    except ValueError as error:
        raise RuleError([f"{_shown(path)}: {error}"]) from None
    if type(system).modified is fsspec.AbstractFileSystem.modified:
        # DuckDB asks how old a file is, which HTTP does not tell: as of now, nothing is taken from a cache.
        system.modified = lambda _: dt.datetime.now(dt.UTC)
    raw.register_filesystem(system)


@contextlib.contextmanager
def readable(source: Paths) -> Iterator[None]:
    """Translate the errors of opening files."""
    import duckdb
    from sqlalchemy.exc import DBAPIError

    try:
        yield
    except (DBAPIError, OSError, duckdb.Error) as error:
        cause = error.orig if isinstance(error, DBAPIError) else error
        reason = scrub(str(cause).strip(), secrets(source))
        if isinstance(cause, FileNotFoundError) or "No files found" in reason:
            raise TableNotFoundError(f"There is no file {describe(source)}.") from None
        raise SourceError(f"{describe(source)} cannot be read: {reason}") from None


def describe(source: Paths) -> str:
    """The paths for people, without user, password and query of URIs."""
    return ", ".join(_shown(str(path)) for path in _each(source))


def _shown(path: str) -> str:
    if "://" not in path:
        return path
    parts = urllib.parse.urlsplit(path)
    return urllib.parse.urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def secrets(source: Paths) -> tuple[str, ...]:
    """The parts of URIs that may be secret."""
    found: set[str] = set()
    for path in map(str, _each(source)):
        if "://" in path:
            parts = urllib.parse.urlsplit(path)
            found |= {parts.query, *re.split("[:@]", parts.netloc.rpartition("@")[0])}
    return tuple(sorted(found - {""}, key=len, reverse=True))
