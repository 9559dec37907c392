"""The record of loads where a statement is a commit: each try is written down before it can do anything.

Rows are only added to the table of loads, so that writers never conflict over it. A try is a row with the id of the
query that will publish it; its end is a second row with the number of rows. Of several tries with one key the highest
holds the key: what a lower one publishes fails, because its statement looks for a higher one itself.
"""

from __future__ import annotations

import datetime as dt
import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    MetaData,
    String,
    Table,
    and_,
    case,
    delete,
    func,
    inspect,
    or_,
    select,
)
from sqlalchemy.exc import DBAPIError
from sqlalchemy.schema import CreateTable

from ..dialects.stopping import check
from ..errors import TransientQueryError, WriteError
from .load_log import ADDED, LOADS, Recorded, upgrade
from .one_statement import no_row_unless
from .outcome import LoadedMeanwhileError
from .target import table_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import ColumnElement, Connection, Select

    from ..dialects import Dialect
    from ..types.arrow import Named
    from .target import Target

_PAUSE: Final = 0.2
"""Seconds between two looks at a query that still runs."""
_TRIES: Final = 10
"""Of a statement that adds rows while other writers commit."""
LOST: Final = "moltres: another try of this load took its place"


def insisting(dialect: Dialect, work: Callable[[], int], attempts: Attempts | None = None) -> int:
    """Run a statement that only adds rows, again while other writers commit first.

    Args:
        dialect: Says of an error whether it is that, so that the statement has changed nothing.
        work: Runs the statement; returns the number of rows.
        attempts: The tries of the load that the statement publishes, of which each further one is another.
    """
    for _ in range(_TRIES - 1):
        try:
            return work()
        except DBAPIError as error:
            if error.orig is None or not dialect.has_lost(error.orig):
                raise
        check()
        if attempts is not None:
            attempts.renew()
    return work()


@dataclass(frozen=True)
class Attempt:
    """One try of a load.

    Attributes:
        number: One more than the highest that was there when it began.
        writer: What tells it from others of the same number.
        query: The query that publishes it.
        snapshot: The snapshot of the table that was current before; None if there was none.
        rows: The number of rows that it wrote; None while that is not recorded.
    """

    number: int
    writer: str
    query: str | None
    snapshot: int | None
    rows: int | None

    @property
    def rank(self) -> tuple[int, str]:
        """By this tries of one key are compared."""
        return self.number, self.writer


