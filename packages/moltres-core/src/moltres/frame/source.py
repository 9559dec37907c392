"""What a frame and a writer need of a database: where statements run, and what writes rows."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol

from ..read.source import Readable

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager
    from decimal import Decimal
    from os import PathLike

    from sqlalchemy import Connection, Engine, Table

    from ..types.receipt import Receipt, Verify

Mode = Literal["append", "overwrite", "ignore", "error_if_exists", "merge", "overwrite_partitions", "scd2"]

DeleteMissing = Literal["hard", "soft", "close"]

OnSchemaChange = Literal["fail", "append_new_columns", "ignore"]

BATCH_ROWS = 50_000
"""Rows that are held in memory at once on their way between databases, unless the caller says otherwise."""


@dataclass(frozen=True, kw_only=True)
class Incremental:
    """What a load of what is new has read, and what can be promised of it.

    Attributes:
        cursor: The column that says when a row was made or changed.
        lag: How far before the watermark it began, as the caller said.
        started: The watermark that it began at; None if it read everything.
        watermark: The one that the next load begins at; None while there was no row.
        rows_read: Rows that were read; more than were written where they were in the target already.
        exact: Whether the source tells which rows a load could not see, so that none is missed whenever it commits.
        promise: Which rows are found, in a sentence.
    """

    cursor: str
    lag: dt.timedelta | str | Decimal | int | None = None
    started: Any = None
    watermark: Any = None
    rows_read: int = 0
    exact: bool = False
    promise: str = ""

    def to_dict(self) -> dict[str, Any]:
        """The same for JSON: watermarks and lags as strings."""
        texts = {name: getattr(self, name) for name in ("lag", "started", "watermark")}
        shown = {name: None if value is None else str(value) for name, value in texts.items()}
        return {**asdict(self), **shown}


@dataclass(frozen=True, kw_only=True)
class Rejects:
    """The rows that a table has refused. Those that were loaded and those that were rejected are all that were read.

    Attributes:
        table: The table that keeps them: ``rejected_at`` (UTC), ``run_key``, ``column_name``, ``reason``, ``row_json``.
        rows_read: Rows that were read.
        rows_loaded: Rows that the table has taken.
        rows_rejected: Rows that it has refused.
    """

    table: str
    rows_read: int
    rows_loaded: int
    rows_rejected: int


@dataclass(frozen=True, kw_only=True)
class WriteResult:
    """What a write has done.

    Attributes:
        table_name: The table, as the caller named it; or the path of the file.
        mode: The mode.
        rows_written: Rows that were inserted or updated.
        rows_updated: The rows among them that existed before; more than 0 only with mode ``merge``.
        rows_deleted: With ``delete_missing``, the rows that were deleted, marked as deleted, or closed.
        rows_closed: With mode ``scd2``, the versions that ended: of rows that changed, and of those that are missing.
        rows_unchanged: With mode ``scd2``, the rows whose current version is as they are, and stays untouched.
        created: Whether the table is new.
        skipped: Whether nothing was done: the run_key is recorded already, or mode ``ignore`` found a table.
        seconds: How long it took.
        receipt: What proves that the rows landed as they were read (`moltres.Receipt`); None for rows
            that never left their database, with ``verify=False``, and if nothing was done.
        recorded: Whether the receipt stands in ``moltres_loads`` as well, or in the snapshot on Iceberg without a
            server: there `moltres.receipts` finds it.
        rejects: With ``rejects``, the rows that the table has refused.
        schema_changes: With ``on_schema_change``, a phrase for each column that was added, widened or left out.
        incremental: With a cursor, how far the source was read.
    """

    table_name: str
    mode: str
    rows_written: int
    rows_updated: int = 0
    rows_deleted: int = 0
    rows_closed: int = 0
    rows_unchanged: int = 0
    created: bool = False
    skipped: bool = False
    seconds: float = 0.0
    receipt: Receipt | None = None
    recorded: bool = False
    incremental: Incremental | None = None
    rejects: Rejects | None = None
    schema_changes: tuple[str, ...] = ()


class Writable(Protocol):
    """What writes the rows of a frame; `moltres.write.Writer` implements it."""

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
        """Write the rows to a table."""

    def parquet(self, path: str | PathLike[str], *, overwrite: bool = True) -> WriteResult:
        """Write the rows to one Parquet file."""

    def csv(self, path: str | PathLike[str], *, overwrite: bool = True) -> WriteResult:
        """Write the rows to one CSV file."""


class Source(Readable, Protocol):
    """What frames and writers need of a database; `moltres.Database` implements it."""

    schema: str | None

    @property
    def stage(self) -> Any:
        """The folder for rows from elsewhere on their way into the database (`moltres.write.files.StageFolder`)."""

    @property
    def bind(self) -> Engine | Connection:
        """Where statements run: the engine, or the caller's connection."""

    @property
    def joined(self) -> bool:
        """Whether everything is part of a transaction of the caller."""

    def transaction(self, *, query_timeout: float | None = None) -> AbstractContextManager[Connection]:
        """A connection in a transaction, committed at the end of the block."""

    def writing(self) -> AbstractContextManager[Connection]:
        """A connection to write with: in a transaction where the database has them."""

    def reflect(self, name: str, *, schema: str | None = None, connection: Connection | None = None) -> Table:
        """A table or view with its columns."""

    def forget(self, name: str | None = None) -> None:
        """Look the columns of tables up again on their next use."""

    def write(self, data: Any) -> Writable:
        """What writes rows to this database."""
