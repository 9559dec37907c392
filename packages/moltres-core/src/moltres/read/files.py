"""Files as frames, read by DuckDB."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import contextmanager
from os import PathLike, fspath
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from sqlalchemy.sql.visitors import iterate

from .._shared import arguments
from .._shared.files import filesystems, parquet_columns
from .._shared.files.readers import reader_call, resolved
from .._shared.files.text_files import line_fault
from .._shared.masking import masked, scrubbed, secrets_of
from .._shared.wording import repr_of
from ..dialects.base.refusals import unread
from ..dialects.seen_files import remember, see
from ..errors import ConfigurationError, MoltresError, QueryError, problems_translated, refuse
from ..types.logical import logical_type
from . import text_files
from .sql_text import Query, columns_of, selectable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection, FromClause
    from sqlalchemy.sql import ClauseElement

    from .source import Readable

Paths: TypeAlias = str | PathLike[str] | Sequence[str | PathLike[str]]

_NO_FILES = "No files found that match the pattern"
"""DuckDB's words."""

_FILES: Final = "moltres_files"
"""The attribute by which something to select from knows the files that it reads."""

_NATIVE = frozenset({"http", "https"})
"""Schemes that DuckDB reads itself."""


def _paths(path: object) -> str | list[str]:
    if isinstance(path, str | PathLike):
        paths: list[Any] = [path]
    elif isinstance(path, Sequence) and path:
        paths = list(path)
    else:
        raise ConfigurationError(f"Give a path, a pattern, a URI, or a list of these, not {repr_of(path)}.")
    wrong = [each for each in paths if not isinstance(each, str | PathLike) or not fspath(each)]
    if wrong:
        raise ConfigurationError(f"Not a path: {repr_of(wrong[0])}.")
    refuse(problem for each in paths for problem in arguments.path("path", each))
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
        ConfigurationError: If fsspec knows no such scheme.
    """
    with problems_translated():
        raw = connection.connection.dbapi_connection
        filesystems.register_filesystem(raw, uri, storage_options, core="moltres-core", extras={}, native=_NATIVE)


def read(source: Readable, function: str, path: Paths, options: dict[str, Any]) -> FromClause:
    """One of DuckDB's table functions for files, as something to select from.

    Raises:
        ConfigurationError: If the database is not DuckDB, or what is given is no path.
    """
    paths = _paths(path)
    if not source.dialect.capabilities.file_functions:
        raise ConfigurationError(
            f"{function}() requires DuckDB, not {source.dialect.name}.",
            suggestion=f"Read with connect().{function}(…), an in-memory DuckDB; to copy the rows to this database:"
            f" db.write(connect().{function}(…)).save_as_table(name).",
        )
    options = dict(options)
    storage_options = options.pop("storage_options", None)
    with _found(paths), _naming(options):
        with source.connection() as connection:
            for each in [paths] if isinstance(paths, str) else paths:
                register_filesystem(connection, each, storage_options)
            seen = see(connection, paths)
            with problems_translated():
                if function == "read_parquet":
                    return remember(_of_files(_parquet(source, connection, paths, options), paths), seen)
                query = _QUERIES[function](connection, paths, options)
        found = selectable(source, Query.of(query))  # every value in it is a literal
        return remember(_of_files(found, paths), seen)


def files_in(statement: ClauseElement) -> tuple[str, ...]:
    """The files that a statement reads, as the user gave them."""
    return tuple(dict.fromkeys(path for part in iterate(statement) for path in getattr(part, _FILES, ())))


def _of_files(found: FromClause, paths: str | list[str]) -> FromClause:
    """Let what is selected from know its files; a copy that SQLAlchemy makes of it knows them too."""
    setattr(found, _FILES, (paths,) if isinstance(paths, str) else tuple(paths))
    return found


@contextmanager
def _found(paths: str | list[str]) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise QueryError(f"There is no file {str(_without_secrets(error).filename or error)!r}.") from error
    except QueryError as error:
        if (fault := line_fault(error.driver_message or "")) is not None:
            raise QueryError(
                f"The files cannot be read: {masked(fault)}.",
                suggestion="If they are written in another way, say how: delimiter=';', quote=\"'\"."
                if "CSV Error" in (error.driver_message or "")
                else None,
            ) from None
        each_path = [paths] if isinstance(paths, str) else paths
        if _NO_FILES not in str(error):
            said = error.driver_message or ""
            shown = scrubbed(said, [secret for path in each_path for secret in secrets_of(path)])
            if shown == said:
                raise
            raise QueryError(f"The files cannot be read: {shown}", driver_message=shown) from None
        given = ", ".join(repr(masked(each)) for each in each_path)
        raise QueryError(f"No files found for the path {given}.") from error
    except OSError as error:
        if isinstance(error, MoltresError):
            raise
        raise QueryError(f"The files cannot be read: {_without_secrets(error)}.") from error


def _without_secrets(error: OSError) -> OSError:
    """The same error as a cause to show: file systems repeat the password or signature in the URI of a file."""
    error.args = tuple(masked(scrubbed(one)) if isinstance(one, str) else one for one in error.args)
    if isinstance(error.filename, str):
        error.filename = masked(error.filename)
    return error


@contextmanager
def _naming(options: dict[str, Any]) -> Iterator[None]:
    """DuckDB seldom says which option it refuses: its error gets the names of those that were given."""
    try:
        yield
    except QueryError as error:
        if options:
            error.suggestion = error.suggestion or f"The options were: {', '.join(options)}."
            error.context["options"] = sorted(options)
        raise


def _parquet(source: Readable, connection: Connection, paths: Any, options: dict[str, Any]) -> FromClause:
    """The rows of Parquet files, as they are, and with NaN where DuckDB has it: greater than every number.

    The statistics of a file leave NaN out, and DuckDB answers comparisons and ``max`` with them. The value of an
    expression that can be NaN has no such statistics.
    """
    raw: Any = connection.connection.dbapi_connection
    call = reader_call("read_parquet", paths, options)
    call, _ = parquet_columns.exactly(raw, call, resolved(raw, paths), unread)
    described = columns_of(source, connection, Query.of(f"SELECT * FROM {call}"))  # noqa: S608 - literals
    quote = connection.dialect.identifier_preparer.quote
    kinds = [(quote(name), logical_type(type_)) for name, type_ in described]
    floats = [(name, "FLOAT" if kind.bits == 32 else "DOUBLE") for name, kind in kinds if kind.name == "float"]
    exact = ", ".join(f"if(isnan({name}), 'NaN'::{type_}, {name}) AS {name}" for name, type_ in floats)
    query = f"SELECT *{f' REPLACE ({exact})' if exact else ''} FROM {call}"  # noqa: S608 - literals and quoted names
    return selectable(source, Query.of(query), described)


_QUERIES = {"read_csv": text_files.csv, "read_json": text_files.json}
