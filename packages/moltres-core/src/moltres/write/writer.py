"""Writing rows from anywhere to a table or a file, all or nothing."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Literal

from ..errors import TableExistsError, TransientQueryError
from ..frame.source import BATCH_ROWS, Mode, WriteResult
from . import export
from .modes import LoadedMeanwhileError, Written, write_rows
from .request import WriteRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from os import PathLike

    from ..frame.source import Source

__all__ = ["BATCH_ROWS", "Mode", "WriteResult", "Writer"]


class Writer:
    """Rows, and the database to write them to. Made by `Database.write` and `DataFrame.write`.

    Args:
        database: Where to write the rows.
        data: A DataFrame of any database, Records, a list of dicts, a pandas or Polars DataFrame, Arrow data, or an
            iterator of batches of these (or of dicts).
    """

    def __init__(self, database: Source, data: Any) -> None:
        self._database = database
        self._data = data

    def __repr__(self) -> str:
        return f"Writer({type(self._data).__name__} to {self._database!r})"

    def save_as_table(
        self,
        name: str,
        mode: Mode = "error_if_exists",
        *,
        keys: Sequence[str] | None = None,
        update: bool | Sequence[str] | None = None,
        partition_by: Sequence[str] | None = None,
        run_key: str | None = None,
        schema: str | None = None,
        batch_rows: int = BATCH_ROWS,
        on_progress: Callable[[int], object] | None = None,
    ) -> WriteResult:
        """Write the rows to a table; if anything fails, none of them.

        Rows of the same database are copied by one statement and never leave it. Other rows are written in batches.

        Args:
            name: ``table`` or ``schema.table``.
            mode: ``"error_if_exists"`` creates the table, which must not exist. All other modes create it if it does
                not exist. ``"append"`` adds the rows. ``"overwrite"`` replaces all rows, and the columns if they
                differ. ``"ignore"`` does nothing if the table exists. ``"merge"`` updates the rows with the same
                ``keys`` and inserts the others. ``"overwrite_partitions"`` replaces the rows of each combination of
                ``partition_by`` that the new rows have.
            keys: For merge: the columns that identify a row; no two rows may have the same keys.
            update: For merge: True (the default) updates all other columns, a list of names only these, and False
                leaves existing rows unchanged.
            partition_by: For overwrite_partitions: the columns that identify a partition; NULL is a value here.
            run_key: The identity of this load. It is recorded in the table ``moltres_loads`` together with the rows. A
                second load with the same key into the same table does nothing, so that a retry never duplicates rows.
            schema: The schema of the table; ``name`` is then the exact name of the table, and may have dots.
            batch_rows: The maximum number of rows in memory.
            on_progress: Called with the number of rows written so far after each batch, and at the end.

        Returns:
            What was done.

        Raises:
            ConfigurationError: If the options are not valid; all problems at once.
            SchemaMismatchError: If columns do not fit, or a value would not come back equal; all columns at once.
            TableExistsError: If the table exists, with mode ``"error_if_exists"``.
            ColumnNotFoundError: If keys or partition_by name columns that the rows do not have.
            WriteError: If keys of a merge are NULL or duplicates.
            QueryError: If the database refuses the rows.
        """
        request = WriteRequest(
            name=name,
            mode=mode,
            keys=keys,
            update=update,
            partition_by=partition_by,
            run_key=run_key,
            schema=schema,
            batch_rows=batch_rows,
            on_progress=on_progress,
        )
        started = time.monotonic()
        written = self._write(request)
        self._database.forget(name)
        if on_progress is not None and not written.skipped:
            on_progress(written.inserted + written.updated)
        return WriteResult(
            table_name=name,
            mode=mode,
            rows_written=written.inserted + written.updated,
            rows_updated=written.updated,
            created=written.created,
            skipped=written.skipped,
            seconds=time.monotonic() - started,
        )

    def _write(self, request: WriteRequest) -> Written:
        try:
            with self._database.transaction() as connection:
                return write_rows(self._database, connection, self._data, request)
        except LoadedMeanwhileError:
            return Written(skipped=True)
        except TableExistsError as error:
            if request.mode == "error_if_exists":
                raise
            # Where CREATE TABLE commits, two writers can create the same table without waiting for each other.
            raise TransientQueryError(
                f"A concurrent write created the table {request.name!r}.",
                suggestion="Write again: the table exists now.",
            ) from error

    def parquet(self, path: str | PathLike[str], *, overwrite: bool = True) -> WriteResult:
        """Write the rows to one Parquet file with DuckDB. Readers see the old file or the new one, never a part.

        Args:
            path: A local path.
            overwrite: Whether an existing file is replaced.

        Returns:
            What was done; `table_name` is the path.

        Raises:
            TableExistsError: If the file exists, and ``overwrite`` is False.
        """
        return self._export(path, "parquet", overwrite=overwrite)

    def csv(self, path: str | PathLike[str], *, overwrite: bool = True) -> WriteResult:
        """Write the rows to one CSV file with a header line; otherwise like `parquet`."""
        return self._export(path, "csv", overwrite=overwrite)

    def _export(self, path: str | PathLike[str], kind: Literal["parquet", "csv"], *, overwrite: bool) -> WriteResult:
        started = time.monotonic()
        rows = export.export(self._data, path, kind, overwrite=overwrite)
        return WriteResult(
            table_name=str(path),
            mode="overwrite" if overwrite else "error_if_exists",
            rows_written=rows,
            created=True,
            seconds=time.monotonic() - started,
        )