class Attempts:
    """The tries of one load, in the table of loads beside the target.

    Args:
        target: The table that is written.
        run_key: The key of the load.
        mode: The mode of the write.
    """

    def __init__(self, target: Target, run_key: str, mode: str) -> None:
        self._target = target
        self._connection: Connection = target.connection
        self._key = {"run_key": run_key, "table_name": target.name}
        self._mode = mode
        self._number = 1
        self._writer = uuid4().hex
        self._absent: list[str] = []
        text = target.dialect.column_type(String())
        self.table = Table(
            LOADS,
            MetaData(),
            Column("run_key", text),
            Column("table_name", text),
            Column("mode", text),
            Column("rows_written", BigInteger),
            Column("loaded_at", target.dialect.column_type(DateTime())),
            Column("attempt", BigInteger),
            Column("writer", text),
            Column("query_id", text),
            Column("snapshot_before", BigInteger),
            *(Column(name, text) for name in ADDED),
            schema=target.schema,
        )

    def open(self) -> bool:
        """Make the table of loads if need be, and end what other tries of this load have begun.

        Returns:
            Whether the load is finished, so that there is nothing to do.
        """
        if not self._target.listing.has(LOADS, self.table.schema):
            try:
                self._connection.execute(CreateTable(self.table, if_not_exists=True))
            except DBAPIError:
                # Several catalogs let the statement fail if another writer makes the table at the same moment.
                if not inspect(self._connection).has_table(LOADS, schema=self.table.schema):
                    raise
            return False
        described = self._target.dialect.columns_of(self._connection, LOADS, self.table.schema)
        missing = [name for name in ADDED if name not in {column["name"] for column in described}]
        if missing and not upgrade(self._connection, self._target.dialect, self.table, missing):
            self._absent = missing
        found = self._all()
        if any(one.rows is not None for one in found):
            if self._target.table is not None:
                return True
            self._release()  # the table was dropped, and the load with it
            return False
        self._number = max((one.number for one in found), default=0) + 1
        return self._is_published(found)

    def renew(self) -> None:
        """Begin another try, because the statement of this one has failed."""
        self._number += 1

    def begin(self, query: str) -> None:
        """Record this try, before its query runs.

        Args:
            query: The query, which the server knows by this id and has not begun.

        Raises:
            LoadedMeanwhileError: If another try has published the load.
            TransientQueryError: If another try with the key began at the same moment, and holds it.
        """
        before = self._target.snapshots()
        current = before[-1].number if before else None
        self._add(Attempt(self._number, self._writer, query, current, None))
        others = [one for one in self._all() if one.writer != self._writer]
        if any(one.rank > (self._number, self._writer) for one in others):
            raise TransientQueryError("Another try of this load runs at the same time.", suggestion="Try again.")
        # What they publish from now on fails, because it finds this try; what they have begun before is waited for.
        if any(one.rows is not None for one in others) or self._is_published(others):
            raise LoadedMeanwhileError

    def holds(self, columns: Sequence[Named]) -> Select[Any]:
        """No row, or an error if another try has taken the place of this one: a part of the statement that publishes.

        Args:
            columns: The columns of that statement.
        """
        attempt, writer = self.table.columns.attempt, self.table.columns.writer
        higher = or_(attempt > self._number, and_(attempt == self._number, writer > self._writer))
        mine = and_(attempt == self._number, writer == self._writer)
        counted = (
            select(func.count(case((higher, 1))).label("higher"), func.count(case((mine, 1))).label("mine"))
            .where(*self._is_mine())
            .subquery("tries")
        )
        held = and_(counted.columns.higher == 0, counted.columns.mine == 1)
        return no_row_unless(held, counted, columns, LOST)

    def finish(self, rows: int, receipt: str | None = None, watermark: str | None = None) -> None:
        """Record the end of this try.

        Args:
            rows: The number of rows.
            receipt: The receipt as JSON.
            watermark: How far the source was read, as JSON.
        """
        self._add(Attempt(self._number, self._writer, None, None, rows), receipt=receipt, watermark=watermark)

    @property
    def keeps_receipts(self) -> bool:
        """Whether the table of loads has a column for receipts."""
        return "receipt" not in self._absent

    def recorded(self) -> Recorded | None:
        """What is on record of the load; None if no try with its key has ended."""
        columns = self.table.columns
        names = ["mode", "rows_written", *(name for name in ADDED if name not in self._absent)]
        found = self._connection.execute(
            select(*(columns[name] for name in names)).where(*self._is_mine(), columns.rows_written.is_not(None))
        ).first()
        return None if found is None else Recorded(*found[:2], **dict(zip(names[2:], found[2:], strict=True)))

    def _release(self) -> None:
        self._connection.execute(delete(self.table).where(*self._is_mine()))

    def _is_published(self, tries: Sequence[Attempt]) -> bool:
        """Whether one of these tries has published the load; then its end is recorded.

        Raises:
            WriteError: If that cannot be known any more.
        """
        begun = [one for one in tries if one.query is not None]
        while begun:
            # First whether it runs, then what it has done: what has ended before the look does nothing after it. A
            # query that waits for a client which is no more has committed long before it ends.
            running = any(self._target.dialect.is_running(self._connection, str(one.query)) for one in begun)
            snapshots = self._target.snapshots()
            for one in begun:
                found = next((snapshot for snapshot in snapshots if snapshot.query == one.query), None)
                if found is not None:
                    self._add(replace(one, query=None, snapshot=None, rows=found.count("added-records")))
                    return True
            if not running:
                break
            check()
            threading.Event().wait(_PAUSE)
        if not begun or not snapshots:
            return False
        numbers = {one.number for one in snapshots}
        expired = any(one.parent is not None and one.parent not in numbers for one in snapshots)
        if expired and any(one.snapshot not in numbers for one in begun):
            raise WriteError(
                f"Whether an earlier try has written the load {self._key['run_key']!r} cannot be known: the"
                f" snapshots of {self._target.name!r} from that time have expired.",
                suggestion=f"Look at the rows, and delete the rows of the key from {LOADS!r} to write them again.",
            )
        return False

    def _add(self, one: Attempt, **said: str | None) -> None:
        now = dt.datetime.now(dt.UTC).replace(tzinfo=None)
        values = {
            **self._key,
            "mode": self._mode,
            "rows_written": one.rows,
            "loaded_at": now,
            "attempt": one.number,
            "writer": one.writer,
            "query_id": one.query,
            "snapshot_before": one.snapshot,
            **said,
        }
        columns = [(column.key, column.type) for column in self.table.columns if column.key not in self._absent]
        made = table_of(LOADS, columns, self.table.schema)
        row = tuple(values.get(name) for name, _ in columns)
        dialect = self._target.dialect
        insisting(dialect, lambda: dialect.load(self._connection, made, [row]))

    def _all(self) -> list[Attempt]:
        columns = self.table.columns
        rows = self._connection.execute(
            select(
                columns.attempt, columns.writer, columns.query_id, columns.snapshot_before, columns.rows_written
            ).where(*self._is_mine())
        ).all()
        return [Attempt(*row) for row in rows]

    def _is_mine(self) -> list[ColumnElement[bool]]:
        return [self.table.columns[name] == value for name, value in self._key.items()]
