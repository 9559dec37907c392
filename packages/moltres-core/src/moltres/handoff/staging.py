"""Put rows where the next task can find them: staged tables and files, and their removal."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from sqlalchemy import MetaData, Table, inspect
from sqlalchemy.schema import DropTable

from .._shared.filesystems import filesystem_of
from .._shared.masking import masked
from ..errors import problems_translated
from .reference import STAGE_PREFIX, Reference

if TYPE_CHECKING:
    from ..frame.source import Source

_LONGEST_NAME = 63
_ROOM_FOR_WRITER = 15  # a swap builds beside the target, under a name that it derives from the target's


def stage_name(database: Source, name: str) -> str:
    """A name for staged rows: readable at its start, unique by its end, within what the database allows."""
    digest = hashlib.sha256(name.encode()).hexdigest()[:12]
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
    table = stage_name(database, name)
    written = database.write(data).save_as_table(table, mode="overwrite")
    return Reference(
        kind="table",
        location=table,
        columns=tuple(database.reflect(table).columns.keys()),
        row_count=written.rows_written,
        database=masked(database.engine.url),
    )


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
        target.parent.mkdir(parents=True, exist_ok=True)
        written = database.write(data).parquet(target)
    else:
        with TemporaryDirectory() as folder_here:
            local = Path(folder_here, file_name)
            written = database.write(data).parquet(local)
            # A plain file server shows a file while it grows: under its name it appears when it is whole.
            file_system.put_file(str(local), f"{path}.part")
        file_system.mv(f"{path}.part", path)
    return Reference(kind="parquet", location=location, columns=columns, row_count=written.rows_written, database=None)


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
    return Path(path).exists() if file_system is None else bool(file_system.exists(path))


def remove_file(location: str) -> int:
    """Remove a staged file; how many were removed."""
    file_system, path = _file_system(location)
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
    with database.transaction() as connection:
        if not inspect(connection).has_table(name, schema=database.schema):
            return 0
        connection.execute(DropTable(Table(name, MetaData(), schema=database.schema)))
    database.forget(name)
    return 1
