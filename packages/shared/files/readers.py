"""Files that DuckDB reads: which reader a name asks for, and the call in SQL."""

from __future__ import annotations

import io
import itertools
import os
import re
from collections.abc import Mapping, Sequence
from os import PathLike, fspath
from pathlib import Path
from types import MappingProxyType
from typing import IO, Any, TypeAlias
from urllib.parse import unquote

from ..arguments import is_unicode
from ..duckdb_literals import IN_PATTERNS, as_pattern, names_of_files
from ..masking import masked
from ..problems import InvalidOptionError, UnknownFormatError, UnreadableFileError
from ..wording import did_you_mean, question, repr_of

__all__ = [
    "ALL_ENDINGS",
    "DEFAULTS",
    "ENDINGS",
    "Paths",
    "changed_files",
    "delimiter_of",
    "each_path",
    "ending_of",
    "function_for",
    "local_path",
    "meant_url",
    "near_file",
    "opened",
    "reader_call",
    "resolved",
    "stamps_of",
]

Paths: TypeAlias = "str | PathLike[str] | Sequence[str | PathLike[str]]"

# The whole file decides about the types: a late string in a column of numbers is a value, not a crash in the middle.
# Of a file in a folder "year=2024" its own values of "year" would be replaced by that of the folder.
_TEXT: Mapping[str, Any] = MappingProxyType({"sample_size": -1, "hive_partitioning": False})
DEFAULTS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {"read_parquet": MappingProxyType({}), "read_csv": _TEXT, "read_json": _TEXT}
)
"""Options of DuckDB's readers of files that hold where a caller says nothing else."""

_LINES: Mapping[str, Any] = MappingProxyType({"format": "newline_delimited"})
_READERS: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    ".parquet": ("read_parquet", {}),
    ".pq": ("read_parquet", {}),
    ".csv": ("read_csv", {}),
    ".tsv": ("read_csv", {}),
    ".json": ("read_json", {}),
    ".jsonl": ("read_json", _LINES),
    ".ndjson": ("read_json", _LINES),
}
_COMPRESSED = (".gz", ".zst")
_PATTERNS = (*_READERS, *(f"{ending}{one}" for ending in list(_READERS)[2:] for one in _COMPRESSED))

ENDINGS = tuple(_READERS)
"""The endings of file names that are read; ``.gz`` and ``.zst`` may follow."""

ALL_ENDINGS = _PATTERNS
"""The endings of file names that are read, those of compressed files included."""


def each_path(paths: Paths) -> list[str]:
    """Every path or URI as a string."""
    return [os.fsdecode(path) for path in ([paths] if isinstance(paths, str | PathLike) else paths)]


def local_path(path: str) -> str:
    """A ``file://`` URI as a path; anything else as it is."""
    return unquote(_path_of(path)) if path.startswith("file://") else path


def _path_of(uri: str) -> str:
    """The path of a URI, as it is written, also behind a host that `urlsplit` refuses."""
    _, slash, path = re.split(r"[?#]", uri.partition("://")[2], maxsplit=1)[0].partition("/")
    return slash + path


_SUFFIXES = {
    ".duckdb": "duckdb",
    ".ddb": "duckdb",
    ".db": "sqlite",
    ".db3": "sqlite",
    ".sqlite": "sqlite",
    ".sqlite3": "sqlite",
}
_PATH = re.compile(r"[\w./~ -]+")
_MAGIC = {b"SQLite format 3\0": "sqlite", b"DUCK": "duckdb"}


def meant_url(given: str | PathLike[str]) -> str | None:
    """The URL of a database file that was given by its path alone: ``sqlite:///shop.db``.

    Args:
        given: What stands where a URL, or the path of a file of rows, belongs.

    Returns:
        None if it is no such file by its first bytes, and does not read as the path of one; what has other characters
        could hold a password.
    """
    path = local_path(fspath(given))
    if "://" in path:
        return None
    try:
        with Path(path if Path(path).is_file() else os.devnull).open("rb") as file:
            head = file.read(16)
    except (OSError, ValueError):
        head = b""
    found = next((name for magic, name in _MAGIC.items() if magic in (head, head[8:12])), None)
    if found is None and _PATH.fullmatch(path):
        found = _SUFFIXES.get(Path(path).suffix.lower())
    return None if found is None else f"{found}:///{path}"


