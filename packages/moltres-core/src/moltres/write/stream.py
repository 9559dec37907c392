"""Rows on their way from anywhere into a table: frames of any database, rows in memory, iterators of batches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

from .._shared.statements import paused
from ..errors import ConfigurationError, SchemaMismatchError
from ..frame.dataframe import DataFrame
from ..types.arrow import arrow, plain, to_sql
from ..types.infer import infer_columns
from ..types.logical import kind_of, misfit
from ..types.records import Records

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from ..types.arrow import Batch, Named

_ACCEPTED = "a DataFrame, Records, dicts, a pandas or Polars DataFrame, Arrow data, or an iterator of batches of these"


@dataclass(frozen=True)
class Stream:
    """Rows that come in batches.

    Attributes:
        columns: Name and type of each column; None when there is not one row to tell them from.
        batches: Opens the stream. It is told the columns of the target in the order of the rows', which later batches
            are checked against. It can be opened once.
        checked: Whether each value is looked at on its way, so that one which would lose digits is refused.
        close: Gives back what the stream holds, if it was not read to its end.
    """

    columns: list[Named] | None
    batches: Callable[[Sequence[Named]], Generator[Batch, None, None]]
    checked: bool = True
    close: Callable[[], None] = lambda: None


def open_stream(data: Any, batch_rows: int) -> Stream:
    """Find out what the rows are, without moving more than the first batch.

    Args:
        data: The rows; see `Database.write`.
        batch_rows: The most rows to hold in memory at once, of data that is not in memory yet.

    Raises:
        ConfigurationError: If the data is of no known form.
        SchemaMismatchError: If a column has no type.
    """
    if isinstance(data, DataFrame):
        return _frame(data, batch_rows)
    if isinstance(data, Records):
        return _records(data, batch_rows)
    if isinstance(data, Mapping):
        raise ConfigurationError("write() got one dict.", suggestion="Write a list of dicts, one for each row.")
    if isinstance(data, list | tuple) and all(isinstance(row, Mapping) for row in data):
        return _records(Records.from_dicts(data), batch_rows) if data else Stream(None, _nothing)
    table = _arrow_table(data)
    if table is not None:
        return _arrow(table, batch_rows)
    if isinstance(data, Iterator) or (hasattr(data, "__iter__") and not isinstance(data, str | bytes)):
        return _batches(iter(data), batch_rows)
    raise ConfigurationError(f"write() got {_article(data)}; it takes {_ACCEPTED}.")


def _nothing(expected: Sequence[Named]) -> Generator[Batch, None, None]:
    del expected
    yield from ()


def _article(data: object) -> str:
    return f"a {type(data).__module__}.{type(data).__name__}".replace("a builtins.", "a ")


def _frame(frame: DataFrame, batch_rows: int) -> Stream:
    """The rows of a frame of another database, on a connection that is given back with the last of them."""
    stack = ExitStack()
    database = frame.database
    try:
        connection = stack.enter_context(database.connection())
        columns = database.dialect.describe(connection, frame.statement)
    except BaseException:
        stack.close()
        raise

    parts = database.dialect.read(connection, frame.statement, columns, batch_rows)
    first: list[Batch] = []
    unknown = [name for name, type_ in columns if kind_of(type_).name == "unknown"]
    if unknown:
        # A database that does not say what it returns (SQLite, of an expression): its values do.
        try:
            first = list(islice(parts, 1))
            columns = _told(columns, first)
        except BaseException:
            stack.close()
            raise

    def batches(expected: Sequence[Named]) -> Generator[Batch, None, None]:
        # With the last row the source's transaction ends, before anything happens to the target that may wait for it.
        with stack, closing(parts):
            for number, batch in enumerate(chain(first, parts), start=1):
                if unknown and number > 1:
                    _same_types(
                        [pair for pair in _told(columns, [batch], unknown) if pair[0] in unknown], expected, number
                    )
                with paused(connection):
                    yield _fitted(batch, columns, expected)

    return Stream(columns, batches, close=stack.close)


def _told(columns: list[Named], batches: list[Batch], names: Sequence[str] = ()) -> list[Named]:
    """The columns, with the types of the values where the type is unknown or asked for."""
    rows = [row for batch in batches if isinstance(batch, list) for row in batch]
    found = dict(infer_columns([name for name, _ in columns], rows))
    return [
        (name, found[name] if name in names or kind_of(type_).name == "unknown" else type_) for name, type_ in columns
    ]


def _records(records: Records, batch_rows: int) -> Stream:
    rows = records.rows
    known = records.types
    columns = []
    for name, found in infer_columns(records.columns, rows):
        # What the database said of the column is more than its values tell, as long as they agree.
        said = known.get(name)
        fits = said is not None and misfit(kind_of(found), kind_of(said), checked=True) is None
        columns.append((name, said if said is not None and fits else found))

    def batches(expected: Sequence[Named]) -> Generator[Batch, None, None]:
        for start in range(0, len(rows), batch_rows):
            yield _fitted(rows[start : start + batch_rows], columns, expected)

    return Stream(columns, batches)


def _arrow_table(data: Any) -> Any:
    """Data in memory as an Arrow table, or an Arrow stream; None if it is neither."""
    module = type(data).__module__.partition(".")[0]
    if module == "polars":
        data = data.collect() if hasattr(data, "collect") else data
        arrow()
        return data.to_arrow()
    if module == "pandas":
        if type(data).__name__ != "DataFrame":
            raise ConfigurationError(f"write() got {_article(data)}; it takes {_ACCEPTED}.")
        return _pandas(data)
    if module == "pyarrow":
        pa = arrow()
        return pa.Table.from_batches([data]) if isinstance(data, pa.RecordBatch) else data
    if hasattr(data, "__arrow_c_stream__"):
        return arrow().RecordBatchReader.from_stream(data)
    return None


def _pandas(data: Any) -> Any:
    """A pandas frame as Arrow. NaN is how pandas spells NULL in columns of floats, and arrives as NULL."""
    pa = arrow()
    names = [name for name in data.columns if not isinstance(name, str)]
    if names:
        raise ConfigurationError(f"Columns must be named by text; these are not: {names}.")
    try:
        return pa.Table.from_pandas(data, preserve_index=False)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError) as error:
        raise SchemaMismatchError(
            "A column of the pandas DataFrame has no one type that a table could hold.",
            mismatches=[" ".join(str(part) for part in error.args)],
        ) from error


def _arrow(table: Any, batch_rows: int) -> Stream:
    names = list(table.schema.names)
    columns = [(name, to_sql(type_)) for name, type_ in zip(names, table.schema.types, strict=True)]
    source = table.to_batches(max_chunksize=batch_rows) if hasattr(table, "to_batches") else table

    def batches(expected: Sequence[Named]) -> Generator[Batch, None, None]:
        for batch in source:
            for start in range(0, batch.num_rows, batch_rows):
                part = plain(batch.slice(start, batch_rows), columns)
                yield _fitted(part, columns, expected)

    return Stream(columns, batches)


def _batches(data: Iterator[Any], batch_rows: int) -> Stream:
    """An iterator of batches, or of dicts: the first batch tells the columns, the others must fit them."""
    first = next(data, None)
    if first is None:
        return Stream(None, _nothing)
    rest: Iterator[Any] = chain([first], data)
    if isinstance(first, Mapping):
        rest = _chunks(rest, batch_rows)
    head = open_stream(next(rest), batch_rows)
    if head.columns is None:
        return _batches(rest, batch_rows)
    columns = head.columns

    def batches(expected: Sequence[Named]) -> Generator[Batch, None, None]:
        yield from head.batches(expected)
        for number, part in enumerate(rest, start=2):
            yield from _in_order(open_stream(part, batch_rows), columns, expected, number)

    return Stream(columns, batches)


def _chunks(rows: Iterator[Any], size: int) -> Iterator[list[Any]]:
    while chunk := list(islice(rows, size)):
        yield chunk


def _in_order(
    stream: Stream, columns: list[Named], expected: Sequence[Named], number: int
) -> Generator[Batch, None, None]:
    """The rows of a later batch, with the columns in the order of the first."""
    if stream.columns is None:
        return
    found = [name for name, _ in stream.columns]
    wanted = [name for name, _ in columns]
    if set(found) != set(wanted):
        faults = [f"column {name!r} is missing" for name in wanted if name not in found]
        faults += [f"column {name!r} was not in the first batch" for name in found if name not in wanted]
        raise SchemaMismatchError(f"Batch {number} does not fit the first one.", mismatches=faults)
    types = dict(expected)
    _same_types(stream.columns, expected, number)
    order = [found.index(name) for name in wanted]
    for batch in stream.batches([(name, types[name]) for name in found]):
        yield (
            [tuple(row[index] for index in order) for row in batch] if isinstance(batch, list) else batch.select(wanted)
        )


def _same_types(columns: Sequence[Named], expected: Sequence[Named], number: int) -> None:
    types = dict(expected)
    faults = []
    for name, type_ in columns:
        reason = misfit(kind_of(type_), kind_of(types[name]), checked=True)
        if reason is not None:
            faults.append(f"column {name!r} is {kind_of(type_)} after {kind_of(types[name])}: {reason}")
    if faults:
        raise SchemaMismatchError(f"Batch {number} does not fit the first one.", mismatches=faults)


def _fitted(batch: Batch, columns: Sequence[Named], expected: Sequence[Named]) -> Batch:
    """The batch with integers as floats where the target holds floats, if each of them is one exactly."""
    pairs = zip(columns, expected, strict=True)
    wide = [
        index
        for index, ((_, source), (_, target)) in enumerate(pairs)
        if (kind_of(source).name, kind_of(target).name) == ("integer", "float")
    ]
    if not wide:
        return batch
    faults = []
    if isinstance(batch, list):
        lists = [list(values) for values in zip(*batch, strict=True)]
        for index in wide:
            if any(value is not None and int(float(value)) != value for value in lists[index]):
                faults.append(f"column {columns[index][0]!r} has integers too long for a float")
            lists[index] = [None if value is None else float(value) for value in lists[index]]
        fitted: Batch = list(zip(*lists, strict=True))
    else:
        pa = arrow()
        fitted = batch
        for index in wide:
            try:
                fitted = fitted.set_column(index, columns[index][0], batch.column(index).cast(pa.float64()))
            except pa.ArrowInvalid:
                faults.append(f"column {columns[index][0]!r} has integers too long for a float")
    if faults:
        raise SchemaMismatchError("Some values would not come back equal.", mismatches=faults)
    return fitted
