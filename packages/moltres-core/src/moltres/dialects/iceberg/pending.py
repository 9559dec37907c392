"""A table as a transaction has changed it, before it is committed."""

from __future__ import annotations

import uuid
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..._shared.iceberg.places import local_path
from ..._shared.iceberg.scan import FILE, Planned, planned, query_of
from ..._shared.iceberg.session import files_used
from ..._shared.iceberg.types import quoted
from ..duckdb.batches import batches_of_sql
from .evolution import evolved
from .files import FileWriter

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    from pyiceberg.manifest import DataFile
    from pyiceberg.table import FileScanTask, Table

    from .loads import LoadKey

OWN = "moltres_own"
"""The schema of DuckDB with the rows of a transaction that are in no file yet."""


NO_ROWS = "SELECT 1 WHERE false"
"""The statement that is left of one whose work is done."""

BATCH_ROWS = 50_000
"""Rows that are read at once."""


@dataclass(frozen=True)
class Touched:
    """Files with rows that change.

    Attributes:
        tasks: Those of the snapshot.
        added: Those that are in no snapshot yet.
    """

    tasks: list[FileScanTask]
    added: list[DataFile]

    def __bool__(self) -> bool:
        return bool(self.tasks or self.added)


@dataclass
class Pending:
    """A table of a transaction: files of its snapshot that stay, new files, and rows in DuckDB that are in no file yet.

    Attributes:
        raw: The driver's connection.
        schema: The namespace.
        name: The name.
        table: The table as it was loaded; for a new one, as it will be created.
        is_new: Whether this transaction creates it.
        plan: The files of the snapshot that are still read.
        added: New files, in no snapshot yet.
        removed: Files of the snapshot that the commit removes.
        own: The table of DuckDB with further rows; None as long as there are none.
        snapshot_id: The snapshot that the changes were made for.
        key: The load to record with the commit.
        columns: New columns that replace the table's.
        writer: Writes to new files.
        folder: The name of their folder.
        foreign: The new files that another table had first, which a rollback leaves alone.
        written: The table as it will be with the new columns.
        unanswered: Whether it is not known if the commit succeeded, so that the new files must stay.
    """

    raw: Any
    schema: str
    name: str
    table: Table
    is_new: bool
    plan: Planned
    added: list[DataFile] = field(default_factory=list)
    removed: list[DataFile] = field(default_factory=list)
    own: str | None = None
    snapshot_id: int | None = None
    key: LoadKey | None = None
    columns: Any = None
    writer: FileWriter | None = None
    folder: str = field(default_factory=lambda: f"moltres-{uuid.uuid4().hex}")
    foreign: set[str] = field(default_factory=set)
    written: Table | None = None
    unanswered: bool = False

    @classmethod
    def of(cls, raw: Any, schema: str, name: str, table: Table, *, is_new: bool = False) -> Pending:
        """A table of the catalog, with nothing changed; or a new one without rows."""
        current = table.metadata.current_snapshot_id
        plan = planned(table, None if is_new else current, table.schema())
        return cls(raw, schema, name, table, is_new, plan, snapshot_id=None if is_new else current)

    @property
    def is_changed(self) -> bool:
        """Whether there is something to commit."""
        rows = bool(self.added or self.removed or self.own or self.writer)
        return rows or self.is_new or self.key is not None or self.columns is not None

    @property
    def only_adds(self) -> bool:
        """Whether a commit on top of a newer snapshot adds the same rows to it."""
        return not self.removed and not self.is_new and self.columns is None

    @property
    def place(self) -> str:
        """The folder of the new files, which nobody else writes to."""
        metadata = self.table.metadata
        base = metadata.properties.get("write.data.path") or f"{metadata.location}/data"
        return f"{base.rstrip('/')}/{self.folder}"

    def query(self, *, file: bool = False) -> str:
        """The rows, as a query of DuckDB."""
        self.settle()
        paths = [one.file_path for one in self.added]
        parts = [query_of(self.raw, self.plan, added=paths, file=file)]
        if self.own is not None and not file:
            parts.append(f"SELECT * FROM {self.own}")  # noqa: S608 - quoted
        return " UNION ALL ".join(parts)

    def query_of_added(self, without: Collection[str]) -> str:
        """The rows of new files, as a query of DuckDB.

        Args:
            without: Paths of new files that are left out.
        """
        self.settle()
        paths = [one.file_path for one in self.added if one.file_path not in without]
        return query_of(self.raw, Planned(self.table, self.plan.schema, ()), added=paths)

    def settle(self) -> None:
        """Complete the files that are being written."""
        if self.writer is not None:
            with files_used():
                self.added += self.writer.close()
            self.writer = None

    def add(self, batch: Any) -> int:
        """Write a batch of rows to new files; returns their number."""
        self.writer = self.writer or self._new_writer()
        with files_used():
            return self.writer.write(batch)

    def _new_writer(self) -> FileWriter:
        metadata = (self.written or self.table).metadata
        return FileWriter(self.table.io, self.place, self.plan.schema, metadata.spec(), metadata.properties)

    def make_own(self) -> str:
        """The table of DuckDB for rows that statements insert or change."""
        return self.own or self.hold(f"SELECT * FROM ({self.query()}) LIMIT 0")  # noqa: S608 - quoted

    def hold(self, rows: str) -> str:
        """Make the table of DuckDB from the rows of a query; returns its name."""
        name = f"{OWN}.{quoted(f'{self.name} {uuid.uuid4().hex[:12]}')}"
        self.raw.execute(f"CREATE TABLE {name} AS {rows}")
        for one in self.plan.schema.fields:
            if one.required:
                self.raw.execute(f"ALTER TABLE {name} ALTER COLUMN {quoted(one.name)} SET NOT NULL")
        self.own = name
        return name

    def touched(self, paths: Collection[str] | None) -> Touched:
        """Some of the files.

        Args:
            paths: The files as DuckDB names them; None for all.
        """
        self.settle()
        tasks = [one for one in self.plan.tasks if paths is None or local_path(one.file.file_path) in paths]
        return Touched(tasks, [one for one in self.added if paths is None or local_path(one.file_path) in paths])

    def query_of(self, touched: Touched) -> str:
        """The rows of some files, as a query of DuckDB."""
        paths = [one.file_path for one in touched.added]
        return query_of(self.raw, Planned(self.table, self.plan.schema, tuple(touched.tasks)), added=paths)

    def pull(self, touched: Touched | None) -> None:
        """Move the rows of files into DuckDB, where statements can change them; the commit removes the files.

        Args:
            touched: The files; None for all.
        """
        touched = touched or self.touched(None)
        own = self.make_own()
        if touched:
            self.raw.execute(f"INSERT INTO {own} {self.query_of(touched)}")
        self._drop(touched)

    def put_in_place(
        self, touched: Touched, batches: Iterable[Any], complete: Callable[[], bool] = lambda: True
    ) -> bool:
        """Write rows to new files that take the place of others, unless it turns out that they are not the right ones.

        Args:
            touched: The files that the commit removes.
            batches: The rows.
            complete: Whether they are the right ones, once all are read.
        """
        writer = self._new_writer()
        try:
            for batch in batches:
                writer.write(batch)
            written = writer.close()
        except BaseException:
            self._delete(writer.close())
            raise
        if not complete():
            self._delete(written)
            return False
        self._drop(touched)
        self.added += written
        return True

    def clear(self) -> int:
        """Remove all rows; returns how many there were."""
        self.settle()
        counted: int = self.raw.execute(f"SELECT count(*) FROM ({self.query()})").fetchone()[0]  # noqa: S608
        if self.own is not None:
            self.raw.execute(f"DELETE FROM {self.own}")  # noqa: S608 - quoted
        self._drop(self.touched(None))
        return counted

    def _drop(self, touched: Touched) -> None:
        self.removed += [task.file for task in touched.tasks]
        gone = {task.file.file_path for task in touched.tasks}
        left = tuple(task for task in self.plan.tasks if task.file.file_path not in gone)
        self.plan = Planned(self.table, self.plan.schema, left)
        for one in touched.added:
            self.added.remove(one)
        self._delete(touched.added)

    def _delete(self, files: Iterable[DataFile]) -> None:
        for one in files:
            if one.file_path not in self.foreign:
                self.table.io.delete(one.file_path)

    def delete(self, name: str, condition: str) -> int:
        """Delete the rows for which a condition holds; returns their number.

        Args:
            name: How the condition names the table.
            condition: As in a WHERE clause.
        """
        where = f"AS {quoted(name)} WHERE"
        touched = self.touched(self.files_with(f"{where} ({condition}\n)"))
        if not touched:
            return 0
        rows = self.query_of(touched)
        counts = f"SELECT count(*) FROM ({rows})"  # noqa: S608 - of this class
        (before,) = self.raw.execute(counts).fetchone()
        read = f"SELECT * FROM ({rows}) {where} ({condition}\n) IS NOT TRUE"  # noqa: S608
        kept = 0

        def batches() -> Iterator[Any]:
            nonlocal kept
            for batch in batches_of_sql(self.raw, read, BATCH_ROWS):
                kept += batch.num_rows
                yield batch

        self.put_in_place(touched, batches())
        return int(before) - kept

    def files_with(self, condition: str) -> list[str]:
        """The files that have a row for which a query says so.

        Args:
            condition: What follows ``SELECT DISTINCT file FROM (rows)``: an alias, and a WHERE clause.
        """
        rows = self.raw.execute(
            f"SELECT DISTINCT {quoted(FILE)} FROM ({self.query(file=True)}) {condition}"  # noqa: S608
        ).fetchall()
        return [path for (path,) in rows]

    def replace_by(self, other: Pending) -> None:
        """Take the columns and rows of another pending table instead of one's own."""
        from pyiceberg.table import StagedTable

        self.clear()
        if self.own is not None:
            self.raw.execute(f"DROP TABLE {self.own}")
            self.own = None
        metadata = evolved(self.table, other.plan.schema)
        self.columns = other.plan.schema
        self.plan = Planned(self.table, metadata.schema(), ())
        self.written = StagedTable(self.table.name(), metadata, "", self.table.io, self.table.catalog)
        for batch in batches_of_sql(self.raw, other.query(), BATCH_ROWS):
            self.add(batch)
        self.settle()

    def write_own(self) -> None:
        """Write the rows that are in DuckDB to files."""
        if self.own is not None:
            for batch in batches_of_sql(self.raw, f"SELECT * FROM {self.own}", BATCH_ROWS):  # noqa: S608 - quoted
                self.add(batch)
            self.raw.execute(f"DROP TABLE {self.own}")
            self.own = None
        self.settle()

    def discard(self) -> None:
        """Delete the new files: the transaction is rolled back."""
        with suppress(Exception):  # what was written is removed as far as that is possible
            self.settle()
        for one in () if self.unanswered else self.added:
            if one.file_path not in self.foreign:
                with suppress(OSError):
                    self.table.io.delete(one.file_path)
