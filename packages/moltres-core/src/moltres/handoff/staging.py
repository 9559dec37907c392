"""Put rows where the next task can find them: staged tables and files, and their removal."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace
from os import SEEK_END
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from sqlalchemy import MetaData, Table, func, inspect, select
from sqlalchemy.schema import DropTable

from .._shared import arguments
from .._shared.files.filesystems import filesystem_of
from .._shared.masking import masked
from ..database import Database
from ..errors import HandoffError, problems_translated, refuse
from ..write.files import files_used
from .reference import STAGE_PREFIX, Reference

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from ..frame.source import Source

_LONGEST_NAME = 63
_END = 1 << 17
"""Bytes at the end of a file that its fingerprint is made of."""
_ROOM_FOR_WRITER = 15  # a swap builds beside the target, under a name that it derives from the target's


@dataclass(frozen=True)
class Found:
    """What a reference leads to now: columns, number of rows, and their fingerprint where it was asked for."""

    columns: tuple[str, ...]
    rows: int
    fingerprint: str | None


def require_database(given: object, **name: object) -> None:
    """Make sure that rows can be staged here, before anything is done.

    Args:
        given: What was given as the database.
        **name: What was given as the ``name`` of the rows, where they get one.

    Raises:
        ConfigurationError: If they cannot.
    """
    problems = [*arguments.instance("database", given, Database, "a Database, which connect() makes")]
    refuse([*problems, *(problem for one, value in name.items() for problem in arguments.string(one, value))])


def stage_name(database: Source, name: str) -> str:
    """A name for staged rows: readable at its start, unique by its end, within what the database allows."""
    digest = hashlib.sha256(name.encode(errors="surrogatepass")).hexdigest()[:12]
    longest = min(database.dialect.capabilities.max_identifier_bytes or _LONGEST_NAME, _LONGEST_NAME) - _ROOM_FOR_WRITER
    slug = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
    return f"{STAGE_PREFIX}{slug[: longest - len(STAGE_PREFIX) - len(digest) - 1]}_{digest}"


def stage_table(database: Source, data: Any, *, name: str) -> Reference:
    """Put rows into a staged table, in place of what the same name has staged before.

    Args:
        database: Where to put them.
        data: Anything that ``database.write`` takes.
        name: What names the table; derived from the run.
    """
    return marked(database, put_in_table(database, data, name=name))


def put_in_table(database: Source, data: Any, *, name: str) -> Reference:
    """What `stage_table` does, without the fingerprint: for a transaction of the caller's, who marks it after the end.

    Args:
        database: Where to put them.
        data: Anything that ``database.write`` takes.
        name: What names the table; derived from the run.
    """
    require_database(database, name=name)
    table = stage_name(database, name)
    written = database.write(data).save_as_table(table, mode="overwrite")
    return Reference(
        kind="table",
        location=table,
        columns=tuple(database.reflect(table).columns.keys()),
        row_count=written.rows_written,
        database=masked(database.engine.url),
    )


def marked(database: Source, reference: Reference) -> Reference:
    """A reference to a staged table, with the fingerprint of its rows."""
    table = database.reflect(reference.location)
    with database.connection() as connection:
        return replace(reference, fingerprint=database.dialect.fingerprint(connection, table))


def found_in_table(database: Source, reference: Reference) -> Found:
    """What a table holds now.

    Raises:
        TableNotFoundError: If it is gone.
    """
    table = database.reflect(reference.location)
    with database.connection() as connection:
        return found_on(connection, database, table, reference)


def found_on(connection: Connection, database: Source, table: Table, reference: Reference) -> Found:
    """What a table holds now, as a connection sees it."""
    rows = connection.execute(select(func.count()).select_from(table)).scalar_one()
    same = rows == reference.row_count and reference.fingerprint is not None
    fingerprint = database.dialect.fingerprint(connection, table) if same else None
    return Found(tuple(table.columns.keys()), rows, fingerprint)


def stage_parquet(database: Source, data: Any, columns: tuple[str, ...], name: str, folder: str) -> Reference:
    """A file in the folder; a reader finds the whole file or none.

    Args:
        database: The database of the rows.
        data: Anything that ``database.write`` takes.
        columns: Its columns.
        name: What names the file; derived from the run.
        folder: The folder.
    """
    file_name = f"{stage_name(database, name)}.parquet"
    location = f"{folder.rstrip('/')}/{file_name}"
    file_system, path = _file_system(location)
    if file_system is None:
        target = Path(path).absolute()
        location = str(target)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
        except (OSError, ValueError) as error:
            raise HandoffError(f"stage_uri is no folder that can be made: {masked(folder)!r:.200}: {error}.") from error
        written = database.write(data).parquet(target)
    else:
        with TemporaryDirectory() as folder_here:
            local = Path(folder_here, file_name)
            written = database.write(data).parquet(local)
            # A plain file server shows a file while it grows: under its name it appears when it is whole.
            with files_used(folder):
                file_system.put_file(str(local), f"{path}.part")
                file_system.mv(f"{path}.part", path)
    return Reference(
        kind="parquet",
        location=location,
        columns=columns,
        row_count=written.rows_written,
        database=None,
        fingerprint=file_fingerprint(location),
    )


def file_fingerprint(location: str) -> str:
    """The size of a file and a hash of its end, where Parquet has its schema and the statistics of all columns."""
    file_system, path = _file_system(location)
    with files_used(location):
        if file_system is None:
            with Path(path).open("rb") as file:
                size = file.seek(0, SEEK_END)
                file.seek(max(size - _END, 0))
                end = file.read()
        else:
            size = int(file_system.size(path))
            end = file_system.cat_file(path, start=max(size - _END, 0), end=size)
    return f"{size}.{hashlib.sha256(end).hexdigest()[:24]}"


def _file_system(location: str) -> tuple[Any, str]:
    """The fsspec file system of a remote location and the path in it; None and the path for a local one."""
    scheme, separator, rest = location.partition("://")
    if not separator:
        return None, location
    if scheme == "file":
        return None, rest
    with problems_translated():
        return filesystem_of(location, core="moltres-core", extras={})


def file_exists(location: str) -> bool:
    """Whether there is a staged file."""
    file_system, path = _file_system(location)
    with files_used(location):
        return Path(path).exists() if file_system is None else bool(file_system.exists(path))


def remove_file(location: str) -> int:
    """Remove a staged file; how many were removed."""
    file_system, path = _file_system(location)
    with files_used(location):
        try:
            if file_system is None:
                Path(path).unlink()
            else:
                file_system.rm_file(path)
        except FileNotFoundError:
            return 0
    return 1


def drop_table(database: Source, name: str) -> int:
    """Drop a staged table; how many were dropped."""
    with database.writing() as connection:
        if not inspect(connection).has_table(name, schema=database.schema):
            return 0
        connection.execute(DropTable(Table(name, MetaData(), schema=database.schema)))
    database.forget(name)
    return 1
