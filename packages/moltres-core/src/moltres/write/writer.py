"""The one way to write: rows from anywhere into a table, in six modes, each of them all or nothing."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, get_args

from ..errors import ConfigurationError, TableExistsError, TransientQueryError
from . import export, modes
from .inputs import open_source
from .load_log import Load, check_key

if TYPE_CHECKING:
    from collections.abc import Callable
    from os import PathLike

    from sqlalchemy import Connection

    from ..database import Database

__all__ = ["BATCH_ROWS", "Mode", "WriteResult", "Writer"]

Mode = Literal["append", "overwrite", "ignore", "error_if_exists", "merge", "overwrite_partitions"]

BATCH_ROWS = 50_000
"""Rows that are held in memory at once on their way between databases, unless the caller says otherwise."""


@dataclass(frozen=True, kw_only=True)
class WriteResult:
    """What a write has done.

    Attributes:
        table_name: The table, as the caller named it; the path of a file.
        mode: The mode.
        rows_written: Rows that were inserted or updated.
        rows_updated: Those of them that were there already; more than 0 only with mode ``merge``.
        created: Whether the table is new.
        skipped: Whether nothing was done: the run_key was there already, or mode ``ignore`` found a table.
        seconds: How long it took.
    """

    table_name: str
    mode: str
    rows_written: int
    rows_updated: int = 0
    created: bool = False
    skipped: bool = False
    seconds: float = 0.0


@dataclass(frozen=True)
class _Order:
    """The arguments of one `save_as_table`."""

    name: Any
    mode: Mode
    keys: Sequence[str] | None
    update: bool | Sequence[str] | None
    partition_by: Sequence[str] | None
    run_key: str | None
    schema: str | None
    batch_rows: Any
    on_progress: Callable[[int], object] | None


class _LoadedMeanwhileError(Exception):
    """Another run with the same key has finished: what this one wrote is rolled back."""


class Writer:
    """Rows, and the database that they go to. Made by `Database.write` and `DataFrame.write`.

    Args:
        database: Where the rows go.
        data: A DataFrame of any database, Records, a list of dicts, a pandas or Polars DataFrame, Arrow data, or an
            iterator of batches of these (or of dicts).
    """

    def __init__(self, database: Database, data: Any) -> None:
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
        """Write the rows to a table: all of them, or, if anything fails, none.

        Rows of the same database are moved by one statement and never leave it. Others come in batches.

        Args:
            name: ``table`` or ``schema.table``.
            mode: ``"error_if_exists"`` makes the table, which must not be there. ``"append"`` adds the rows, and makes
                the table if it is missing (as all modes below do). ``"overwrite"`` replaces all rows, and the columns
                if they are others. ``"ignore"`` writes only if there is no such table. ``"merge"`` updates the rows
                whose ``keys`` are there and inserts the others. ``"overwrite_partitions"`` replaces the rows of each
                combination of ``partition_by`` that the new rows have.
            keys: For merge: the columns that tell rows apart, each time a row at most.
            update: For merge: True (the default) updates all other columns, a list of names only these, False none:
                rows that are there stay as they are.
            partition_by: For overwrite_partitions: the columns that tell partitions apart; NULL is a value, too.
            run_key: What names this load. It is recorded in the table ``moltres_loads`` together with the rows; the
                same key for the same table does nothing a second time, so that a retry never doubles a row.
            schema: The schema of the table; then ``name`` is taken as it is, dots and all.
            batch_rows: The most rows to hold in memory at once.
            on_progress: Called with the number of rows so far after each batch, and at the end.

        Returns:
            What was done.

        Raises:
            ConfigurationError: If the options contradict each other; all contradictions at once.
            SchemaMismatchError: If columns do not fit, or a value would not come back equal; all columns at once.
            TableExistsError: With mode ``"error_if_exists"``.
            ColumnNotFoundError: If keys or partition_by name columns that the rows do not have.
            WriteError: If keys of a merge are NULL or repeated.
            QueryError: If the database refuses the rows.
        """
        order = _Order(name, mode, keys, update, partition_by, run_key, schema, batch_rows, on_progress)
        _check(order)
        started = time.monotonic()
        written = self._write(order)
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

    def _write(self, order: _Order) -> modes.Written:
        try:
            with self._database.transaction() as connection:
                return self._written(connection, order)
        except _LoadedMeanwhileError:
            return modes.Written(skipped=True)
        except TableExistsError as error:
            if order.mode == "error_if_exists":
                raise
            # Where making a table commits, two writers can make it at the same moment, and neither waits for the other.
            raise TransientQueryError(
                f"Another write made the table {order.name!r} at the same moment.",
                suggestion="Write again: the table is there now.",
            ) from error

    def _written(self, connection: Connection, order: _Order) -> modes.Written:
        dialect = self._database.dialect
        target = self._target(connection, order)
        if target.table is None:
            # Whoever else is about to create it is waited for.
            dialect.lock_name(connection, f"{target.schema}.{target.name}")
            target = self._target(connection, order)
        if order.mode == "ignore" and target.table is not None:
            return modes.Written(skipped=True)
        load = None
        if order.run_key is not None:
            load = Load(connection, dialect, order.run_key, target.name, target.schema)
            load.prepare(joined=self._database.joined)
            if target.table is None:
                load.release()
            # Where making a table commits, the key comes last, or a crash could leave it there without the rows.
            taken = not load.claim(order.mode) if dialect.transactional_ddl else load.done()
            if taken:
                return modes.Written(skipped=True)
        if order.mode == "error_if_exists":
            modes.refuse_existing(target)
        with closing(
            open_source(self._database, connection, self._data, order.batch_rows, order.on_progress)
        ) as source:
            if load is not None and order.mode == "append" and target.table is None and not dialect.transactional_ddl:
                written = modes.create_in_place(target, source)
            else:
                written = _MODES[order.mode](target, source, order)
        if load is not None:
            if not dialect.transactional_ddl and not load.claim(order.mode):
                raise _LoadedMeanwhileError
            load.finish(written.inserted + written.updated)
        return written

    def _target(self, connection: Connection, order: _Order) -> modes.Target:
        database = self._database
        found = modes.find_target(connection, database.dialect, order.name, order.schema, database.schema)
        return replace(found, joined=database.joined)

    def parquet(self, path: str | PathLike[str], *, overwrite: bool = True) -> WriteResult:
        """Write the rows to one Parquet file, with DuckDB. Readers find the whole file or the one before.

        Args:
            path: A local path.
            overwrite: Whether a file that is there is replaced; otherwise it is an error.

        Returns:
            What was done; `table_name` is the path.

        Raises:
            TableExistsError: If there is a file and it must not be replaced.
        """
        return self._export(path, "parquet", overwrite=overwrite)

    def csv(self, path: str | PathLike[str], *, overwrite: bool = True) -> WriteResult:
        """Write the rows to one CSV file with a header line; otherwise like `parquet`."""
        return self._export(path, "csv", overwrite=overwrite)

    def _export(self, path: str | PathLike[str], kind: Literal["parquet", "csv"], *, overwrite: bool) -> WriteResult:
        started = time.monotonic()
        rows = export.export(self._database, self._data, path, kind, overwrite=overwrite)
        return WriteResult(
            table_name=str(path),
            mode="overwrite" if overwrite else "error_if_exists",
            rows_written=rows,
            created=True,
            seconds=time.monotonic() - started,
        )


_MODES: dict[str, Callable[[modes.Target, modes.Source, _Order], modes.Written]] = {
    "append": lambda target, source, _: modes.append(target, source),
    "overwrite": lambda target, source, _: modes.overwrite(target, source),
    "ignore": lambda target, source, _: modes.create(target, source),
    "error_if_exists": lambda target, source, _: modes.create(target, source),
    "merge": lambda target, source, order: modes.merge(
        target, source, order.keys or (), True if order.update is None else order.update
    ),
    "overwrite_partitions": lambda target, source, order: modes.overwrite_partitions(
        target, source, order.partition_by or ()
    ),
}

_BELONGS = {"keys": "merge", "update": "merge", "partition_by": "overwrite_partitions"}


def _check(order: _Order) -> None:
    """Refuse options that cannot work, all at once."""
    allowed = get_args(Mode)
    if order.mode not in allowed:
        raise ConfigurationError.choice("mode", order.mode, allowed)
    faults = (
        [] if isinstance(order.name, str) and order.name.strip() else [f"name is {order.name!r}, not a table's name"]
    )
    for option, its_mode in _BELONGS.items():
        faults += _faults(option, getattr(order, option), order.mode, its_mode)
    if isinstance(order.update, Sequence) and order.keys is not None:
        faults += [f"update names the key {key!r}" for key in order.keys if key in order.update]
    if order.run_key is not None:
        faults += filter(None, [check_key(order.run_key)])
    rows = order.batch_rows
    if isinstance(rows, bool) or not isinstance(rows, int) or rows < 1:
        faults.append(f"batch_rows is {rows!r}; it must be a whole number above 0")
    if faults:
        raise ConfigurationError(f"The rows cannot be written like this: {'; '.join(faults)}.")


def _faults(option: str, value: Any, mode: str, its_mode: str) -> list[str]:
    if value is None or value == []:
        return [f"mode={mode!r} needs {option}"] if mode == its_mode and option != "update" else []
    faults = [] if mode == its_mode else [f"{option} is for mode={its_mode!r}, not for {mode!r}"]
    if isinstance(value, str):
        faults.append(f"{option} is a text; write [{value!r}]")
    elif isinstance(value, Sequence) and len(set(value)) < len(value):
        faults.append(f"{option} names a column twice")
    return faults
