"""From a statement to rows: all at once, in batches, as Arrow."""

from __future__ import annotations

from contextlib import ExitStack, closing
from itertools import chain
from typing import TYPE_CHECKING, Any

from .._shared import arguments
from .._shared.statements import paused
from ..dialects.rows import open_rows
from ..errors import SchemaMismatchError, refuse
from ..types.arrow import arrow, to_batch
from ..types.arrow import to_arrow as arrow_type
from ..types.infer import infer
from ..types.logical import is_known, logical_type
from ..types.records import Records
from ..types.values import unfit
from .paged import paged

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pyarrow as pa
    from sqlalchemy import ColumnElement, Select
    from sqlalchemy.types import TypeEngine

    from ..types.arrow import Named, Rows
    from .source import Readable

_ARROW_ROWS = 100_000


def columns_of(statement: Select[Any]) -> dict[str, ColumnElement[Any]]:
    """The columns of a SELECT by name."""
    return {str(column.key): column for column in statement.selected_columns}


def describe(source: Readable, statement: Select[Any]) -> dict[str, TypeEngine[Any]]:
    """The types of the columns by name: those that the database reports, and SQLAlchemy's where it reports none."""
    known = {name: element.type for name, element in columns_of(statement).items()}
    with source.connection() as connection:
        described = source.dialect.describe(connection, statement)
    return {
        name: type_ if is_known(type_) else known[name]
        for name, type_ in zip(known, (type_ for _, type_ in described), strict=True)
    }


# -- rows


def collect(source: Readable, statement: Select[Any], *, query_timeout: float | None) -> Records:
    """All rows."""
    with (
        source.connection(query_timeout=query_timeout) as connection,
        open_rows(source.dialect, connection, statement) as (columns, batches),
    ):
        return _records(columns, next(batches))


def _records(columns: list[Named], rows: Rows) -> Records:
    return Records(rows, [name for name, _ in columns], {name: type_ for name, type_ in columns if is_known(type_)})


def scalar(source: Readable, statement: Select[Any]) -> Any:
    """The one value of the one row of a statement."""
    dialect = source.dialect
    with (
        source.connection() as connection,
        dialect.unchanged(connection, statement),
        dialect.reading(connection, statement) as ready,
    ):
        return connection.execute(ready).scalar_one()


def batch_size(rows: object) -> int:
    """The most rows of a batch.

    Raises:
        ConfigurationError: If it is not a whole number above 0.
    """
    refuse(arguments.whole("rows", rows, least=1))
    return int(rows)  # type: ignore[call-overload, no-any-return]


def iter_batches(
    source: Readable, statement: Select[Any], rows: int, *, query_timeout: float | None
) -> Iterator[Records]:
    """All rows, in batches."""
    return _batches(source, statement, batch_size(rows), query_timeout)


def _batches(source: Readable, statement: Select[Any], rows: int, query_timeout: float | None) -> Iterator[Records]:
    with ExitStack() as stack:
        connection = stack.enter_context(source.connection(query_timeout=query_timeout))
        columns, batches = stack.enter_context(open_rows(source.dialect, connection, statement, rows))
        with paged(connection, batches, stack) as parts:
            for part in parts:
                batch = _records(columns, part)
                with paused(connection):
                    yield batch


# -- Arrow


def _arrow_batches(source: Readable, statement: Select[Any], rows: int, query_timeout: float | None) -> Iterator[Any]:
    """First the Arrow schema, then the batches."""
    pa = arrow()
    dialect = source.dialect
    with ExitStack() as stack:
        connection = stack.enter_context(source.connection(query_timeout=query_timeout))
        described = [
            (name, type_)
            for name, (_, type_) in zip(columns_of(statement), dialect.describe(connection, statement), strict=True)
        ]
        # Closed before the connection is: PostgreSQL would wait for the end of a COPY that nobody reads any more.
        batches = stack.enter_context(closing(dialect.read(connection, statement, described, rows)))
        with paged(connection, batches, stack) as parts:
            first: Any = next(parts, [])
            if isinstance(first, list):
                described = _inferred(described, first)
            target = pa.schema([(name, arrow_type(type_)) for name, type_ in described])
            with paused(connection):
                yield target
            for batch in chain([first] if len(first) else [], parts):
                made = to_batch(batch, described) if isinstance(batch, list) else batch
                if not made.schema.equals(target):
                    made = _cast(made, target)
                with paused(connection):
                    yield made


def _cast(batch: pa.RecordBatch, target: pa.Schema) -> pa.RecordBatch:
    pa = arrow()
    arrays, faults = [], []
    for array, field in zip(batch.columns, target, strict=True):
        try:
            arrays.append(array.cast(field.type))
        except pa.ArrowInvalid as error:
            faults.append(f"column {field.name!r}: {error}")
    if faults:
        raise SchemaMismatchError("Some values would not come back equal.", mismatches=faults)
    return pa.RecordBatch.from_arrays(arrays, schema=target)


def _inferred(described: list[Named], rows: list[tuple[Any, ...]]) -> list[Named]:
    """The columns; where the database reports no type, or one that does not bind its values, these tell."""
    found = []
    for index, (name, type_) in enumerate(described):
        values = [row[index] for row in rows]
        try:
            fits = is_known(type_) and unfit(logical_type(type_), values) is None
            found.append((name, type_ if fits else infer(values)))
        except TypeError as error:
            raise SchemaMismatchError(
                "A column has no common type.", mismatches=[f"column {name!r} has {error}"]
            ) from error
    return found


def to_arrow_batches(
    source: Readable, statement: Select[Any], rows: int, *, query_timeout: float | None
) -> pa.RecordBatchReader:
    """All rows as a stream of Arrow batches."""
    pa = arrow()
    batches = _arrow_batches(source, statement, batch_size(rows), query_timeout)
    return pa.RecordBatchReader.from_batches(next(batches), batches)


def to_arrow(
    source: Readable, statement: Select[Any], types: Mapping[str, TypeEngine[Any]], *, query_timeout: float | None
) -> pa.Table:
    """All rows as an Arrow table.

    Args:
        source: Where they are.
        statement: What selects them.
        types: The types of its columns by name.
        query_timeout: Seconds that the statement may take.
    """
    pa = arrow()
    if not source.dialect.capabilities.binds_types or not all(map(is_known, types.values())):
        # A type that the database does not report, or does not hold its values to, is inferred from all of them.
        return collect(source, statement, query_timeout=query_timeout).to_arrow()
    batches = _arrow_batches(source, statement, _ARROW_ROWS, query_timeout)
    target = next(batches)
    return pa.Table.from_batches(list(batches), schema=target)
