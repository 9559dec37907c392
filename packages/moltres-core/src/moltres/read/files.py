"""Files as frames, read by DuckDB."""

from __future__ import annotations

import re
from collections.abc import Sequence
from os import PathLike, fspath
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import urlsplit

from sqlalchemy import text

from ..errors import ConfigurationError, MissingDependencyError
from ..frame import select_state
from . import fetch

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from ..database import Database
    from ..frame.dataframe import DataFrame

Paths: TypeAlias = str | PathLike[str] | Sequence[str | PathLike[str]]

_PACKAGES = {"s3": "s3fs", "s3a": "s3fs", "gs": "gcsfs", "gcs": "gcsfs", "abfs": "adlfs", "az": "adlfs"}


def _paths(path: object) -> str | list[str]:
    if isinstance(path, str | PathLike):
        paths: list[Any] = [path]
    elif isinstance(path, Sequence) and path:
        paths = list(path)
    else:
        raise ConfigurationError(f"Give a path, a pattern, a URI, or a list of these, not {path!r}.")
    wrong = [each for each in paths if not isinstance(each, str | PathLike) or not fspath(each)]
    if wrong:
        raise ConfigurationError(f"Not a path: {wrong[0]!r}.")
    found = [fspath(each) for each in paths]
    return found[0] if isinstance(path, str | PathLike) else found


def register_filesystem(connection: Connection, uri: str, storage_options: dict[str, Any] | None = None) -> None:
    """Let DuckDB open a URI through fsspec, if it is one of another file system.

    Args:
        connection: A connection to DuckDB; what is registered holds for its whole database.
        uri: A path or a URI. Only the scheme of a URI counts.
        storage_options: Arguments for fsspec's file system, such as keys and an endpoint.

    Raises:
        MissingDependencyError: If fsspec, or its driver for this scheme, is not installed.
    """
    scheme = urlsplit(uri).scheme.lower()
    if len(scheme) < 2 or scheme in {"file", "http", "https"}:  # a path (of Windows, even), or what DuckDB reads itself
        return
    raw: Any = connection.connection.dbapi_connection
    if not storage_options and raw.filesystem_is_registered(scheme):
        return
    package = _PACKAGES.get(scheme, "fsspec")
    try:
        import fsspec

        filesystem = fsspec.filesystem(scheme, **(storage_options or {}))
    except ImportError as error:
        raise MissingDependencyError(
            f"{scheme}:// needs the package {package!r}, which is not installed.",
            suggestion=f"pip install {package}",
            context={"package": package},
        ) from error
    except ValueError as error:
        raise ConfigurationError(f"fsspec knows no file system for {scheme}://.") from error
    if raw.filesystem_is_registered(scheme):
        raw.unregister_filesystem(scheme)
    raw.register_filesystem(filesystem)


def read(database: Database, function: str, path: Paths, options: dict[str, Any]) -> DataFrame:
    """A frame of one of DuckDB's table functions for files.

    Raises:
        ConfigurationError: If the database is not DuckDB, or what is given is no path.
    """
    paths = _paths(path)
    if database.dialect.name != "duckdb":
        raise ConfigurationError(
            f"{function}() needs DuckDB, and this is a {database.dialect.name} database.",
            suggestion=f"Read with connect().{function}(…), which is a DuckDB in memory; to have the rows here,"
            f" write them: db.write(connect().{function}(…)).save_as_table(name).",
        )
    options = dict(options)
    storage_options = options.pop("storage_options", None)
    wrong = [name for name in options if not re.fullmatch(r"[A-Za-z_]+", name)]
    if wrong:
        raise ConfigurationError(f"No option of {function}: {wrong[0]!r}.")
    with database.connection() as connection:
        for each in [paths] if isinstance(paths, str) else paths:
            register_filesystem(connection, each, storage_options)
    arguments = "".join(f", {name} = :{name}" for name in options)
    # The function is one of ours and the options are words: values travel beside the text.
    query = text(f"SELECT * FROM {function}(:moltres_path{arguments})")  # noqa: S608
    return select_state.bare(database, fetch.probe(database, query.bindparams(moltres_path=paths, **options)))
