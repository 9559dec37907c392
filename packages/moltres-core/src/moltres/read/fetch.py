"""From a statement to rows."""

from __future__ import annotations

from contextlib import closing
from itertools import chain
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from sqlalchemy import Column, MetaData, Select, Table, column, func, inspect, literal_column
from sqlalchemy import select as sql_select
from sqlalchemy.exc import CompileError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql import ClauseElement, Executable
from sqlalchemy.types import NullType, TypeEngine

from .._shared.statements import paused
from ..dialects.literals import literal_dialect
from ..errors import ConfigurationError, SchemaMismatchError, listing
from ..frame import sql_text
from ..frame.select_state import Seal, exported, wrap
from ..types import frames
from ..types.infer import infer
from ..types.records import Records

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd
    import polars as pl
    import pyarrow as pa
    from sqlalchemy import Connection, FromClause, TextClause
    from sqlalchemy.sql.compiler import SQLCompiler

    from ..database import Database
    from ..frame.dataframe import DataFrame
    from ..types.arrow import Named

# -- what a query returns


def probe(database: Database, query: TextClause) -> FromClause:
    """A query in SQL as something to select from: the database is asked for its columns, and for no row.

    Raises:
        ConfigurationError: If two columns have the same name.
        QueryError: If the database refuses the query.
    """
    everything: Select[Any] = sql_select(literal_column("*")).select_from(query.columns().subquery("query"))
    with database.connection() as connection:
        described = database.dialect.describe(connection, everything)
        if [name for name, _ in described] == ["*"]:  # the portable way: it knows what SQLAlchemy knows
            described = [(name, NullType()) for name in list(connection.execute(everything.limit(0)).keys())]
        if database.dialect.name == "sqlite":
            described = _declared(connection, database, query, described)
    names = [name for name, _ in described]
    twice = sorted({name for name in names if names.count(name) > 1}) if len(set(names)) < len(names) else []
    if twice:
        raise ConfigurationError(
            f"The query returns several columns called {listing(twice)}.", suggestion="Tell them apart with AS."
        )
    columns = [column(name, type_ if frames.is_known(type_) else NullType()) for name, type_ in described]
    return query.columns(*columns).subquery()


def _declared(connection: Connection, database: Database, query: TextClause, described: list[Named]) -> list[Named]:
    """The types that SQLite's columns were declared with, as far as the query passes them on unchanged.

    Its driver says nothing of them, but a view knows what its columns come from. Without them a date would be a text.
    """
    view = f"moltres_{uuid4().hex}"
    connection.exec_driver_sql(f"CREATE TEMP VIEW {view} AS {sql_text.without_values(query)}")
    try:
        columns = inspect(connection).get_columns(view, schema="temp")
        table = Table(view, MetaData(), *(Column(c["name"], c["type"]) for c in columns), schema="temp")
        database.dialect.refine(connection, table)
    finally:
        connection.exec_driver_sql(f"DROP VIEW temp.{view}")
    return [(name, table.c[name].type if name in table.c else type_) for name, type_ in described]


def schema(frame: DataFrame) -> dict[str, TypeEngine[Any]]:
    """The types of the columns by name."""
    known = {name: element.type for name, element in exported(frame.query).items()}
    if frame.source is not None and all(map(frames.is_known, known.values())):
        return known
    with frame.database.connection() as connection:
        described = frame.database.dialect.describe(connection, frame.statement)
    return {
        name: type_ if frames.is_known(type_) else known[name]
        for name, type_ in zip(known, (type_ for _, type_ in described), strict=True)
    }


# -- rows


def _records(frame: DataFrame, rows: Any) -> Records:
    types = {name: element.type for name, element in exported(frame.query).items()}
    return Records(rows, types, {name: type_ for name, type_ in types.items() if frames.is_known(type_)})


def collect(frame: DataFrame, *, query_timeout: float | None) -> Records:
    """All rows."""
    with frame.database.connection(query_timeout=query_timeout) as connection:
        rows = connection.execute(frame.statement).all()
    return _records(frame, rows)


def _batch_size(rows: object) -> int:
    if not isinstance(rows, int) or isinstance(rows, bool) or rows < 1:
        raise ConfigurationError(f"A batch has a number of rows from 1, not {rows!r}.")
    return rows


def iter_batches(frame: DataFrame, rows: int, *, query_timeout: float | None) -> Iterator[Records]:
    """All rows, in batches."""
    return _batches(frame, _batch_size(rows), query_timeout)


def _batches(frame: DataFrame, rows: int, query_timeout: float | None) -> Iterator[Records]:
    options = {"stream_results": True, "max_row_buffer": rows}
    with (
        frame.database.connection(query_timeout=query_timeout) as connection,
        connection.execute(frame.statement, execution_options=options) as result,
    ):
        for part in result.partitions(rows):
            batch = _records(frame, part)
            with paused(connection):
                yield batch


def count(frame: DataFrame) -> int:
    """The number of rows."""
    if frame.sealed & ~Seal.WINDOW:
        frame = wrap(frame)
    statement = frame.query.with_only_columns(func.count(), maintain_column_froms=True)
    with frame.database.connection() as connection:
        return int(connection.execute(statement).scalar_one())


# -- Arrow and what understands it


