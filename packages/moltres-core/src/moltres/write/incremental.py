"""Loads of what is new in a source: from the watermark that the last one recorded, with the rows, in the target.

No row is lost because each load reads again what the one before may not have seen, and none is doubled because rows
that are there already are found by their keys (merge) or by all their values (append). See decision 0170.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Table, func, literal, or_, select
from sqlalchemy.sql.elements import Label

from .._shared.masking import masked
from ..dialects.base import named
from ..dialects.rows import open_rows
from ..errors import ConfigurationError, WriteError, listing
from ..frame.dataframe import DataFrame
from ..frame.expressions import col
from ..frame.origin import is_cut, is_given, origin
from ..frame.source import Incremental
from ..read.explain import to_sql
from .inputs import Streamed, same_database
from .load_log import loads_table
from .outcome import require_columns
from .target import table_of
from .watermarks import Watermark, capped, continues, lag_for, lowered, plain_value, type_problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import ColumnElement, Connection, Select
    from sqlalchemy.types import TypeEngine

    from ..dialects.base.increments import Horizon
    from ..frame.source import Source
    from ..types.arrow import Named
    from ..types.receipt import Receipt
    from .inputs import Input, TemporaryRows
    from .load_log import Load
    from .outcome import Written
    from .request import WriteRequest
    from .target import Target

WATERMARKS: Final = "moltres cursor "
"""How the keys begin that watermarks are recorded under."""
_GIVEN: Final = "rows that were given"


def key_of(source: Source, data: Any, request: WriteRequest) -> str:
    """What the progress of a source is recorded under.

    Args:
        source: The database that is written to.
        data: The rows.
        request: The arguments of the write.

    Raises:
        ConfigurationError: If the target cannot record it.
    """
    if not source.dialect.keeps_watermarks:
        raise ConfigurationError(
            f"cursor is not supported for {source.dialect.name}: it records no watermark with the rows.",
            suggestion="Write to PostgreSQL, MariaDB, SQLite or DuckDB, or filter the frame yourself.",
        )
    frame = _frame(data)
    said = [request.cursor or ""]
    if frame is not None:
        bare = frame.statement.with_only_columns(literal(1), maintain_column_froms=True).order_by(None)
        url = frame.database.engine.url
        said += [url.get_backend_name(), url.host or "", str(url.port or ""), url.database or ""]
        said.append(to_sql(frame.database, bare, literals=True))
    return WATERMARKS + sha256("\0".join(said).encode(errors="surrogatepass")).hexdigest()[:32]


def _frame(data: Any) -> DataFrame | None:
    """A frame whose query can be filtered; rows in memory and staged rows are taken as they were given."""
    if not isinstance(data, DataFrame):
        return None
    return None if is_given(data) else data


@dataclass
class _Seen:
    """What a load has read.

    Attributes:
        rows: How many rows.
        greatest: The greatest value of the cursor.
    """

    rows: int = 0
    greatest: Any = None


class Increment:
    """One load of what is new. Made when the target is locked, and before the source is read.

    Args:
        source: The database that is written to.
        target: The table.
        data: The rows.
        request: The arguments of the write.
        load: Where the progress of the source is recorded.

    Attributes:
        data: The rows to write: what is new, and what may be.
        begun: The record of the load before; None if there is none.
    """

    def __init__(self, source: Source, target: Target, data: Any, request: WriteRequest, load: Load) -> None:
        self._target = target
        self._request = request
        self._load = load
        self._cursor = request.cursor or ""
        self._seen = _Seen()
        self._columns: tuple[str, ...] = ()
        self._horizon: Horizon | None = None
        self._type: TypeEngine[Any] | None = None
        if not load.keeps("watermark"):
            raise ConfigurationError(
                "The table moltres_loads of an earlier version has no column for watermarks, and cannot be changed.",
                suggestion="Let its owner load once, or add the text columns 'receipt' and 'watermark'.",
            )
        recorded = None if target.table is None else load.recorded()
        self.begun = None if recorded is None else recorded.watermark
        # Whoever has emptied the table has taken away what the watermark says is there.
        known = None if self.begun is None or target.is_empty() else self.begun
        self._last = Watermark(None) if known is None else Watermark.of_json(known)
        self._name = _GIVEN
        self._filtered = False
        if request.mode == "append":
            self._require_alone()
        self.data = data
        frame = _frame(data)
        if frame is not None:
            self._name = masked(frame.database.engine.url)
            self.data = self._new_rows(source, frame)

    def _require_alone(self) -> None:
        """Make sure that the rows of the table have one source: equal rows of two could not be told apart.

        Raises:
            ConfigurationError: If another one is on record.
        """
        table = loads_table(self._target.dialect, self._target.schema)
        others = select(table.c.run_key, table.c.watermark).where(
            table.c.table_name == self._target.name,
            table.c.run_key.like(f"{WATERMARKS}%"),
            table.c.run_key != self._load.run_key,
        )
        found = [] if self._target.table is None else self._target.connection.execute(others).all()
        if found:
            raise ConfigurationError(
                f"Another query fills the table {self._target.name!r} with mode='append' and a cursor: equal rows of"
                " two queries could not be told apart.",
                suggestion="Use mode='merge' with keys, or a table for each query. If the query was changed, delete"
                f" {listing([key for key, _ in found])} (run_key) from moltres_loads: the next load reads everything"
                " and adds what is missing.",
            )

    # -- which rows

    def _new_rows(self, source: Source, frame: DataFrame) -> DataFrame:
        """The frame without the rows that are known to be in the target."""
        require_columns([self._cursor], frame.columns, "cursor")
        if is_cut(frame):
            raise ConfigurationError(
                "A frame with limit() or offset() leaves rows out, which a load with a cursor would never read.",
                suggestion="Load without them, or without a cursor.",
            )
        table = origin(frame)
        dialect = frame.database.dialect
        with _reading(source, self._target.connection, frame) as connection:
            types = dict(dialect.describe(connection, frame.statement))
            self._horizon = None if table is None else dialect.horizon(connection, table)
        self._type = type_ = types[self._cursor]
        problem = type_problem(self._cursor, type_)
        if problem is not None:
            raise ConfigurationError(problem, suggestion="Cast the column, or use another one.")
        if self._horizon is None and self._request.lag is None:
            raise ConfigurationError(
                f"{self._name} cannot say which transactions still ran when the rows were read: a row whose"
                f" {self._cursor!r} is before the watermark, and that is committed later, could be lost.",
                suggestion="Give lag: the longest time (or distance) by which a row can become visible after later"
                " ones, as in lag='10 minutes'; lag=0 if rows become visible in the order of the cursor.",
            )
        self._lag = lag_for(type_, self._request.lag, self._cursor)
        last = self._last
        if last.value is None or not continues(last.value, type_):
            return frame
        low = lowered(last.value, self._lag)
        late = self._late(frame, table)
        if low is None or (self._horizon is not None and late is None):
            return frame
        self._filtered = True
        column = col(self._cursor)
        conditions = [dialect.at_least(column, low), column.is_(None), *([] if late is None else [late])]
        return frame.where(or_(*conditions))

    def _late(self, frame: DataFrame, table: Table | None) -> ColumnElement[bool] | None:
        """The rows that were committed since the last load; None if that cannot be told."""
        if table is None or self._horizon is None or self._last.horizon is None:
            return None
        unseen = frame.database.dialect.unseen(table, self._last.horizon, self._horizon)
        if unseen is None or self._request.mode != "append":
            return unseen
        # All rows with their values of the cursor: only then can equal rows be counted.
        element = frame.statement.selected_columns[self._cursor]
        value = element.element if isinstance(element, Label) else element
        return col(self._cursor).in_(select(value).select_from(table).where(unseen).correlate(None))

    # -- what was read

    def watched(self, rows: Input) -> Watched:
        """The rows, of which is noted how far they go."""
        names = [name for name, _ in rows.columns or []]
        if rows.columns is not None:
            require_columns([self._cursor], names, "cursor")
        self.expect(names)
        return Watched(rows, self)

    def expect(self, names: list[str]) -> None:
        """Say which columns the rows have.

        Raises:
            ConfigurationError: If rows that were loaded before cannot be compared with them.
        """
        self._columns = tuple(names) or self._last.columns
        if self._request.mode == "append" and self._last.columns and set(self._columns) != set(self._last.columns):
            raise ConfigurationError(
                f"The columns of the rows have changed since the last load of {self._target.name!r}: rows that were"
                " loaded before cannot be told from new ones.",
                suggestion=f"Use mode='merge' with keys, or select the columns {listing(self._last.columns)}.",
            )

    def note(self, columns: list[Named], table: Table, connection: Connection | None = None) -> None:
        """Note how far rows go.

        Args:
            columns: Their columns.
            table: Where they are.
            connection: What reads them; by default what writes the target.

        Raises:
            WriteError: If some have no cursor.
        """
        of_cursor = table_of(table.name, [one for one in columns if one[0] == self._cursor], table.schema)
        cursor = of_cursor.c[self._cursor]
        found: list[Any] = [func.max(cursor).label("greatest"), func.count().label("n"), func.count(cursor).label("m")]
        query: Select[Any] = select(*found).select_from(of_cursor)
        with open_rows(self._target.dialect, connection or self._target.connection, query) as (_, batches):
            greatest, count, given = next(batches)[0]
        if count > given:
            raise WriteError(
                f"{count - given:,} of the rows have no {self._cursor!r}: without a value of the cursor it cannot be"
                " told whether they are new. Nothing was changed.",
                suggestion=f"Filter them: .where(col({self._cursor!r}).is_not(None)).",
            )
        self._seen = _Seen(count, plain_value(greatest, self._cursor))

    def finish(self, written: Written) -> Written:
        """Record the receipt, and how far the source was read, in the transaction of the rows."""
        rows = written.inserted + written.updated
        self._load.replace(self._request.mode, rows, written.recorded_receipt, self.mark())
        kept = written.receipt is not None and self._load.keeps("receipt")
        return replace(written, incremental=self.told(), recorded=kept)

    def _reached(self) -> Any:
        value, last = self._seen.greatest, self._last.value
        if value is not None:
            value = capped(value)
        return last if last is not None and (value is None or type(last) is not type(value) or last > value) else value

    def mark(self) -> str:
        """How far the source was read, as it is recorded."""
        return Watermark(self._reached(), self._horizon, self._columns).to_json(self._name)

    def told(self) -> Incremental:
        """What the result says of it."""
        return Incremental(
            cursor=self._cursor,
            lag=self._request.lag,
            started=self._last.value if self._filtered else None,
            watermark=self._reached(),
            rows_read=self._seen.rows,
            exact=self._horizon is not None,
            promise=self._promise,
        )

    @property
    def _promise(self) -> str:
        if self._name == _GIVEN:
            return "Of the rows that were given, those that were not in the table are in it now."
        if self._horizon is not None:
            return (
                "No committed row is missed: the database says which transactions ran while the rows were read, and"
                f" the next load reads what they commit, whatever its {self._cursor!r} is."
            )
        return (
            f"A row is missed only if it becomes visible after a load that has read a row whose {self._cursor!r} is"
            f" more than {self._request.lag} above its own."
        )


@contextmanager
def _reading(source: Source, connection: Connection, frame: DataFrame) -> Iterator[Connection]:
    """A connection to the database of a frame: the one that writes, if it is the same."""
    if same_database(frame.database, source):
        yield connection
        return
    with frame.database.connection() as own:
        yield own


class Watched:
    """Rows of a write, of which an increment notes how far they go, wherever they are put first.

    Args:
        rows: The rows.
        increment: The load.
    """

    def __init__(self, rows: Input, increment: Increment) -> None:
        self._rows = rows
        self._increment = increment
        self.columns = rows.columns
        self.checked = rows.checked
        self.kept = rows.kept
        self.proof = rows.proof

    @property
    def receipt(self) -> Receipt | None:
        """What proves the rows, once they landed."""
        return self._rows.receipt

    def new_types(self) -> list[Named]:
        """The columns of a new table, with types that hold the values."""
        return self._rows.new_types()

    def reads(self, table: Table) -> bool:
        """Whether the rows may be read from the table."""
        return self._rows.reads(table)

    def create(self, table: Table, *, empty: bool = False) -> int:
        """Create the table from the rows, or only its columns; returns the number of rows."""
        made = self._rows.create(table, empty=empty)
        if not empty:
            columns = self._rows.new_types() if isinstance(self._rows, Streamed) else self._rows.columns
            self._increment.note(list(columns or []), table)
        return made

    def insert(self, table: Table) -> int:
        """Add the rows to a table; returns their number. The table holds no others."""
        added = self._rows.insert(table)
        if self.columns is not None:
            self._increment.note(named(table), table)
        return added

    append = insert

    def stage(self, table: Table | None, keys: Any = ()) -> TemporaryRows:
        """Put the rows into a temporary table."""
        staged = self._rows.stage(table, keys)
        self._increment.note(named(staged.table), staged.table)
        return staged