def near_file(path: str | PathLike[str]) -> str | None:
    """``Did you mean 'orders.csv'?`` for a local file that does not exist, or None if no name in its folder is near."""
    place = Path(local_path(fspath(path)))
    if "://" in fspath(path) or not place.parent.is_dir():
        return None
    try:
        # A folder of a million files is not worth a hint.
        names = [str(place.with_name(one.name)) for one in itertools.islice(place.parent.iterdir(), 5000)]
        names = [name for name in names if name != str(place)]  # a folder of that name is not meant
    except OSError:
        return None
    return did_you_mean(str(place), names)


def _pattern(path: str) -> str:
    """A folder as the pattern of its files, Parquet if it has any; anything else as it is.

    Raises:
        UnknownFormatError: The folder has no Parquet files, and files of several other formats.
    """
    path = local_path(path)
    if "://" in path or not Path(path).is_dir():
        return path
    folder = Path(path)
    try:
        found = [ending for ending in _PATTERNS if next(folder.glob(f"**/*{ending}"), None) is not None]
    except OSError as error:
        raise UnreadableFileError(f"The folder {path} cannot be read: {error}.", context={"path": path}) from error
    within = f"{as_pattern(path.rstrip('/'))}/**/*"
    if ".parquet" in found or not found:
        return f"{within}.parquet"
    if len(found) > 1:
        raise UnknownFormatError(
            f"The folder {path} has files of several formats ({', '.join(found)}): give a pattern such as "
            f"{within}{found[0]}."
        )
    return f"{within}{found[0]}"


def delimiter_of(paths: Paths) -> str:
    """What separates the fields of a text file unless an option says so: a tab for ``.tsv``, a comma for others."""
    return "\t" if ending_of(_pattern(each_path(paths)[0])) == ".tsv" else ","


def resolved(raw: Any, paths: Paths) -> list[str]:
    """Every file, in order of the names that patterns stand for.

    Args:
        raw: The DuckDB connection, which knows the file systems of URIs.
        paths: A path, URI or pattern, or several.
    """
    found: list[str] = []
    for path in map(_pattern, each_path(paths)):
        if IN_PATTERNS.search(path) is None or Path(path).is_file() or path.startswith(("http://", "https://")):
            found.append(path)
        else:
            rows = raw.execute(f"SELECT file FROM glob({_literal(path)}) ORDER BY file").fetchall()  # noqa: S608
            if not rows:
                raise FileNotFoundError(path)
            found += [row[0] for row in rows]
    for name in found:
        if "://" in name and not name.startswith(("http://", "https://")) and IN_PATTERNS.search(name):
            raise UnreadableFileError(
                f"The file {masked(name)} has a character of patterns in its name (*, ? or [): others would be read.",
                suggestion="Give it another name.",
                context={"path": masked(name)},
            )
    return found