def _arrow_batches(frame: DataFrame, rows: int, query_timeout: float | None) -> Iterator[Any]:
    """First the Arrow schema, then the batches."""
    from ..types.arrow import arrow, to_arrow, to_batch

    pa = arrow()
    dialect = frame.database.dialect
    with frame.database.connection(query_timeout=query_timeout) as connection:
        described = [
            (name, type_)
            for name, (_, type_) in zip(frame.columns, dialect.describe(connection, frame.statement), strict=True)
        ]
        # Closed before the connection is: PostgreSQL would wait for the end of a COPY that nobody reads any more.
        with closing(dialect.read(connection, frame.statement, described, rows)) as batches:
            first = next(batches, [])
            if isinstance(first, list):
                described = _inferred(described, first)
            target = pa.schema([(name, to_arrow(type_)) for name, type_ in described])
            with paused(connection):
                yield target
            for batch in chain([first] if len(first) else [], batches):
                made = to_batch(batch, described) if isinstance(batch, list) else batch
                if not made.schema.equals(target):
                    arrays = [array.cast(field.type) for array, field in zip(made.columns, target, strict=True)]
                    made = pa.RecordBatch.from_arrays(arrays, schema=target)
                with paused(connection):
                    yield made


def _inferred(described: list[Named], rows: list[tuple[Any, ...]]) -> list[Named]:
    """The columns, with the types that the first rows tell where nobody else knows them."""
    found = []
    for index, (name, type_) in enumerate(described):
        try:
            found.append((name, type_ if frames.is_known(type_) else infer(row[index] for row in rows)))
        except TypeError as error:
            raise SchemaMismatchError("A column has no type.", mismatches=[f"column {name!r} has {error}"]) from error
    return found


def to_arrow_batches(frame: DataFrame, rows: int, *, query_timeout: float | None) -> pa.RecordBatchReader:
    """All rows as a stream of Arrow batches."""
    from ..types.arrow import arrow

    pa = arrow()
    batches = _arrow_batches(frame, _batch_size(rows), query_timeout)
    return pa.RecordBatchReader.from_batches(next(batches), batches)


def to_arrow(frame: DataFrame, *, query_timeout: float | None) -> pa.Table:
    """All rows as an Arrow table."""
    from ..types.arrow import arrow

    pa = arrow()
    if not all(map(frames.is_known, schema(frame).values())):
        # Where nobody knows a column's type its values tell, but only all of them together.
        return frames.records_to_arrow(collect(frame, query_timeout=query_timeout))
    batches = _arrow_batches(frame, 100_000, query_timeout)
    target = next(batches)
    return pa.Table.from_batches(list(batches), schema=target)


def to_pandas(frame: DataFrame, *, query_timeout: float | None) -> pd.DataFrame:
    """All rows as a pandas DataFrame."""
    return frames.arrow_to_pandas(to_arrow(frame, query_timeout=query_timeout))


def to_polars(frame: DataFrame, *, query_timeout: float | None) -> pl.DataFrame:
    """All rows as a Polars DataFrame."""
    return frames.arrow_to_polars(to_arrow(frame, query_timeout=query_timeout))


# -- for people


class _Explain(Executable, ClauseElement):
    """EXPLAIN of a statement, with its values."""

    inherit_cache = False

    def __init__(self, statement: Select[Any], prefix: str) -> None:
        self.statement = statement
        self.prefix = prefix


@compiles(_Explain)
def _compile_explain(element: _Explain, compiler: SQLCompiler, **kwargs: Any) -> str:
    return f"{element.prefix} {compiler.process(element.statement, **kwargs)}"


def explain(frame: DataFrame, *, analyze: bool) -> str:
    """How the database would run the statement."""
    sqlite = frame.database.dialect.name == "sqlite"
    if analyze and sqlite:
        raise ConfigurationError("SQLite cannot run a statement and say how it went.", suggestion="Leave analyze out.")
    prefix = "EXPLAIN QUERY PLAN" if sqlite else "EXPLAIN ANALYZE" if analyze else "EXPLAIN"
    with frame.database.connection() as connection:
        rows = connection.execute(_Explain(frame.statement, prefix)).all()
    if not sqlite:
        return "\n".join(str(row[-1]) for row in rows)
    depth = {0: 0}
    lines = []
    for node, parent, _, detail in rows:
        depth[node] = depth.get(parent, 0) + 1
        lines.append(f"{'  ' * (depth[node] - 1)}{detail}")
    return "\n".join(lines)


def to_sql(frame: DataFrame, *, literals: bool) -> str:
    """The statement as text."""
    dialect = literal_dialect(frame.database.engine.dialect)
    try:
        compiled = frame.statement.compile(dialect=dialect, compile_kwargs={"literal_binds": literals})
    except CompileError as error:
        if not literals:
            raise
        raise ConfigurationError(
            f"A value in the statement cannot be written as text: {error}", suggestion="Use to_sql(literals=False)."
        ) from error
    return str(compiled)


_WIDEST = 40


def _cell(value: Any) -> str:
    text = "NULL" if value is None else value if isinstance(value, str) else str(value)
    text = text.replace("\n", "⏎")
    return text if len(text) <= _WIDEST else f"{text[: _WIDEST - 1]}…"


def as_table(records: Records) -> str:
    """Records as a table of text, with numbers to the right."""
    lines = [[_cell(name) for name in records.columns], *([_cell(value) for value in row] for row in records.rows)]
    widths = [max(map(len, cells)) for cells in zip(*lines, strict=True)]
    numeric = [
        any(values) and all(isinstance(value, int | float | None) for value in values)
        for values in (records.column(name) for name in records.columns)
    ]

    def line(cells: list[str]) -> str:
        padded = (
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(cells, widths, numeric, strict=True)
        )
        return "  ".join(padded).rstrip()

    return "\n".join([line(lines[0]), "  ".join("─" * width for width in widths), *map(line, lines[1:])])


def show(frame: DataFrame, rows: int) -> None:
    """Print the first rows."""
    found = frame.limit(_batch_size(rows) + 1).collect()
    print(as_table(found[:rows]))  # noqa: T201 - it is what the method is for
    if len(found) > rows:
        print(f"… more than {rows} rows")  # noqa: T201 - as above
