"""Writing rows from anywhere to a table or a file, all or nothing."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Literal

from .._shared import arguments
from ..errors import ConfigurationError, TableExistsError, TransientQueryError, refuse
from ..frame.dataframe import DataFrame
from ..frame.source import BATCH_ROWS, Mode, WriteResult
from . import export
from .ahead import ahead
from .inputs import same_database
from .modes import is_done, write_rows
from .outcome import LoadedMeanwhileError, Written
from .publish import is_published, publish
from .receipt_log import is_wanted, record_first
from .request import WriteRequest
from .stream import is_lazy

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Sequence
    from decimal import Decimal
    from os import PathLike

    from ..frame.source import Source
    from ..types.receipt import Verify

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
        cascade: bool = False,
        cursor: str | None = None,
        lag: dt.timedelta | str | Decimal | int | None = None,
        delete_missing: Literal["hard", "soft", "close"] | None = None,
        delete_at_most: float | None = None,
        valid_from: str | None = None,
        valid_to: str | None = None,
        valid_at: dt.datetime | str | None = None,
        on_schema_change: Literal["fail", "append_new_columns", "ignore"] = "fail",
        rejects: Literal["table"] | None = None,
        rejects_at_most: float | None = None,
        batch_rows: int = BATCH_ROWS,
        on_progress: Callable[[int], object] | None = None,
        verify: Verify = True,
    ) -> WriteResult:
        """Write the rows to a table; if anything fails, none of them.

        Rows of the same database are copied by one statement and never leave it. Other rows are written in batches.

        Args:
            name: ``table`` or ``schema.table``.
            mode: ``"error_if_exists"`` makes the table, which must not be there. ``"append"`` adds the rows, and makes
                the table if it is missing (as all modes below do). ``"overwrite"`` replaces all rows, and the columns
                if they are others. ``"ignore"`` writes only if there is no such table. ``"merge"`` updates the rows
                whose ``keys`` are there and inserts the others. ``"overwrite_partitions"`` replaces the rows of each
                combination of ``partition_by`` that the new rows have. ``"scd2"`` keeps the history of rows, told
                apart by ``keys``: a row that has changed ends its version and begins another one.
            keys: For merge and scd2: the columns that tell rows apart, each time a row at most.
            update: For merge: True (the default) updates all other columns, a list of names only these, False none:
                rows that are there stay as they are.
            partition_by: For overwrite_partitions: the columns that tell partitions apart; NULL is a value, too.
            run_key: What names this load. It is recorded in the table ``moltres_loads`` together with the rows; the
                same key for the same table does nothing a second time, so that a retry never doubles a row.
            schema: The schema of the table; then ``name`` is taken as it is, dots and all.
            cascade: For overwrite and overwrite_partitions: whether rows of other tables may go or change with the
                rows that they reference (ON DELETE CASCADE, SET NULL, SET DEFAULT). Without it such a table is refused.
            cursor: For append, merge and scd2: the column that says when a row was made or changed. Only what is new
                since the last load is read from a frame, and what is in the table already is not doubled.
            lag: With a cursor: how much later than rows of a greater cursor a row may become visible in the source, as
                in ``"10 minutes"``, or a number for cursors of numbers. Required where the source cannot tell which
                transactions still ran, as PostgreSQL can for a table.
            delete_missing: For merge and scd2, when the rows are all that the source has, what becomes of those whose
                keys are not among them: for merge ``"hard"`` deletes them, ``"soft"`` sets their column ``deleted_at``,
                which is added if it is missing; for scd2 ``"close"`` ends their versions.
            delete_at_most: With ``delete_missing``: the share of the rows (0 to 1, by default 0.1) that may go; if
                more would, nothing is changed.
            valid_from: For scd2: the column that says since when a version is valid, by default ``"valid_from"``.
            valid_to: For scd2: the column that says until when it was, by default ``"valid_to"``; NULL of the current
                version. The end itself is not a part of the time.
            valid_at: For scd2: since when the new versions are valid: the name of a timestamp of the rows, or a moment
                (also as ISO 8601; without a zone in UTC). By default the time of the load.
            on_schema_change: For append, merge, overwrite_partitions and scd2, what becomes of columns of the rows that
                the table does not have: ``"fail"`` refuses them, ``"append_new_columns"`` adds them to the table, and
                widens types where the database can (integers, decimals, lengths of text), ``"ignore"`` leaves them out.
            rejects: For append, merge, overwrite_partitions and scd2, into a table that exists: ``"table"`` keeps rows
                that the table refuses (types, lengths, ranges, NOT NULL, CHECK) with the reason in a table with
                ``_rejects`` behind its name, and loads the others. Strings are read as values of the columns.
            rejects_at_most: With ``rejects``: the share of the rows (0 to 1, by default 0.1) that may be rejected; if
                more would, nothing is changed.
            batch_rows: The most rows to hold in memory at once.
            on_progress: Called with the number of rows so far after each batch, and at the end.
            verify: Whether rows that come from elsewhere are proved: the fingerprint of what was read is compared with
                that of what landed before the commit, and the load is rolled back if they differ. `WriteResult.receipt`
                has both. With ``"columns"`` it has the fingerprint of each column too, so that `moltres.verify` says
                later which differ.

        Returns:
            What was done.

        Raises:
            ConfigurationError: If the options are not valid; all problems at once.
            SchemaMismatchError: If columns do not fit, or a value would not come back equal; all columns at once.
            TableExistsError: If the table exists, with mode ``"error_if_exists"``.
            ColumnNotFoundError: If keys or partition_by name columns that the rows do not have.
            WriteError: If keys of a merge or a history are NULL or duplicates, a row is older than the history of its
                key, or more rows would go than ``delete_at_most``, or be rejected than ``rejects_at_most``, allows.
            ReceiptError: If what landed is not what was read.
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
            cascade=cascade,
            cursor=cursor,
            lag=lag,
            delete_missing=delete_missing,
            delete_at_most=delete_at_most,
            valid_from=valid_from,
            valid_to=valid_to,
            valid_at=valid_at,
            on_schema_change=on_schema_change,
            rejects=rejects,
            rejects_at_most=rejects_at_most,
            batch_rows=batch_rows,
            on_progress=on_progress,
            verify=verify,
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
            rows_deleted=written.deleted,
            rows_closed=written.closed,
            rows_unchanged=written.unchanged,
            created=written.created,
            skipped=written.skipped,
            receipt=written.receipt,
            recorded=written.recorded,
            seconds=time.monotonic() - started,
            incremental=written.incremental,
            rejects=written.rejects,
            schema_changes=written.schema_changes,
        )

    def _write(self, request: WriteRequest) -> Written:
        data = self._rows_of(request)
        if not is_lazy(data):
            written = self._write_rows(data, request)
            if self._transactions and is_wanted(self._database, data, request):
                return record_first(self._database, request.name, request.schema, written, request.mode)
            return written
        if request.run_key is not None or request.mode in {"ignore", "error_if_exists"}:
            known = is_done if self._transactions else is_published
            with self._database.writing() as connection:
                if known(self._database, connection, request):
                    return Written(skipped=True)
        with ahead(self._database, data, request.batch_rows) as begun:
            return self._write_rows(begun, request)

    def _rows_of(self, request: WriteRequest) -> Any:
        """The rows; those of the same database as an iterator where each is looked at."""
        data = self._data
        if (
            request.rejects is None
            or not isinstance(data, DataFrame)
            or not same_database(data.database, self._database)
        ):
            return data
        if request.cursor is not None:
            raise ConfigurationError(
                "rejects with a cursor is for rows of another database: within one, a statement copies what is new.",
                suggestion="Leave one of them out.",
            )
        return data.iter_batches(request.batch_rows)

    @property
    def _transactions(self) -> bool:
        return self._database.dialect.capabilities.transactions

    def _write_rows(self, data: Any, request: WriteRequest) -> Written:
        try:
            with self._database.writing() as connection:
                return (write_rows if self._transactions else publish)(self._database, connection, data, request)
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
        """Write the rows to one CSV file with a header line; otherwise like `parquet`.

        Args:
            path: A local path.
            overwrite: Whether an existing file is replaced.

        Returns:
            What was done; `table_name` is the path.

        Raises:
            TableExistsError: If the file exists, and ``overwrite`` is False.
        """
        return self._export(path, "csv", overwrite=overwrite)

    def _export(self, path: str | PathLike[str], kind: Literal["parquet", "csv"], *, overwrite: bool) -> WriteResult:
        refuse([*arguments.path("path", path), *arguments.flag("overwrite", overwrite)])
        started = time.monotonic()
        rows = export.export(self._data, path, kind, overwrite=overwrite)
        return WriteResult(
            table_name=str(path),
            mode="overwrite" if overwrite else "error_if_exists",
            rows_written=rows,
            created=True,
            seconds=time.monotonic() - started,
        )
