"""Rows on their way from anywhere into a table: frames of any database, rows in memory, iterators of batches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, TypeAlias

from sqlalchemy.types import NullType

from .._shared.statements import paused
from ..dialects.rows import uncollected
from ..errors import ConfigurationError, SchemaMismatchError
from ..frame.dataframe import DataFrame
from ..read.paged import paged
from ..types.arrow import arrow, plain, to_sql
from ..types.arrow_fit import require_characters
from ..types.foreign import arrow_table, as_python, require_names
from ..types.infer import infer
from ..types.logical import ListDocument, is_known, logical_type, misfit
from ..types.records import Records
from ..types.values import unfit

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Generator, Sequence

    from sqlalchemy.types import TypeEngine

    from ..types.arrow import Batch, Named, Rows

Stored: TypeAlias = "Callable[[Sequence[Any]], Sequence[Any] | None]"
Keeps: TypeAlias = "Callable[[str, TypeEngine[Any], Sequence[Any]], Kept | None]"
"""Says how the table of a write keeps values that are not of the type which is told of their column."""

_ACCEPTED = "a DataFrame, Records, dicts, a pandas or Polars DataFrame, Arrow data, or an iterator of batches of these"


@dataclass(frozen=True)
class Kept:
    """How a column of a table keeps values that are not of its type.

    Attributes:
        stored: Gives values as the column stores them; None if it would change one.
        fault: Why a column of no type holds the values; None if there is such a type.
    """

    stored: Stored
    fault: str | None


@dataclass(frozen=True)
class Stream:
    """Rows that come in batches.

    Attributes:
        columns: Name and type of each column; None when there is not one row to tell them from.
        batches: Opens the stream. It is told the columns of the target in the order of the rows', which later batches
            are checked against. It can be opened once.
        checked: Whether each value is looked at on its way, so that one which would lose digits is refused.
        close: Gives back what the stream holds, if it was not read to its end.
        kept: Columns whose values the table of the write keeps although they are not of its types, by name.
    """

    columns: list[Named] | None
    batches: Callable[[Sequence[Named]], Generator[Batch, None, None]]
    checked: bool = True
    close: Callable[[], None] = lambda: None
    kept: Mapping[str, Kept] = field(default_factory=dict)


def is_lazy(data: Any) -> bool:
    """Whether data is read while it is written: iterators, and readers of Arrow batches."""
    if isinstance(data, DataFrame | Records | Mapping | str | bytes):
        return False
    return isinstance(data, Iterator) or hasattr(data, "read_next_batch")


def _none(_: str) -> bool:
    return False


def open_stream(
    data: Any, batch_rows: int, *, loose: Callable[[str], bool] = _none, keeps: Keeps | None = None
) -> Stream:
    """Find out what the rows are, without moving more than the first batch.

    Args:
        data: The rows; see `Database.write`.
        batch_rows: The most rows to hold in memory at once, of data that is not in memory yet.
        loose: Says which columns may have values of several types, which whoever reads them looks at.
        keeps: Says how a table keeps values that are not of the type of their column; None where no table does.

    Raises:
        ConfigurationError: If the data is of no known form.
        SchemaMismatchError: If a column has no type.
    """
    if isinstance(data, DataFrame):
        return _frame(data, batch_rows, loose=loose, keeps=keeps)
    if isinstance(data, Records):
        return _records(data, batch_rows, loose=loose, keeps=keeps)
    if isinstance(data, Mapping):
        raise ConfigurationError("write(): data is one dict.", suggestion="Write a list of dicts, one for each row.")
    if isinstance(data, list | tuple) and all(isinstance(row, Mapping) for row in data):
        return _records(Records.from_dicts(data), batch_rows, loose=loose) if data else Stream(None, _nothing)
    table = arrow_table(data)
    if table is not None:
        return _arrow(table, batch_rows)
    if isinstance(data, list | tuple):
        try:
            return _batches(iter(data), batch_rows, loose=loose, keeps=keeps)
        except RecursionError as error:
            raise ConfigurationError(
                f"write(): data has too many lists within each other; it must be {_ACCEPTED}."
            ) from error
    if isinstance(data, Iterator) or (hasattr(data, "__iter__") and not isinstance(data, str | bytes)):
        return _batches(iter(data), batch_rows, loose=loose, keeps=keeps)
    raise ConfigurationError(f"write(): data must be {_ACCEPTED}, not {_kind_of(data)}.")


def without(stream: Stream, names: Collection[str]) -> Stream:
    """The same rows without some columns.

    Args:
        stream: The rows.
        names: The columns to leave out.
    """
    columns = stream.columns or []
    places = [index for index, (name, _) in enumerate(columns) if name not in names]

    def batches(expected: Sequence[Named]) -> Generator[Batch, None, None]:
        types = dict(expected)
        for batch in stream.batches([(name, types.get(name, type_)) for name, type_ in columns]):
            if isinstance(batch, list):
                yield [tuple(row[index] for index in places) for row in batch]
            else:
                yield batch.select([columns[index][0] for index in places])

    return Stream([columns[index] for index in places], batches, stream.checked, stream.close, stream.kept)


def _nothing(expected: Sequence[Named]) -> Generator[Batch, None, None]:
    del expected
    yield from ()


def _kind_of(data: object) -> str:
    return f"{type(data).__module__}.{type(data).__name__}".removeprefix("builtins.")


def _frame(frame: DataFrame, batch_rows: int, *, loose: Callable[[str], bool], keeps: Keeps | None) -> Stream:
    """The rows of a frame of another database, on a connection that is given back with the last of them."""
    database = frame.database
    with ExitStack() as opening:
        connection = opening.enter_context(database.connection())
        columns = database.dialect.describe(connection, frame.statement)
        stack = opening.pop_all()

    read = database.dialect.read(connection, frame.statement, columns, batch_rows)
    stack.push(closing(read))  # before the connection is given back
    pages = ExitStack()
    parts = pages.enter_context(paged(connection, read, stack))
    pages.push(stack)
    first: list[Batch] = []
    kept: dict[str, Kept] = {}
    strict = [(name, type_) for name, type_ in columns if not loose(name)]
    unknown = [name for name, type_ in strict if logical_type(type_).name == "unknown"]
    binds_types = database.dialect.capabilities.binds_types or not strict
    if unknown or not binds_types:
        # A database that does not report a type (SQLite, of an expression), or does not hold values to it.
        with ExitStack() as opening:
            opening.push(pages)
            first = list(islice(parts, 1))
            columns, kept = _told(columns, first, keeps, loose)
            opening.pop_all()

    def batches(expected: Sequence[Named]) -> Generator[Batch, None, None]:
        # With the last row the source's transaction ends, before anything happens to the target that may wait for it.
        with pages:
            for number, batch in enumerate(chain(first, parts), start=1):
                if number > 1 and isinstance(batch, list):
                    if unknown:
                        found, _ = _told([(name, NullType()) for name, _ in columns], [batch], loose=loose)
                        _same_types([pair for pair in found if pair[0] in unknown], expected, number)
                    if not binds_types:
                        with uncollected():
                            known = [
                                pair for pair in columns if pair[0] not in {*unknown, *kept} and not loose(pair[0])
                            ]
                            _require_types(batch, known, columns)
                with paused(connection):
                    yield _fitted(_stored(batch, expected, kept), columns, expected)

    return Stream(columns, batches, close=pages.close, kept=kept)


def _told(
    columns: list[Named],
    batches: list[Batch],
    keeps: Keeps | None = None,
    loose: Callable[[str], bool] = _none,
) -> tuple[list[Named], dict[str, Kept]]:
    """The columns, with the types of the values where the type is unknown or not theirs; and those that are kept."""
    rows = [row for batch in batches if isinstance(batch, list) for row in batch]
    found, faults, kept = [], [], {}
    for (name, type_), values in zip(columns, _by_column(rows, columns), strict=True):
        known = is_known(type_)
        if loose(name) or (known and unfit(logical_type(type_), values) is None):
            found.append((name, type_))
            continue
        way = None if keeps is None else keeps(name, type_, values)
        if way is not None:
            kept[name] = way
            found.append((name, infer(values) if way.fault is None else NullType()))
            continue
        try:
            found.append((name, infer(values)))
        except TypeError as error:
            faults.append(f"column {name!r} has {error}")
    if faults:
        raise SchemaMismatchError("Some columns have no type that a table could hold.", mismatches=faults)
    return found, kept


def _stored(batch: Batch, expected: Sequence[Named], kept: Mapping[str, Kept]) -> Batch:
    """The rows as a table stores them that stays although values are not of its types."""
    ways = [(place, name) for place, (name, type_) in enumerate(expected) if name in kept and not is_known(type_)]
    if not ways or not batch or not isinstance(batch, list):
        return batch
    lists, faults = list(zip(*batch, strict=True)), []
    for place, name in ways:
        stored = kept[name].stored(lists[place])
        if stored is None:
            faults.append(f"column {name!r} would change some of them")
        else:
            lists[place] = tuple(stored)
    if faults:
        raise SchemaMismatchError("Some values would not come back equal.", mismatches=faults)
    return list(zip(*lists, strict=True))


def _by_column(rows: Rows, columns: Sequence[Named]) -> Sequence[Sequence[Any]]:
    return list(zip(*rows, strict=True)) if rows else [()] * len(columns)


def _require_types(rows: Rows, checked: Sequence[Named], columns: Sequence[Named]) -> None:
    names = {name for name, _ in checked}
    faults = []
    for (name, type_), values in zip(columns, _by_column(rows, columns), strict=True):
        reason = unfit(logical_type(type_), values) if name in names else None
        if reason is not None:
            faults.append(f"column {name!r}: {reason}")
    if faults:
        raise SchemaMismatchError("Some values are of another type than those of the rows before.", mismatches=faults)


def _records(records: Records, batch_rows: int, *, loose: Callable[[str], bool], keeps: Keeps | None = None) -> Stream:
    require_names(records.columns)
    rows = records.stored_rows
    made: list[Sequence[Any]] = []
    columns, faults, kept = [], [], {}
    for name, values in zip(
        records.columns, zip(*rows, strict=True) if rows else [()] * len(records.columns), strict=True
    ):
        told = records.types.get(name) or NullType()
        if loose(name):
            columns.append((name, told))
            made.append(values)
            continue
        try:
            plain_values = as_python(values)
            way = keeps(name, told, plain_values) if keeps is not None and _differs(told, plain_values) else None
            if way is not None:
                kept[name] = way
            lost = way is not None and way.fault is not None
            columns.append((name, NullType() if lost else _stated(told, plain_values)))
            made.append(plain_values)
        except TypeError as error:
            faults.append(f"column {name!r} has {error}")
        except ValueError as error:
            faults.append(f"column {name!r}: {error}")
    if faults:
        raise SchemaMismatchError("Some columns have no type that a table could hold.", mismatches=faults)
    if any(new is not old for new, old in zip(made, zip(*rows, strict=True), strict=False)):
        rows = list(zip(*made, strict=True))

    def batches(expected: Sequence[Named]) -> Generator[Batch, None, None]:
        for start in range(0, len(rows), batch_rows):
            part = _stored(rows[start : start + batch_rows], expected, kept)
            yield _fitted(part, columns, expected)

    return Stream(columns, batches, kept=kept)


def _differs(said: TypeEngine[Any], values: Sequence[Any]) -> bool:
    """Whether the values are not of the type that the database told of their column, or it told none."""
    return not is_known(said) or unfit(logical_type(said), values) is not None


def _stated(said: TypeEngine[Any], values: Sequence[Any]) -> TypeEngine[Any]:
    """The type that the database told of a column if it holds each value; else the one that the values tell."""
    if _differs(said, values):
        return infer(values)
    kind = logical_type(said)
    if kind.name == "json" and (item := getattr(said, "item_type", None)) is not None:
        return ListDocument(item)  # lists, and each value is looked at
    if kind.name == "decimal" and kind.scale is None:
        # Without a limit the values tell how many digits a database needs that knows no decimals without one.
        found = infer(values)
        return said if isinstance(found, NullType) else found
    return said


def _arrow(table: Any, batch_rows: int) -> Stream:
    names = list(table.schema.names)
    require_names(names)
    columns, faults = [], []
    for name, type_ in zip(names, table.schema.types, strict=True):
        try:
            columns.append((name, to_sql(type_)))
        except TypeError as error:
            faults.append(f"column {name!r} has {error}")
    if faults:
        raise SchemaMismatchError(
            "Some columns have a type that no table holds.", mismatches=faults, suggestion="Cast them before you write."
        )
    source = table.to_batches(max_chunksize=batch_rows) if hasattr(table, "to_batches") else table

    def batches(expected: Sequence[Named]) -> Generator[Batch, None, None]:
        for batch in source:
            for start in range(0, batch.num_rows, batch_rows):
                part = batch.slice(start, batch_rows)
                require_characters(part)
                part = plain(part, columns)
                yield _fitted(part, columns, expected)

    return Stream(columns, batches)


def _batches(data: Iterator[Any], batch_rows: int, *, loose: Callable[[str], bool], keeps: Keeps | None) -> Stream:
    """An iterator of batches, or of dicts: the first batch tells the columns, the others must fit them."""
    first = next(data, None)
    if first is None:
        return Stream(None, _nothing)
    rest: Iterator[Any] = chain([first], data)
    if isinstance(first, Mapping):
        rest = _chunks(rest, batch_rows)
    head = open_stream(next(rest), batch_rows, loose=loose, keeps=keeps)
    if head.columns is None:
        return _batches(rest, batch_rows, loose=loose, keeps=keeps)
    columns = head.columns

    def batches(expected: Sequence[Named]) -> Generator[Batch, None, None]:
        yield from head.batches(expected)
        for number, part in enumerate(rest, start=2):
            opened = open_stream(part, batch_rows, loose=loose, keeps=keeps)
            for batch in _in_order(opened, columns, expected, number):
                yield _stored(batch, expected, head.kept)

    return Stream(columns, batches, kept=head.kept)


def _chunks(rows: Iterator[Any], size: int) -> Iterator[list[Any]]:
    while chunk := list(islice(rows, size)):
        others = [row for row in chunk if not isinstance(row, Mapping)]
        if others:
            raise ConfigurationError(f"write(): data has dicts and other items, such as {_kind_of(others[0])}.")
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
        reason = misfit(logical_type(type_), logical_type(types[name]), checked=True)
        if reason is not None:
            faults.append(f"column {name!r} is {logical_type(type_)} after {logical_type(types[name])}: {reason}")
    if faults:
        raise SchemaMismatchError(f"Batch {number} does not fit the first one.", mismatches=faults)


def _fitted(batch: Batch, columns: Sequence[Named], expected: Sequence[Named]) -> Batch:
    """The batch with integers as floats where the target holds floats, if each of them is one exactly."""
    pairs = zip(columns, expected, strict=True)
    wide = [
        index
        for index, ((_, source), (_, target)) in enumerate(pairs)
        if (logical_type(source).name, logical_type(target).name) == ("integer", "float")
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
