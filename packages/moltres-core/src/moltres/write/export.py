"""Rows to files, written by DuckDB."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import ClauseElement, Select, literal_column, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.expression import Executable

from .._shared.drafts import draft_of
from ..dialects import dialect_for
from ..dialects.connections.binding import resolve
from ..dialects.error_translation import translated
from ..dialects.sql.compiling import compiled_by
from ..errors import ConfigurationError, TableExistsError, WriteError
from ..frame.dataframe import DataFrame
from ..frame.source import BATCH_ROWS
from .inputs import Streamed
from .stream import open_stream
from .target import table_of

if TYPE_CHECKING:
    from os import PathLike

    from sqlalchemy.sql.compiler import SQLCompiler
    from sqlalchemy.sql.selectable import SelectBase

Kind = Literal["parquet", "csv"]

_OPTIONS: dict[str, str] = {"parquet": "FORMAT parquet, COMPRESSION zstd", "csv": "FORMAT csv, HEADER true"}


class _CopyTo(Executable, ClauseElement):
    """DuckDB's ``COPY (SELECT …) TO``, whose values stay bind parameters."""

    inherit_cache = False

    def __init__(self, select: SelectBase, path: Path, kind: Kind) -> None:
        self.select = select
        self.path = path
        self.kind = kind


@compiles(_CopyTo)
def _copy_to(element: _CopyTo, compiler: SQLCompiler, **options: Any) -> str:
    path = str(element.path).replace("'", "''")
    return f"COPY ({compiler.process(element.select, **options)}) TO '{path}' ({_OPTIONS[element.kind]})"


def export(data: Any, path: str | PathLike[str], kind: Kind, *, overwrite: bool) -> int:
    """Write rows to a temporary file, and rename it when it is complete.

    Args:
        data: The rows; see `Database.write`.
        path: A local path.
        kind: The format.
        overwrite: Whether an existing file is replaced.

    Returns:
        The number of rows.
    """
    if "://" in str(path):
        raise ConfigurationError(
            f"{path!s} is not a local path.",
            suggestion="Write a local file, and copy it with fsspec.",
        )
    target = Path(path)
    try:
        target.exists()
    except OSError as error:
        raise ConfigurationError(f"{str(target)!r:.200} cannot be a path: {error.strerror or error}.") from error
    if target.is_dir():
        raise ConfigurationError(f"{str(target)!r} is a folder, not a file.")
    if not target.parent.is_dir():
        raise ConfigurationError(f"The folder {str(target.parent)!r} of the file {str(target)!r} does not exist.")
    if target.exists() and not overwrite:
        raise TableExistsError(
            f"The file {str(target)!r} already exists.", suggestion="Use overwrite=True to replace it."
        )
    with draft_of(target) as draft:
        part = draft.with_suffix(".part")
        if isinstance(data, DataFrame) and data.database.dialect.capabilities.file_functions:
            rows = _copy(data, part, kind)
        else:
            rows = _through_duckdb(data, part, kind)
        try:
            part.replace(target)
        except OSError as error:
            raise WriteError(f"The file {str(target)!r} cannot be written: {error.strerror or error}.") from error
    return rows


def _copy(frame: DataFrame, path: Path, kind: Kind) -> int:
    dialect, query = frame.database.dialect, frame.statement
    with frame.database.connection() as connection, dialect.unchanged(connection, query):
        statement = dialect.for_file(connection, query, kind)
        return int(connection.execute(_CopyTo(statement, path, kind)).scalar_one())


def _through_duckdb(data: Any, path: Path, kind: Kind) -> int:
    """Rows from elsewhere, through a temporary DuckDB file: memory does not grow with their number."""
    scratch = path.with_suffix(".duckdb")
    binding = resolve(f"duckdb:///{scratch}", {})
    dialect = dialect_for(binding.engine)
    rows = table_of("rows", [])
    try:
        with (
            translated(binding.engine, dialect),
            closing(open_stream(data, BATCH_ROWS)) as stream,
            binding.engine.begin() as connection,
            compiled_by(connection, dialect),
        ):
            Streamed(connection, dialect, stream).create(rows)
            everything: Select[Any] = select(literal_column("*")).select_from(rows)
            statement = dialect.for_file(connection, everything, kind)
            return int(connection.execute(_CopyTo(statement, path, kind)).scalar_one())
    finally:
        binding.engine.dispose()