def changed_files(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """The names of the files that are not what they were, in order; see `stamps_of`."""
    return sorted(name for name in {*before, *now} if before.get(name) != now.get(name))


def stamps_of(raw: Any, paths: Paths) -> dict[str, tuple[Any, ...] | None]:
    """What tells later whether files are still the same: their places, sizes and times, by name.

    Args:
        raw: The DuckDB connection, which knows the file systems of URIs.
        paths: A path, URI or pattern, or several.

    Returns:
        None for a file that is not there.
    """
    try:
        names = resolved(raw, paths)
    except FileNotFoundError:
        return {}
    found: dict[str, tuple[Any, ...] | None] = {}
    away = []
    for name in names:
        if "://" in name and not name.startswith("file://"):
            away.append(name)
            continue
        try:
            state = os.stat(local_path(name))  # noqa: PTH116 - as it is
            found[name] = (state.st_dev, state.st_ino, state.st_size, state.st_mtime_ns)
        except OSError:
            found[name] = None
    for name in away:
        # Neither reads the file; HTTP does not tell how old it is.
        query = f"SELECT size, last_modified FROM read_blob({_literal(name)})"  # noqa: S608 (a literal)
        rows = raw.execute(query).fetchall()
        found[name] = None if not rows else rows[0][:1] if name.startswith(("http://", "https://")) else rows[0]
    return found


def opened(raw: Any, path: str) -> IO[bytes]:
    """A file; one that is not on this machine in memory.

    Args:
        raw: The DuckDB connection, which knows the file system of the path.
        path: A path or URI.
    """
    if "://" not in path:
        return Path(path).open("rb")
    ((content,),) = raw.execute(f"SELECT content FROM read_blob({_literal(path)})").fetchall()  # noqa: S608 (a literal)
    return io.BytesIO(content)


def function_for(paths: Paths) -> tuple[str, Mapping[str, Any]]:
    """DuckDB's table function for files, by their names, and the options that the names ask for.

    Args:
        paths: A path, URI or pattern, or several of one format.

    Raises:
        UnknownFormatError: A name tells no format, or the names tell several.
    """
    every = [_pattern(path) for path in each_path(paths)]
    found = {ending: _READERS[ending] for ending in map(ending_of, every)}
    if len({id(options) if options else function for function, options in found.values()}) > 1:
        raise UnknownFormatError(
            f"Files of several formats cannot be read as one table: {', '.join(map(masked, every))}."
        )
    return next(iter(found.values()))


def ending_of(path: str) -> str:
    """The ending that tells how a file is read, without that of its compression.

    Raises:
        UnknownFormatError: It has none that is read.
    """
    name = _path_of(path) if "://" in path else path
    stem = name.lower()
    for ending in _COMPRESSED:
        stem = stem.removesuffix(ending)
    suffix = Path(stem).suffix
    if suffix not in _READERS:
        raise UnknownFormatError(
            f"{masked(path)!r} has none of the endings that are read: {', '.join(ENDINGS)}.{question(suffix, ENDINGS)}",
            suggestion=None if (meant := meant_url(path)) is None else f"Did you mean {meant!r}?",
            context={"path": masked(path), "endings": list(ENDINGS)},
        )
    return suffix


def reader_call(function: str, paths: Paths, options: Mapping[str, Any]) -> str:
    """A call of one of DuckDB's table functions as SQL, every value in it a literal.

    Literals, and not parameters: for the first parameter of a statement DuckDB's driver imports pandas, if it is
    installed, which takes half a second.

    Args:
        function: ``read_parquet``, ``read_csv`` or ``read_json``.
        paths: A path, URI or pattern, or several. A folder stands for the Parquet files in it.
        options: Its options. `DEFAULTS` fill in what is left out.

    Raises:
        InvalidOptionError: A name is no name of an option, or a value none that SQL can write.
    """
    located = _pattern if function == "read_parquet" else local_path
    arguments = [names_of_files(map(located, each_path(paths)))]
    for name, value in {**DEFAULTS.get(function, {}), **options}.items():
        if re.fullmatch(r"[A-Za-z_][A-Za-z_0-9]*", name) is None:
            raise InvalidOptionError(f"{name!r} is not an option of {function}.", context={"option": name})
        try:
            arguments.append(f"{name} = {_literal(value)}")
        except InvalidOptionError as problem:
            raise InvalidOptionError(f"{name}: {problem.message}", context={"option": name}) from None
        except RecursionError:
            said = f"{name} has too many lists within each other."
            raise InvalidOptionError(said, context={"option": name}) from None
    return f"{function}({', '.join(arguments)})"


_MOST_BITS = 128
"""Of a number that DuckDB reads as a whole one."""


def _literal(value: Any) -> str:
    match value:
        case None:
            return "NULL"
        case bool():
            return "true" if value else "false"
        case int() | float() if isinstance(value, float) or value.bit_length() <= _MOST_BITS:
            return repr(value)
        case str() | PathLike():
            text = fspath(value)
            if "\0" in text or not is_unicode(text):
                raise InvalidOptionError(f"{text!r:.80} has NUL or half a surrogate pair, which SQL cannot write.")
            return "'" + text.replace("'", "''") + "'"
        case Mapping():
            pairs = (
                f"{_literal(key if isinstance(key, str) else repr_of(key))}: {_literal(item)}"
                for key, item in value.items()
            )
            return f"{{{', '.join(pairs)}}}"
        case list() | tuple():
            return f"[{', '.join(map(_literal, value))}]"
    raise InvalidOptionError(f"{repr_of(value)} cannot be an option of a file reader.")
