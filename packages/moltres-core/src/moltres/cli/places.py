"""Where a subcommand reads and writes: databases by their URLs, files by their paths."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Boolean, literal_column

from .._shared.command.arguments import add_files, from_environment, mapping_of, names_of, read_options_of
from .._shared.databases.urls import is_database_url
from .._shared.files.readers import function_for, meant_url, near_file
from .._shared.masking import masked
from .._shared.wording import question
from ..database import Database, connect
from ..errors import ConfigurationError, problems_translated

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from ..frame.dataframe import DataFrame

__all__ = [
    "TARGET_ENDINGS", "add_selection", "frame_of", "is_database", "open_source", "open_target", "source_problems",
    "target_problems", "url_problems",
]  # fmt: skip

TARGET_ENDINGS: Final = {".parquet": "parquet", ".pq": "parquet", ".csv": "csv"}
"""The endings of files that are written, and their formats."""


def add_selection(parser: argparse.ArgumentParser) -> None:
    """The arguments that say which rows and columns of it."""
    parser.add_argument("--where", metavar="SQL", help="only the rows for which this condition is true")
    parser.add_argument(
        "--columns", "--column", action="append", metavar="NAME", help="only this column; repeatable, or several with "
        "commas",
    )  # fmt: skip
    add_files(parser)


def is_database(given: str) -> bool:
    """Whether a string is the URL of a database, and no path or URI of files."""
    return is_database_url(given)


def url_problems(name: str, given: str) -> Iterator[str]:
    """What is wrong with an argument that must be the URL of a database.

    Args:
        name: The argument.
        given: What was given.
    """
    if not is_database(given):
        yield f"{name} must be the URL of a database, such as {meant_url(given) or 'sqlite:///shop.db'}."


def open_source(given: str, query_timeout: float | None) -> Database:
    """The database of a URL; an in-memory DuckDB for files."""
    given = from_environment(given)
    return connect(given if is_database(given) else None, query_timeout=query_timeout)


def open_target(url: str, given: argparse.Namespace) -> Database:
    """The database that is written to, with what the options say of it."""
    return connect(
        url, query_timeout=given.query_timeout, stage_uri=given.stage_uri, stage_location=given.stage_location
    )


def source_problems(
    given: argparse.Namespace, table: str | None, schema: str | None, query: str | None
) -> Iterator[str]:
    """What does not fit together in what is read.

    Args:
        given: The parsed arguments.
        table: The table of the source.
        schema: Its schema.
        query: A query instead of it.
    """
    source = from_environment(given.source)
    if is_database(source):
        for name in ("read_options", "storage_options"):
            if getattr(given, name):
                yield f"{name} is for files, and the source is a database."
        if table is None and query is None:
            yield "The source is a database: give --table or --query."
        if schema is not None and query is not None:
            yield "Give the schema of the source in --query, or --table instead of it."
        return
    for name, value in (("query", query), ("source_schema", schema)):
        if value is not None:
            yield f"{name} is for databases, and {masked(source)!r} is the path of a file."
    meant = meant_url(source)
    if meant is not None:
        yield f"{masked(source)!r} is a database: give {masked(meant)!r}."
        return
    function = function_for(source)[0]
    if given.read_options and function != "read_csv":
        yield f"read_options is for CSV files, not for {masked(source)!r}."


def frame_of(
    database: Database, given: argparse.Namespace, table: str | None, schema: str | None, query: str | None
) -> DataFrame:
    """The rows that are read, as arguments that fit together name them.

    Args:
        database: What `open_source` gave.
        given: The parsed arguments.
        table: The table of the source.
        schema: Its schema.
        query: A query instead of it.
    """
    source = from_environment(given.source)
    if not is_database(source):
        frame = _files(database, source, given)
    elif query is not None:
        frame = database.sql(query)
    else:
        database.schema = schema or database.schema
        frame = database.table(table or "", as_of=getattr(given, "as_of", None))
    if given.where is not None:
        # On lines of its own: a comment at its end is none of what follows.
        frame = frame.where(literal_column(f"(\n{given.where}\n)", Boolean()))
    columns = names_of(given.columns)
    return frame if columns is None else frame.select(*columns)


def _files(database: Database, source: str, given: argparse.Namespace) -> DataFrame:
    with problems_translated():
        function, _ = function_for(source)
    options: dict[str, Any] = {**(read_options_of(given.read_options) or {})}
    storage = mapping_of("--storage-options", given.storage_options)
    if storage is not None:
        options["storage_options"] = storage
    if "://" not in source and not any(mark in source for mark in "*?[") and not Path(source).exists():
        raise ConfigurationError(f"There is no file {source!r}.", suggestion=near_file(source))
    frame: DataFrame = getattr(database, function)(source, **options)
    return frame


def target_problems(target: str, mode: str, options: dict[str, Any]) -> Iterator[str]:
    """What a file that is written does not allow.

    Args:
        target: Its path.
        mode: The mode of the write.
        options: The further options of the write.
    """
    meant = meant_url(target)
    ending = Path(target).suffix.lower()
    if meant is not None:
        yield f"{target!r} is a database: give {meant!r}."
    elif ending not in TARGET_ENDINGS:
        yield (
            f"{masked(target)!r} has none of the endings that are written: {', '.join(TARGET_ENDINGS)}, and is no"
            f" URL of a database.{question(ending, TARGET_ENDINGS)}"
        )
    if mode not in ("error_if_exists", "overwrite"):
        yield f"mode={mode!r} is for tables: a file is made (error_if_exists) or replaced (overwrite)."
    for name in options:
        if name != "mode":
            yield f"{name} is for tables and has no effect on a file."
