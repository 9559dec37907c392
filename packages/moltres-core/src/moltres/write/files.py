"""Rows on their way into a database by Parquet files: in a folder that this process and the database's server reach."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from .._shared import arguments
from .._shared.files.filesystems import file_errors, filesystem_of, is_away
from .._shared.masking import has_secrets, masked, scrubbed, secrets_of
from ..dialects.stopping import check
from ..errors import DatabaseConnectionError, SchemaMismatchError, WriteError, problems_translated, refuse
from ..types.arrow import arrow, to_arrow, to_batch
from ..types.logical import logical_type

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ..dialects import Dialect
    from ..types.arrow import Batch, Named

MOST_BYTES: Final = 64 * 1024 * 1024
"""Of one file, about."""

_UUID_BYTES: Final = 16


@contextmanager
def files_used(place: str) -> Iterator[None]:
    """A block that only uses files of a place, by any file system; its errors are those of moltres.

    Raises:
        DatabaseConnectionError: Its server did not answer.
        WriteError: The files cannot be used otherwise.
    """
    try:
        yield
    except file_errors() as error:
        reason = scrubbed(" ".join(str(error).split()), secrets_of(place)).rstrip(".")
        kind = DatabaseConnectionError if is_away(error) else WriteError
        raise kind(f"The files in {masked(place)!r:.200} cannot be used: {reason or type(error).__name__}.") from error


@dataclass(frozen=True)
class StageFolder:
    """A folder for Parquet files.

    Attributes:
        uri: What this process calls it: a path, or a URI of fsspec.
        location: What the database's server calls it.
    """

    uri: str
    location: str

    def names(self) -> list[str]:
        """What is in it."""
        files, path = self._opened()
        selector = _file_systems().FileSelector(path, allow_not_found=True)
        with files_used(self.uri):
            return [info.base_name for info in files.get_file_info(selector)]

    def remove(self, name: str) -> None:
        """Remove a folder in it with all its files."""
        files, path = self._opened()
        with files_used(self.uri):
            try:
                files.delete_dir(f"{path}/{name}")
            except FileNotFoundError:  # the database has removed it with its table
                return

    def _opened(self) -> tuple[Any, str]:
        module = _file_systems()
        if "://" not in self.uri:
            return module.LocalFileSystem(), self.uri.rstrip("/")
        if self.uri.startswith("file://"):
            return module.LocalFileSystem(), self.uri.removeprefix("file://").rstrip("/")
        with problems_translated():
            found, path = filesystem_of(self.uri, core="moltres-core", extras={})
        return module.PyFileSystem(module.FSSpecHandler(found)), path.rstrip("/")

    @contextmanager
    def filled(
        self, dialect: Dialect, name: str, columns: Sequence[Named], batches: Iterable[Batch]
    ) -> Iterator[tuple[str, int]]:
        """Rows in files of a new folder, which is removed after the block.

        Args:
            dialect: What moltres knows of the database.
            name: The name of the new folder.
            columns: The columns of the rows.
            batches: The rows.

        Yields:
            What the server calls the new folder, and the number of rows in it.
        """
        files, path = self._opened()
        with files_used(self.uri):
            files.create_dir(f"{path}/{name}", recursive=True)
        try:
            rows = self._write(files, f"{path}/{name}", dialect, columns, batches)
            yield f"{self.location.rstrip('/')}/{name}", rows
        finally:
            self.remove(name)

    def _write(
        self, files: Any, folder: str, dialect: Dialect, columns: Sequence[Named], batches: Iterable[Batch]
    ) -> int:
        from pyarrow import parquet

        pa = arrow()
        schema = pa.schema([(name, _stored(pa, type_)) for name, type_ in columns])
        rows = number = 0
        sink: Any = None
        writer: Any = None
        try:
            for batch in batches:
                check()
                made = _fitted(pa, dialect, columns, schema, batch)
                with files_used(self.uri):
                    if writer is None:
                        sink = files.open_output_stream(f"{folder}/{number:05}.parquet")
                        writer = parquet.ParquetWriter(sink, schema, compression="zstd")
                        number += 1
                    writer.write_batch(made)
                    rows += made.num_rows
                    if sink.tell() > MOST_BYTES:
                        writer.close()
                        sink.close()
                        writer = None
        finally:
            if writer is not None:
                with files_used(self.uri):
                    writer.close()
                    sink.close()
        return rows


def _file_systems() -> Any:
    arrow()
    from pyarrow import fs

    return fs


def _stored(pa: Any, type_: Any) -> Any:
    return pa.binary(_UUID_BYTES) if logical_type(type_).name == "uuid" else to_arrow(type_)


def _fitted(pa: Any, dialect: Dialect, columns: Sequence[Named], schema: Any, batch: Batch) -> Any:
    """A batch with the types of the files; what would not come back equal is refused."""
    if isinstance(batch, list):
        dialect.require_fit(columns, batch)
        batch = to_batch(batch, columns)
    else:
        dialect.require_batch(columns, batch)
    arrays, faults = [], []
    for column, field in zip(batch.columns, schema, strict=True):
        try:
            if pa.types.is_fixed_size_binary(field.type) and not pa.types.is_fixed_size_binary(column.type):
                made = pa.array([None if one is None else _uuid_bytes(one) for one in column.to_pylist()], field.type)
            else:
                made = column.cast(field.type)
            arrays.append(made)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError, ValueError) as error:
            faults.append(f"column {field.name!r}: {error}")
    if faults:
        raise SchemaMismatchError("Some values do not fit their columns.", mismatches=faults)
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _uuid_bytes(value: Any) -> bytes:
    return value if isinstance(value, bytes) else UUID(str(value)).bytes


def stage_folder(dialect: Dialect, uri: object, location: object) -> StageFolder | None:
    """The folder of `connect`, None without one.

    Args:
        dialect: The dialect of the database.
        uri: What this process calls the folder.
        location: What the server calls it, if that is something else.

    Raises:
        ConfigurationError: If it cannot be used; all problems at once.
    """
    if uri is None and location is None:
        return None
    problems = []
    if not dialect.takes_files:
        problems.append(f"stage_uri is not supported for {dialect.name}, which takes rows without files.")
    if uri is None:
        problems.append("stage_location requires stage_uri, what this process calls the folder.")
    elif not isinstance(uri, str | os.PathLike) or not str(uri).strip():
        problems.append(f"stage_uri must be a path or a URI, not {type(uri).__name__}.")
    elif has_secrets(uri):
        problems.append("stage_uri has a secret in it; give it to the file system by its own configuration.")
    if location is not None:
        problems += arguments.string("stage_location", location)
    refuse(problems, "The folder for rows from elsewhere cannot be used")
    given = os.fspath(uri)  # type: ignore[call-overload]  # checked above
    given = given if "://" in given else str(Path(given).absolute())
    return StageFolder(given, str(location or (given if "://" in given else f"file://{given}")))
