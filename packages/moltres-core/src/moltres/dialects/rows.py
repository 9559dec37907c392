"""From a driver's cursor to rows of Python values: each is what the database holds, or refused with its column."""

from __future__ import annotations

import gc
from collections.abc import Callable, Sequence
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from sqlalchemy import ColumnClause, column
from sqlalchemy import types as sql

from ..errors import SchemaMismatchError
from ..types.logical import is_known, logical_type

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from sqlalchemy import ColumnElement, Connection, Select
    from sqlalchemy.types import TypeEngine

    from ..types.arrow import Named, Rows

Reader: TypeAlias = Callable[[Sequence[Any]], Sequence[Any]]
"""Turns the values of one column as the driver gives them into those of Python; ValueError refuses one."""


class RowDialect(Protocol):
    """What reading rows needs to know of a database; `Dialect` explains it."""

    def unchanged(self, connection: Connection, query: Select[Any]) -> AbstractContextManager[None]:
        """Make sure that what a query reads is not replaced."""

    def reading(self, connection: Connection, query: Select[Any]) -> AbstractContextManager[Select[Any]]:
        """The statement to run."""

    def reported(self, connection: Connection, cursor: Any) -> list[TypeEngine[Any]]:
        """The types of its result."""

    def reader(
        self, connection: Connection, element: ColumnElement[Any], reported: TypeEngine[Any], code: Any
    ) -> Reader | None:
        """What converts the values of a column."""


def each(convert: Callable[[Any], Any]) -> Reader:
    """A reader that converts every value but NULL by itself."""
    return lambda values: [None if value is None else convert(value) for value in values]


def lenient(
    convert: Callable[[Any], Any], at_once: Callable[[Sequence[Any]], Sequence[Any] | None] = lambda _: None
) -> Reader:
    """A reader for columns that hold values of other types than theirs: those stay what they are.

    Args:
        convert: Reads one value.
        at_once: Reads all values, several times faster; None if one of them is of another type.
    """

    def read(value: Any) -> Any:
        try:
            return convert(value)
        except (ValueError, TypeError, OverflowError):
            return value

    one_by_one = each(read)

    def read_all(values: Sequence[Any]) -> Sequence[Any]:
        try:
            found = at_once(values)
        except (ValueError, TypeError, OverflowError):
            found = None
        return one_by_one(values) if found is None else found

    return read_all


def is_custom(type_: TypeEngine[Any]) -> bool:
    """Whether a type has a conversion of the user's own."""
    decorated = isinstance(type_, sql.TypeDecorator) and not isinstance(type_, sql.Interval)
    return decorated or (isinstance(type_, sql.Enum) and type_.enum_class is not None)


def by_sqlalchemy(connection: Connection, type_: TypeEngine[Any], code: Any) -> Reader | None:
    """How SQLAlchemy converts the values of a type."""
    process = type_.dialect_impl(connection.dialect).result_processor(connection.dialect, code)
    return None if process is None else lambda values: [process(value) for value in values]


def is_stored(element: ColumnElement[Any]) -> bool:
    """Whether a column is passed on from a table or a query in SQL as it is, and not computed here."""
    return all(isinstance(base, ColumnClause) for base in element.base_columns)


def selects_all(query: Select[Any]) -> bool:
    """Whether a query is SELECT *: one element, and the database alone knows how many columns that is."""
    elements = list(query.selected_columns)
    return (
        len(elements) == 1
        and isinstance(elements[0], ColumnClause)
        and elements[0].is_literal
        and (elements[0].name == "*")
    )


@contextmanager
def open_rows(
    dialect: RowDialect, connection: Connection, query: Select[Any], most: int | None = None
) -> Iterator[tuple[list[Named], Iterator[Rows]]]:
    """Run a query.

    Args:
        dialect: What moltres knows of the database.
        connection: Where it runs; in use until the block ends.
        query: The query.
        most: The most rows of a batch, then in memory that does not grow with their number; None for all rows at once.

    Yields:
        The columns, with the types that the database reports where it does, and the rows in batches.
    """
    options = {} if most is None else {"stream_results": True, "max_row_buffer": most}
    with dialect.unchanged(connection, query), dialect.reading(connection, query) as statement:
        result: Any = connection.execute(statement, execution_options=options)
        with closing(result):
            cursor = result.cursor
            elements: list[ColumnElement[Any]] = list(query.selected_columns)
            if selects_all(query):
                elements = [column(entry[0]) for entry in cursor.description]
            reported = dialect.reported(connection, cursor)
            columns = [
                (str(element.key), _closer(element.type, type_))
                for element, type_ in zip(elements, reported, strict=True)
            ]
            readers = [
                dialect.reader(connection, element, type_, entry[1])
                for element, type_, entry in zip(elements, reported, cursor.description, strict=True)
            ]
            yield columns, _batches(result, columns, readers, most)


def _closer(type_: TypeEngine[Any], reported: TypeEngine[Any]) -> TypeEngine[Any]:
    """Of SQLAlchemy's type and the one that the database reports, the one that says more and is true."""
    if not is_known(reported):
        return type_
    if not is_known(type_):
        return reported
    # Of the same family SQLAlchemy's can have the length, or the items of an array.
    return type_ if logical_type(type_).name == logical_type(reported).name else reported


def _batches(result: Any, columns: list[Named], readers: list[Reader | None], most: int | None) -> Iterator[Rows]:
    # The rows as the driver gives them: SQLAlchemy's own conversions name no column, and change some values.
    strategy, cursor = result.cursor_strategy, result.cursor
    if most is None:
        with uncollected():
            every = _read(strategy.fetchall(result, cursor), columns, readers)
        yield every
        return
    while True:
        with uncollected():
            rows = strategy.fetchmany(result, cursor, most)
            count = len(rows)
            made = _read(rows, columns, readers) if rows else []
        if count:
            yield made
        if count < most:  # with the last of them SQLAlchemy has closed the cursor
            break


@contextmanager
def uncollected() -> Iterator[None]:
    """Handle a batch of rows without looking for cycles among them: that takes as long again, and there are none."""
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _read(rows: Any, columns: list[Named], readers: list[Reader | None]) -> Rows:
    if not any(readers) or not rows:
        return list(map(tuple, rows))
    made, faults = [], []
    for (name, _), reader, values in zip(columns, readers, zip(*rows, strict=True), strict=True):
        try:
            made.append(values if reader is None else reader(values))
        except (ValueError, TypeError, OverflowError) as error:
            faults.append(f"column {name!r}: {error}")
    if faults:
        raise SchemaMismatchError(
            "Some values cannot be read as they are.",
            mismatches=faults,
            suggestion="Cast the column to text in the query, or leave such rows out.",
        )
    return list(zip(*made, strict=True))
